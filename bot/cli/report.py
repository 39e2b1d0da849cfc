"""``dangwu report``: the state of the corpus as one HTML file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.console import hand_over, notice, print_json, say
from bot.cli.files import write_whole
from bot.cli.startup import open_application
from bot.cli.wording import Command

if TYPE_CHECKING:
    from bot.reporting.content import Report


@click.command("report", cls=Command)
@click.option(
    "-o", "output", metavar="文件", type=click.Path(path_type=Path), help="写到这个文件；- 表示 stdout"
)
@click.option("--public", "is_public", is_flag=True, help="用来转发：不含内部资料和被隔离的资料")
@click.option("--json", "as_json", is_flag=True, help="写好以后在 stdout 上输出一个 JSON 文档")
def command(output: Path | None, is_public: bool, as_json: bool) -> int:
    """把资料库的情况写成一个网页文件：收了什么、清洗改了什么、隔离了什么、用户问了什么、各版本的评测。

    文件不引用任何外部内容，可以直接打开、打印或转发；不给 -o 就写在数据目录里。
    """
    to_stdout = output == Path("-")
    if to_stdout and as_json:
        raise click.UsageError("--json 与 -o - 只能选一个")
    from bot.rendering.page import render_page
    from bot.reporting.collecting import collect_report
    from bot.reporting.places import report_place

    with open_application() as application:
        made_at = datetime.now().astimezone()
        report = collect_report(application.open_store(), made_at=made_at, is_public=is_public)
        default = report_place(application.data_dir, is_public=is_public)
    page = render_page(report)
    if to_stdout:
        hand_over(page)
        return 0
    path = output or default
    write_whole(path, page)
    if as_json:
        print_json(_summary(report, path))
    else:
        say(str(path))
        for sentence in report.left_out:
            notice(sentence)
    return 0


def _summary(report: Report, path: Path) -> dict[str, object]:
    return {
        "file": str(path),
        "version": report.version.name,
        "public": report.is_public,
        "documents": report.overview.served,
        "internal": report.overview.internal,
        "quarantined": report.overview.quarantined,
        "edited": report.overview.edited,
        "unanswered": report.voices.refused,
        "rated": len(report.voices.rated),
        "remarks": len(report.voices.remarks),
        "evaluations": len(report.trends),
        "missing": [each.as_json() for each in report.missing],
        "left_out": list(report.left_out),
    }
