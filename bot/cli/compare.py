"""``dangwu compare``: two texts of one rule, clause by clause."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.console import is_colourful, notice, print_json, show, width
from bot.cli.files import write_whole
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command
from retrieval.errors import EmptyCorpus, InputError

if TYPE_CHECKING:
    from bot.compose import Application
    from ingest.comparing import Comparison


@click.command("compare", cls=Command)
@click.argument("old", cls=Argument, metavar="旧")
@click.argument("new", cls=Argument, metavar="新")
@click.option("--page", metavar="文件", type=click.Path(path_type=Path), help="写成一个可以打印的网页文件")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档，含没有变的条款")
def command(old: str, new: str, page: Path | None, as_json: bool) -> int:
    """逐条对照新旧两份文字：哪些条款修改了、移动了、拆分或合并了，哪些是新增的、删去的。

    旧、新各是一个文件，或资料库里的一份资料：写编号、来源，或标题中独有的一段。

    条款按号码和内容对齐；只是号码变了、文字没变的算未变。
    """
    from ingest.comparing import compare

    with open_application() as application:
        sides = [_read(application, each) for each in (old, new)]
    found = compare(sides[0].text, sides[1].text)
    if page is not None:
        from bot.rendering.clause_page import render_clause_page

        write_whole(page, render_clause_page(sides[0].heading, sides[1].heading, found))
        notice(f"已写入 {page}")
    if as_json:
        print_json(_json(sides[0], sides[1], found))
    elif page is None:
        from bot.rendering.clauses import render_comparison

        notice(f"旧：{sides[0].named}")
        notice(f"新：{sides[1].named}")

        show(render_comparison(found, width=width(), with_marks=not is_colourful()))
    _warn(sides[0], sides[1])
    return 0


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two texts, and what is known of it."""

    id: str
    source: str
    title: str
    text: str
    metadata: dict[str, str]
    quarantine: str | None

    @property
    def heading(self) -> str:
        """The title with the date, by which editions of one title are told apart."""
        title, date = self.title or self.source, self.metadata.get("date", "")
        return f"{title}（{date}）" if date else title

    @property
    def named(self) -> str:
        date = self.metadata.get("date", "")
        return "  ".join(part for part in (self.title, date, self.source) if part)


def _json(old: _Side, new: _Side, found: Comparison) -> dict[str, Any]:
    described = [
        {
            "id": each.id,
            "source": each.source,
            "title": each.title,
            "date": each.metadata.get("date", ""),
            "status": each.metadata.get("status", ""),
        }
        for each in (old, new)
    ]
    return {
        "old": described[0],
        "new": described[1],
        "clauses": [each.as_json() for each in found.pairs],
    }


def _read(application: Application, wanted: str) -> _Side:
    """A file, or what the corpus holds under this name."""
    path = Path(wanted)
    if wanted and path.is_dir():
        raise InputError(f"这是一个文件夹：{wanted}", remedy="写其中的一个文件。")
    return _from_file(path) if path.is_file() else _from_corpus(application, wanted)


def _from_file(path: Path) -> _Side:
    from ingest.documents import read_document
    from ingest.sources import SourceFile, document_id, read_source

    read = read_source(SourceFile(location=str(path), source=str(path), path=path))
    cleaned = read_document(read.data, path.name, read.sidecar)
    place = path.absolute().as_posix()
    return _Side(
        document_id(place), str(path), cleaned.title, cleaned.text, dict(cleaned.metadata), cleaned.quarantine
    )


def _from_corpus(application: Application, wanted: str) -> _Side:
    from retrieval.holdings import find_document, read_revision

    try:
        store = application.open_store()
    except EmptyCorpus as exc:
        raise InputError(f"没有这个文件，资料库也还是空的：{wanted}", remedy="检查路径有没有写错。") from exc
    held = read_revision(store, find_document(store, wanted).revision_id)
    return _Side(held.document_id, held.source, held.title, held.text, dict(held.metadata), held.quarantine)


def _warn(old: _Side, new: _Side) -> None:
    for each in (old, new):
        if each.quarantine is not None:
            notice(f"{each.source} 会被隔离：{each.quarantine}")
    if old.metadata.get("date", "") > new.metadata.get("date", "") > "":
        notice("按日期看，写在前面的一份反而较新；要看相反的方向，把两份对调。")
