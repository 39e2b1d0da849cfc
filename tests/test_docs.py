"""The pages of docs/ hold together: links lead somewhere, what is named exists, what is shown is so."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli.entry import COMMANDS, root, run
from ingest.cleaning.steps import STEPS
from tests.generate_docs import DOCS, outdated, replaced

ROOT = DOCS.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
SEED = "seeds/002_82e1521d30d4ae49.txt"
_FENCED = re.compile(r"^( *)```.*?^\1```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
# Of the folders that are in the repository; a place below the user's own data folder is none of these.
_PATH = re.compile(
    r"`((?:bot|ingest|retrieval|prompts|seeds|training|tests|benchmarks|deploy|docs|\.ci|\.github)/[\w./-]*)`"
)
_COMMAND_LINE = re.compile(r"^(?:\S+=\S* )?(?:\S*[/\\])?dangwu +(.+)$", re.MULTILINE)
_MODULE = re.compile(r"python -m ((?:tests|training|benchmarks)[\w.]*)")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """A page without its code blocks."""
    return _FENCED.sub("", text_of(path))


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#{1,6} +(.+?)\s*$", prose(path), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def links(path: Path) -> Iterator[str]:
    """The links of a page to places in the repository."""
    for match in _LINK.finditer(prose(path)):
        target = match[1] or match[2]
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_file_and_a_heading(name: str) -> None:
    page = ROOT / name
    broken = []
    for link in links(page):
        target, _, anchor = link.partition("#")
        place = (page.parent / target).resolve() if target else page
        if not place.exists() or (anchor and anchor not in anchors(place)):
            broken.append(link)
    assert broken == []


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text(
        "# 发文件，收资料\n\n## 一、a `b`\n[x](b.md#c) ![y](c.png)\n```\n[z](d.md)\n```\n", "utf-8"
    )
    assert list(links(page)) == ["b.md#c", "c.png"]
    assert anchors(page) == {"发文件收资料", "一a-b"}


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("docs/")])
def test_pages_link_only_within_docs(name: str) -> None:
    """The site is made of docs/ alone; files elsewhere are named by their paths."""
    assert [
        link
        for link in links(ROOT / name)
        if not ((ROOT / name).parent / link).resolve().is_relative_to(DOCS)
    ] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_path_and_module_that_is_named_exists(name: str) -> None:
    text = text_of(ROOT / name)
    missing = [path for path in _PATH.findall(prose(ROOT / name)) if not (ROOT / path).exists()]
    made = {"ingest/loaders/memo.py", "tests/ingest/test_loaders_memo.py"}
    assert set(missing) - (made if name == "docs/extending.md" else set()) == set()
    modules = [module.replace(".", "/") for module in _MODULE.findall(text)]
    assert [each for each in modules if not (ROOT / f"{each}.py").is_file()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_line_that_is_shown_is_one(name: str) -> None:
    for block in re.findall(r"```(?:bash|powershell)\n(.*?)```", text_of(ROOT / name), re.DOTALL):
        for line in _COMMAND_LINE.findall(block):
            words = shlex.split(line.partition(" #")[0].partition(">>")[0])
            assert words[0] in COMMANDS, line
            with click.Context(root) as context:
                command = root.get_command(context, words[0])
            assert command is not None
            known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
            assert {word for word in words if word.startswith("-")} <= {*known, "--help"}, line


def test_every_page_is_reached_from_the_first_one() -> None:
    reached, waiting = set(), [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page)}
        waiting += [each for each in targets if each.suffix == ".md" and each not in reached]
    assert reached == set(DOCS.rglob("*.md"))


def test_the_site_lists_every_page_and_no_other() -> None:
    listed = re.findall(r"[\w/-]+\.md", text_of(ROOT / "mkdocs.yml"))
    assert sorted(listed) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="needs the extra docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "site" / "settings" / "index.html").is_file()


# --- what the code says ---


def test_the_pages_say_what_the_code_says() -> None:
    """``python -m tests.generate_docs`` writes them anew."""
    assert [path.name for path in outdated()] == []


def test_what_is_written_by_hand_stays() -> None:
    page = "前\n<!-- generated: a -->\n旧\n<!-- /generated: a -->\n后\n"
    anew = replaced(page, "a", r"新 \1")
    assert anew == "前\n<!-- generated: a -->\n\n新 \\1\n\n<!-- /generated: a -->\n后\n"
    with pytest.raises(ValueError, match="generated: b"):
        replaced(page, "b", "新")


def test_every_cleaning_step_is_described() -> None:
    described = re.findall(
        r"`([a-z0-9-]+)`", re.search(r"\| 步骤 .*?\n\n", text_of(DOCS / "formats.md"), re.DOTALL)[0]
    )
    assert sorted(described) == sorted(step.name for step in STEPS)


def keys_described() -> dict[str, list[str]]:
    """The outermost keys of each command's JSON, as the table has them; 另有 adds to the row above."""
    table = re.search(r"\| 命令 \| 最外层的键 \|\n.*?\n\n", text_of(DOCS / "json.md"), re.DOTALL)
    assert table is not None
    keys: dict[str, list[str]] = {}
    above: list[str] = []
    for line in table[0].splitlines()[2:]:
        if line:
            _, names, described, _ = line.split("|")
            own = re.findall(r"`([^`]+)`", described)
            above = [*above, *own] if "另有" in described else own
            keys |= dict.fromkeys(re.findall(r"`([^`]+)`", names), above)
    keys["show"] = [*(key for key in keys["show"] if key != "clean"), *keys["clean"]]
    return keys


def test_the_json_of_every_command_has_the_keys_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
    questions = tmp_path / "题目.jsonl"
    line = {"id": "a", "type": "fact", "doc": ["002"], "question": "什么是社区党建？", "must": ["社区党建"]}
    questions.write_text(json.dumps(line), encoding="utf-8")
    calls = {
        "ingest": [],
        "search": ["什么是社区党建"],
        "search --explain": ["什么是社区党建"],
        "topics": [],
        "tag": [SEED, "kind=通知"],
        "rollback": [],
        "history": [],
        "show": [SEED],
        "clean": [str(ROOT / SEED)],
        "compare": [SEED, SEED],
        "list": [],
        "formats": [],
        "eval": [str(questions)],
        "gaps": [],
        "feedback": [],
        "report": [],
        "doctor": [],
        "backup": ["备份"],
        "remove": [SEED],
        "restore": ["备份", "--yes"],
    }
    described = keys_described()
    assert calls.keys() == described.keys()
    # A new command that prints JSON: a row in docs/json.md, a call above.
    assert {name.split()[0] for name in calls} == COMMANDS.keys() - {"ask", "chat", "bot", "serve"}
    for name, arguments in calls.items():
        assert run([*name.split(), *arguments, "--json"]) == 0, name
        assert list(json.loads(capsys.readouterr().out)) == described[name], name


# --- as a newcomer would ---


def test_a_format_is_added_by_the_page_alone(tmp_path: Path) -> None:
    """The steps of docs/extending.md on a copy: the tests that the page shows pass after them, not before."""
    loader, entry, row, tests, _ = re.findall(
        r"```python\n(.*?)```", text_of(DOCS / "extending.md"), re.DOTALL
    )
    shutil.copytree(ROOT / "ingest", tmp_path / "ingest", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "retrieval").symlink_to(ROOT / "retrieval")
    shown = tmp_path / "test_memo.py"
    shown.write_text(tests, encoding="utf-8")
    assert "2 failed, 1 passed" in outcome_of(shown)
    loaders = tmp_path / "ingest" / "loaders"
    (loaders / "memo.py").write_text(loader, encoding="utf-8")
    recognition, registry = loaders / "recognition.py", loaders / "formats.py"
    before, last, after = text_of(recognition).partition('    return "csv" if')
    assert last
    recognition.write_text(before + entry + last + after, encoding="utf-8")
    registry.write_text(
        text_of(registry).replace("FORMATS = (\n", f"FORMATS = (\n    {row.strip()},\n"), "utf-8"
    )
    assert "3 passed" in outcome_of(shown)


def outcome_of(tests: Path) -> str:
    """What pytest says of a test file that stands beside its own copy of the program."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", tests.name]
    ran = subprocess.run(
        [*command, "--rootdir", "."], cwd=tests.parent, capture_output=True, text=True, check=False
    )
    return ran.stdout
