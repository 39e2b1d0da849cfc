"""``dangwu show``: a document as the store holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.console import hand_over, is_colourful, notice, print_json, show, width
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command

if TYPE_CHECKING:
    from bot.compose import Application
    from ingest.records import CleanedDocument
    from retrieval.editions import Missing
    from retrieval.holdings import HeldDocument
    from retrieval.overrides import Fields
    from retrieval.store import Store

_STATES = {"current": "", "former": "（当前版本里没有，只在以前的版本里）", "removed": "（已移除）"}


@click.command("show", cls=Command)
@click.argument("document", cls=Argument, metavar="资料")
@click.option(
    "--raw", "as_raw", is_flag=True, help="清洗以前的原文：在终端里写出看不见的字符，写入文件或管道时一字不改"
)
@click.option("--edits", "as_edits", is_flag=True, help="原文与清洗后左右对照，每处改动标色并注明步骤")
@click.option("--changes", "as_changes", is_flag=True, help="与上一次收录的文字逐条对照")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(document: str, as_raw: bool, as_edits: bool, as_changes: bool, as_json: bool) -> int:
    """查看收录的一份资料，不需要它的文件还在。资料写编号、来源，或标题中独有的一段。"""
    if as_raw + as_edits + as_changes > 1:
        raise click.UsageError("--raw、--edits 与 --changes 只能选一个")
    from ingest.stored import as_cleaned
    from retrieval.holdings import find_document, read_revision
    from retrieval.overrides import overrides
    from retrieval.registers import standing_today

    with open_application() as application:
        store = application.open_store()
        found = find_document(store, document)
        cleaned = as_cleaned(read_revision(store, found.revision_id))
        stated = overrides(store).get(found.document_id, {})
        state, said = standing_today(store, found.document_id)
        former = _former_text(store, found, cleaned.text) if as_changes else None
        lacking = _lacking(application, found)
    if as_changes:
        _show_changes(former, cleaned.text, as_json=as_json)
        return 0
    if as_json:
        from bot.rendering.json import held_json

        missing = {"missing": lacking.as_json()} if lacking else {}
        print_json(held_json(found, cleaned, stated, status=state, with_raw=as_raw) | missing)
        return 0
    if as_edits:
        from bot.rendering.diff import render_diff

        show(render_diff(cleaned, with_marks=not is_colourful()))
    elif as_raw:
        hand_over(cleaned.raw, shown=_raw_on_a_terminal)
    else:
        hand_over(cleaned.text)
    _remark(found, cleaned, stated, state)
    for each in said:
        notice(each)
    return 0


def _lacking(application: Application, found: HeldDocument) -> Missing | None:
    """The edition in force that is known, where the document is an older one and the corpus lacks it."""
    from ingest.outlook import missing_now
    from retrieval.edition_files import known_editions

    if application.is_empty or found.state != "current":
        return None
    missing = missing_now(application.open_store(), known_editions(application.data_dir))
    return next((each for each in missing if each.document.id == found.document_id), None)


def _former_text(store: Store, found: HeldDocument, text: str) -> str | None:
    """The latest other text that kept versions hold of a document."""
    from retrieval.history import former_revisions
    from retrieval.publication import texts

    rows = former_revisions(store, found.document_id)
    held = dict(texts(store, rows))
    return next((held[row] for row in rows if row in held and held[row] != text), None)


def _show_changes(former: str | None, text: str, *, as_json: bool) -> None:
    from ingest.comparing import compare

    pairs = compare(text if former is None else former, text)
    if as_json:
        print_json({"has_former": former is not None, "clauses": [each.as_json() for each in pairs.pairs]})
        return
    if former is None:
        notice("留着的版本里，这份资料的文字没有变过。")
        return
    from bot.rendering.clauses import render_comparison

    show(render_comparison(pairs, width=width(), with_marks=not is_colourful()))


def _raw_on_a_terminal(raw: str) -> str:
    from bot.rendering.legible import visible

    return visible(raw.replace("\r\n", "\n").expandtabs())


def _remark(found: HeldDocument, cleaned: CleanedDocument, stated: Fields, state: str) -> None:
    notice(f"{found.document_id}  {found.source}{_STATES[found.state]}")
    notice(f"标题：{cleaned.title or '（未识别）'}；改动 {len(cleaned.edits)} 处")
    # What became of a document outweighs what it says of itself.
    for key, value in (dict(cleaned.metadata) | ({"status": state} if state else {})).items():
        if key not in ("title", "abstract"):
            notice(f"{key}：{value}{'（标注）' if key in stated else ''}")
    for warning in cleaned.warnings:
        notice(f"警告：{warning}")
    if cleaned.quarantine is not None:
        notice(f"被隔离：{cleaned.quarantine}")
