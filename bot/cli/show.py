"""``dangwu show``: a document as the store holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.console import hand_over, is_colourful, notice, print_json, show
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command

if TYPE_CHECKING:
    from ingest.records import CleanedDocument
    from retrieval.holdings import HeldDocument
    from retrieval.overrides import Fields

_STATES = {"current": "", "former": "（当前版本里没有，只在以前的版本里）", "removed": "（已移除）"}


@click.command("show", cls=Command)
@click.argument("document", cls=Argument, metavar="资料")
@click.option(
    "--raw", "as_raw", is_flag=True, help="清洗以前的原文：在终端里写出看不见的字符，写入文件或管道时一字不改"
)
@click.option("--edits", "as_edits", is_flag=True, help="原文与清洗后左右对照，每处改动标色并注明步骤")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(document: str, as_raw: bool, as_edits: bool, as_json: bool) -> int:
    """查看收录的一份资料，不需要它的文件还在。资料写编号、来源，或标题中独有的一段。"""
    if as_raw and as_edits:
        raise click.UsageError("--raw 与 --edits 只能选一个")
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
    if as_json:
        from bot.rendering.json import held_json

        print_json(held_json(found, cleaned, stated, status=state, with_raw=as_raw))
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
