"""``dangwu list``: the documents of the corpus, narrowed down as wanted."""

from __future__ import annotations

import re

import click

from bot.cli.console import hand_over, notice, print_json, show
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command

_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")


def _date(context: click.Context, option: click.Parameter, value: str) -> str:
    if value and not _DATE.fullmatch(value):
        raise click.BadParameter("应写成 2025、2025-03 或 2025-03-01", context, option)
    return value


def _audience(context: click.Context, option: click.Parameter, value: str) -> str:
    if value not in ("", "公开", "内部"):
        raise click.BadParameter("只能是 公开 或 内部", context, option)
    return value


def _format(context: click.Context, option: click.Parameter, value: str) -> str:
    from ingest.loaders.formats import BY_NAME

    if value and value not in BY_NAME:
        raise click.BadParameter(f"没有格式 {value}，见 dangwu formats", context, option)
    return value


@click.command("list", cls=Command)
@click.argument("words", cls=Argument, nargs=-1, metavar="[字样]...")
@click.option("--issuer", metavar="机关", default="", help="发文机关里有这几个字的")
@click.option(
    "--status", metavar="状态", default="", help="这种效力的：现行、已修订、已废止等；隔离的写“隔离”"
)
@click.option("--audience", metavar="范围", default="", callback=_audience, help="公开 或 内部")
@click.option(
    "--format", "format_", metavar="格式", default="", callback=_format, help="如 docx，见 dangwu formats"
)
@click.option("--since", metavar="日期", default="", callback=_date, help="这一天（月、年）起的，如 2025-03")
@click.option("--until", metavar="日期", default="", callback=_date, help="到这一天（月、年）为止的")
@click.option("--csv", "as_csv", is_flag=True, help="输出 CSV，可用 Excel 或 WPS 打开")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(
    words: tuple[str, ...],
    issuer: str,
    status: str,
    audience: str,
    format_: str,
    since: str,
    until: str,
    as_csv: bool,
    as_json: bool,
) -> int:
    """列出收录的资料：日期、发文机关、效力、范围、格式和段数。

    给字样，只列标题或来源里都有它们的；各个条件同时满足的才列出。
    """
    if as_csv and as_json:
        raise click.UsageError("--json 与 --csv 只能选一个")
    from bot.listing import Wanted, listed

    wanted = Wanted(" ".join(words), issuer, status, audience, format_, since, until)
    with open_application() as application:
        version, rows = ("", []) if application.is_empty else listed(application.open_store(), wanted)
    if as_json:
        print_json({"documents": rows, "index_version": version})
        return 0
    from bot.rendering.listing import csv_text, render_listing

    if as_csv:
        hand_over(csv_text(rows))
    else:
        show(render_listing(rows))
        notice(f"共 {len(rows)} 份。" if rows else "没有这样的资料。")
    return 0
