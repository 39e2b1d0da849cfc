"""``dangwu history``: the versions of the corpus, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bot.cli.console import print_json, show
from bot.cli.startup import open_application
from bot.cli.wording import Command

if TYPE_CHECKING:
    from ingest.comparing.rewording import DocumentRewording
    from retrieval.history import PastVersion


@click.command("history", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(as_json: bool) -> int:
    """列出资料库的各个版本，最新的在前：何时、何人、用什么命令、改了哪些资料。

    标“可回退”的还整个保留着，可以用 dangwu rollback 回到它；更旧的只留下这一行。

    文字变了的资料列在后面：哪一条的什么改成了什么。
    """
    from ingest.comparing.rewording import successive, version_rewordings
    from retrieval.history import past_versions

    with open_application() as application:
        versions = [] if application.is_empty else past_versions(application.open_store())
        kept = [each.version.number for each in versions if each.is_kept]
        worded = {
            number: version_rewordings(application.open_store(), number, before)
            for number, before in successive(kept)
        }
    if as_json:
        print_json({"versions": [_json(each, worded) for each in versions]})
        return 0
    from bot.rendering.history import render_history

    show(render_history(versions, worded))
    return 0


def _json(each: PastVersion, worded: Mapping[int, Sequence[DocumentRewording]]) -> dict[str, Any]:
    return each.as_json() | {"wording": [one.as_json() for one in worded.get(each.version.number, ())]}
