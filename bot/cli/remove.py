"""``dangwu remove``: take a document out of every version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bot.cli.console import complain, confirm, notice, progress
from bot.cli.outcome import tell
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command
from retrieval.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.compose import Application
    from retrieval.publication import Root
    from retrieval.store import Store

# Files that a message names.
_NAMED_MAX = 10


@click.command("remove", cls=Command)
@click.argument("document", cls=Argument, metavar="资料")
@click.option("--purge", "is_purge", is_flag=True, help="彻底清除：原始字节、文字、向量、历史和答案里的摘录")
@click.option("--yes", "is_confirmed", is_flag=True, help="移除多份时不再询问")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(document: str, is_purge: bool, is_confirmed: bool, as_json: bool) -> int:
    """移除一份资料：所有版本里都不再有，回退也不会回来，文件还在也不再收录。

    资料写编号、来源，或标题中独有的一段；写一个收录过的文件夹，就连同它下面的资料一起移除，不再记住它。
    要重新收录，运行 dangwu ingest 并写明这个文件或文件夹。

    加上 --purge，数据目录里不留下它的任何内容，不能恢复；里面不是程序管的文件会列出来。
    你自己的文件和备份由你处理。
    """
    with open_application() as application:
        # A purge that was cut short comes first: it may be the same command once more.
        was_pending = is_purge and _is_pending(application)
        is_clean = not was_pending or _finish_purge(application)
        try:
            documents, root = _wanted(application.open_store(), document)
        except InputError:
            if not was_pending:
                raise
            documents, root = [], None
        if len(documents) > 1:
            confirm(f"将移除 {len(documents)} 份资料（{document}），", is_confirmed=is_confirmed)
        _remove(application, documents, root, is_purge=is_purge, as_json=as_json)
        if is_purge:
            is_clean = _finish_purge(application) and is_clean
    return 0 if is_clean else 1


def _remove(
    application: Application, documents: Sequence[str], root: Root | None, *, is_purge: bool, as_json: bool
) -> None:
    from ingest.upkeep import remove
    from retrieval.holdings import copies_elsewhere

    copies = copies_elsewhere(application.open_store(), documents)
    with progress() as report:
        outcome = remove(application.work(report), documents, root=root, purge=is_purge)
    tell(outcome, as_json=as_json)
    notice("已从所有版本中移除，下一个问题起不再出现；你的文件没有动。")
    if copies:
        notice(f"内容完全相同的另一份资料没有移除：{'、'.join(copies)}")


def _is_pending(application: Application) -> bool:
    from retrieval.erasure import pending_purge

    return bool(pending_purge(application.open_store()))


def _finish_purge(application: Application) -> bool:
    """Erase what is left of purged documents; gives whether no file is known to hold any of it."""
    from bot.purge import erase_traces

    erased = erase_traces(application)
    holding, unchecked = erased.remains.holding, erased.remains.unchecked
    if holding:
        complain(
            f"这些文件里还有它的内容：{_named(holding)}。", "请自行删去或移走；若有资料库自己的文件，请报告。"
        )
    elif unchecked:
        notice("彻底清除完成：程序管的文件里已不再有它的内容。")
    elif erased.documents:
        notice("彻底清除完成：数据目录里已不再有它的内容。")
    if unchecked:
        notice(f"这些不是程序管的或读不了，没能核对，请自行查看：{_named(unchecked)}。")
    return not holding


def _named(paths: Sequence[Path]) -> str:
    shown = "、".join(str(each) for each in paths[:_NAMED_MAX])
    return shown + (f" 等 {len(paths)} 个" if paths[_NAMED_MAX:] else "")


def _wanted(store: Store, named: str) -> tuple[list[str], Root | None]:
    """The ids of the documents to remove, and the root that was named, if it was one."""
    from ingest.upkeep import documents_below, find_root
    from retrieval.holdings import find_document

    root = find_root(store, named)
    if root is not None:
        return documents_below(store, root), root
    return [find_document(store, named).document_id], None
