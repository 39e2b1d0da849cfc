"""The pages of docs/ that say what the code says: ``python -m tests.generate_docs`` writes them anew.

Settings come from the settings class, commands from the commands themselves; what stands around the two
comment lines of a part is written by hand and stays. A row of a new setting or command needs nothing here.
With ``--check`` nothing is written, and the exit status says whether something would be.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.cli.entry import COMMANDS, root
from bot.cli.wording import Command
from bot.settings import ENV_PREFIX, setting_fields

DOCS = Path(__file__).resolve().parent.parent / "docs"
# What a section of settings is called in Chinese, by what its names begin with; others go by that.
SECTIONS = {
    "": "一般",
    "EMBEDDING": "向量模型",
    "RERANKER": "重排模型",
    "CHROMA": "Chroma 服务器",
    "HISTORY": "版本",
    "LLM": "大模型",
    "TELEGRAM": "Telegram 机器人",
    "SERVE": "网页和接口",
}
_BOUNDS = {"gt": "大于 {:g}", "ge": "至少 {:g}", "lt": "小于 {:g}", "le": "至多 {:g}"}
_WORDS_APART = re.compile(r"[\x21-\x7e]$")


def parts() -> dict[tuple[str, str], str]:
    """What is generated, by page and part."""
    return {
        ("settings.md", "settings"): settings_part(),
        ("commands.md", "overview"): overview_part(),
        ("commands.md", "commands"): commands_part(),
    }


def replaced(page: str, part: str, body: str) -> str:
    """The page with ``body`` between the comment lines of ``part``; ValueError where they are missing."""
    place = re.compile(rf"(<!-- generated: {part} -->\n).*?(<!-- /generated: {part} -->)", re.DOTALL)
    if not place.search(page):
        raise ValueError(f"no lines <!-- generated: {part} --> and <!-- /generated: {part} -->")
    return place.sub(lambda m: f"{m[1]}\n{body.strip()}\n\n{m[2]}", page, count=1)


def settings_part() -> str:
    """A table for each section of the settings, in their order."""
    fields = setting_fields().items()
    sections = [
        (section, list(rows)) for section, rows in groupby(fields, key=lambda each: _section(each[0]))
    ]
    return "\n\n".join(
        "\n".join(
            [
                f"### {SECTIONS.get(section, section)}",
                "",
                *_table(["设置", "默认", "含义"], [_setting_row(name, field) for name, field in rows]),
            ]
        )
        for section, rows in sections
    )


def overview_part() -> str:
    """What each command is for, in a line, and the options of the program itself."""
    rows = [(f"[`dangwu {name}`](#dangwu-{name})", text) for name, text in COMMANDS.items()]
    options = [f"`{name}`：{text}" for name, text in _options(root)]
    return "\n".join([*_table(["命令", "作用"], rows), "", f"命令之前可以加：{'；'.join(options)}。"])


def commands_part() -> str:
    """Each command as its ``--help`` describes it."""
    with click.Context(root, info_name="dangwu") as context:
        return "\n\n".join(_command(name, root.get_command(context, name)) for name in COMMANDS)


def _section(name: str) -> str:
    section, delimiter, _ = name.removeprefix(ENV_PREFIX).partition("__")
    return section if delimiter else ""


def _setting_row(name: str, field: FieldInfo) -> tuple[str, str, str]:
    bounds = "，".join(_bounds(field))
    text = _escaped(field.description or "") + (f"（{bounds}）" if bounds else "")
    return f"`{name}`", _default(field.default), text


def _bounds(field: FieldInfo) -> Iterator[str]:
    for each in field.metadata:
        yield from (text.format(getattr(each, key)) for key, text in _BOUNDS.items() if hasattr(each, key))


def _default(value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in ("", (), None):
        return "空"
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _command(name: str, command: click.Command | None) -> str:
    assert isinstance(command, Command)
    with click.Context(command, info_name=f"dangwu {name}") as context:
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    lines = [f"### dangwu {name}", "", "```text", usage, "```"]
    for paragraph in paragraphs:
        lines += ["", _joined(paragraph.splitlines())]
    rows = [(f"`{names}`", text) for names, text in _options(command)]
    return "\n".join([*lines, "", *_table(["选项", "含义"], rows)]) if rows else "\n".join(lines)


def _options(command: Command) -> list[tuple[str, str]]:
    """The options as the help page lists them, but for ``--help`` itself, which all have."""
    with click.Context(command) as context:
        tables = dict(command._help_tables(context))
    return [(names, _escaped(text)) for names, text in tables["选项"] if "--help" not in names]


def _joined(lines: Sequence[str]) -> str:
    """Lines as one: between Chinese no space is due where a line ended."""
    text = ""
    for line in lines:
        apart = _WORDS_APART.search(text) and line[:1].isascii()
        text += (" " if apart else "") + line.strip()
    return _escaped(text)


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, in a table as well."""
    return re.sub(r"([*\[\]])", r"\\\1", text).replace("<", "&lt;").replace("|", "&#124;")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(cell.replace("\n", "") for cell in row) + " |" for row in cells]


def outdated() -> dict[Path, str]:
    """The pages that do not say what the code says, each with what it should be."""
    pages: dict[Path, str] = {}
    for (name, part), body in parts().items():
        path = DOCS / name
        pages[path] = replaced(pages.get(path) or path.read_text(encoding="utf-8"), part, body)
    return {path: text for path, text in pages.items() if text != path.read_text(encoding="utf-8")}


def main(arguments: Sequence[str]) -> int:
    """Write the pages that are outdated, or only name them; 1 where they were only named."""
    found = outdated()
    for path, text in found.items():
        print(f"docs/{path.name}")
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    return 1 if found and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
