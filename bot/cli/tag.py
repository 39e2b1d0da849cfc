"""``dangwu tag``: state what a document is, against what its text or sidecar says."""

from __future__ import annotations

from collections.abc import Sequence

import click

from bot.cli.console import notice, progress
from bot.cli.outcome import tell
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command
from retrieval.errors import InputError, SourceError

_FORMS = (
    "写“内部”“公开”，或 项=值；可用的项：title、issuer、number、date、status、supersedes、kind、audience。"
)


@click.command("tag", cls=Command)
@click.argument("document", cls=Argument, metavar="资料")
@click.argument("statements", cls=Argument, nargs=-1, required=True, metavar="标注...")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(document: str, statements: tuple[str, ...], as_json: bool) -> int:
    """给一份资料标上“内部”或“公开”，或写明 项=值，下一个问题起就算数。

    资料写编号、来源，或标题中独有的一段。
    可用的项：title、issuer、number、date、status、supersedes、kind、audience。
    标注优先于文件和旁注，重新导入、删去文件再放回都还在；“项=”（不写值）取消这一项的标注。
    """
    from ingest.upkeep import state
    from retrieval.holdings import find_document

    fields = _fields(statements)
    with open_application() as application, progress() as report:
        found = find_document(application.open_store(), document)
        outcome = state(application.work(report), found.document_id, fields)
    tell(outcome, as_json=as_json)
    notice("标注已生效，下一个问题起按它回答。")
    return 0


def _fields(statements: Sequence[str]) -> dict[str, str]:
    """The fields as they are kept; an empty value takes the statement back. InputError for a wrong one."""
    from ingest.audience import AUDIENCES

    fields = {}
    for statement in statements:
        written = f"audience={statement}" if statement in AUDIENCES else statement
        key, sign, value = written.partition("=")
        if not sign:
            raise InputError(f"看不懂这个标注：{statement}", remedy=_FORMS)
        fields[key] = _value(key, value)
    return fields


def _value(key: str, value: str) -> str:
    from ingest.sidecar import KEYS, read_field

    if key not in KEYS:
        raise InputError(f"没有 {key} 这一项。", remedy=_FORMS)
    try:
        return read_field(key, value, "标注") if value else ""
    except SourceError as exc:
        raise InputError(exc.message, remedy=exc.remedy) from exc
