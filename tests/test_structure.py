"""The shape of the house: where imports may point, and that everything public is documented."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.entry import COMMANDS
from bot.settings import setting_fields

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "retrieval": {"retrieval"},
    "ingest": {"ingest", "retrieval"},
    "prompts": {"prompts"},
    "training": {"training", "ingest", "retrieval"},
    "bot": {"bot", "ingest", "retrieval", "prompts"},
}
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
DOCUMENTED_COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def imports(package: str) -> Iterator[tuple[Path, str]]:
    """Every module of ``package`` with the top-level name of each import in it, inside functions as well."""
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield path, node.module.partition(".")[0]


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_one_way(package: str) -> None:
    against = [(path, name) for path, name in imports(package) if name in ALLOWED.keys() - ALLOWED[package]]
    assert against == []


@pytest.mark.parametrize("package", ["retrieval", "ingest"])
def test_the_core_knows_no_channel(package: str) -> None:
    assert [(path, name) for path, name in imports(package) if name in ("telegram", "rich", "click")] == []


def test_only_the_command_line_knows_click() -> None:
    outside = [
        path
        for path, name in imports("bot")
        if name == "click" and (ROOT / "bot" / "cli") not in path.parents
    ]
    assert outside == []


@pytest.mark.parametrize("name", setting_fields())
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in SETTINGS
    assert name in (ROOT / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_and_has_its_own_module(name: str) -> None:
    assert f"`dangwu {name}`" in DOCUMENTED_COMMANDS
    command = importlib.import_module(f"bot.cli.{name}").command
    assert command.name == name and command.help


def test_the_wheel_holds_every_package_and_the_data() -> None:
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packages == ["bot", "retrieval", "ingest", "prompts", "seeds"]
    assert PROJECT["project"]["scripts"] == {"dangwu": "bot.cli:main"}


def test_torch_is_asked_for_only_by_the_extra_and_pinned_only_for_the_tests() -> None:
    assert not any("torch" in each or "sentence" in each for each in PROJECT["project"]["dependencies"])
    assert any(each.startswith("torch>=") for each in PROJECT["project"]["optional-dependencies"]["models"])
    assert "torch==" in (ROOT / "tests" / "constraints.txt").read_text(encoding="utf-8")


def test_the_seeds_are_bytes_as_they_were_collected() -> None:
    provenance = tomllib.loads((ROOT / "seeds" / "provenance.toml").read_text(encoding="utf-8"))
    assert sorted(provenance) == sorted(path.name for path in (ROOT / "seeds").glob("*.txt"))
    attributes = (ROOT / ".gitattributes").read_text(encoding="utf-8")
    assert "seeds/" in attributes


def test_every_risk_that_is_taken_is_explained_on_its_line() -> None:
    taken = [
        line
        for package in ALLOWED
        for path in (ROOT / package).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "nosec" in line
    ]
    assert taken and [line for line in taken if not re.search(r"  # nosec B\d{3} # \w.{8,}$", line)] == []


def test_contributors_are_told_the_commands_that_ci_runs() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("\n.venv", " && .venv")
    for command in re.findall(r"(?<=`)\.venv/bin/(?:ruff|mypy|bandit)[^`]*(?=`)", told):
        assert command in run
    for path in re.findall(r"pytest ([\w./]+)`", told):
        assert (ROOT / path).is_file()
    assert {"CONTRIBUTING.md", "docs"} <= set(
        PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    )


@pytest.mark.parametrize("file", ["Makefile", ".pre-commit-config.yaml"])
def test_the_short_ways_run_what_ci_runs(file: str) -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    text = (ROOT / file).read_text(encoding="utf-8").replace(" --force-exclude", " .")
    looked_at = re.findall(r"\.venv/bin/(?:ruff (?:check \.|format --check)|mypy|bandit).*", text)
    assert len(looked_at) == 4
    assert [command for command in looked_at if command.strip() not in run] == []


def test_ci_elsewhere_runs_ci() -> None:
    assert "- run: .ci/run\n" in (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
