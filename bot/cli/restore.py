"""``dangwu restore``: a backup in the place of what the data folder holds."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.console import confirm, notice, print_json
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command


@click.command("restore", cls=Command)
@click.argument("path", cls=Argument, metavar="文件", type=click.Path(path_type=Path))
@click.option("--yes", "is_confirmed", is_flag=True, help="已有资料库时不再询问，直接替换")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(path: Path, is_confirmed: bool, as_json: bool) -> int:
    """用 dangwu backup 写的备份替换数据目录里的资料库和记录。先检查备份，再一次替换；中断了还是原来的。

    正在运行的机器人和 chat 在下一个问题用上恢复的资料库，不用重启。
    """
    from bot.recovery import restore
    from bot.telegram.store import DATABASE_NAME as TELEGRAM_DATABASE
    from retrieval.backup import opened_backup
    from retrieval.locking import ingest_lock
    from retrieval.store import DATABASE_NAME, make_folder

    with open_application() as application:
        data_dir = application.data_dir
        make_folder(data_dir)
        with ingest_lock(data_dir), opened_backup(path.expanduser(), data_dir) as (backup, incoming):
            if (data_dir / DATABASE_NAME).exists():
                made = backup.created_at[:16].replace("T", " ")
                confirm(f"用 {made} UTC 的备份替换 {data_dir} 里的资料库，", is_confirmed=is_confirmed)
            outcome = restore(application, incoming)
    if as_json:
        print_json({"path": str(path), **backup.as_json(), "returned": list(outcome.returned)})
    notice(f"已恢复：版本 {backup.version or '无'}，{backup.documents} 份资料。")
    if outcome.returned:
        notice(f"备份之后移除过的资料又回来了：{'、'.join(outcome.returned)}；不要的请再移除一次。")
    if outcome.lacks_vectors:
        notice("备份里的向量不全，运行 dangwu ingest 补算；在那以前只按词检索。")
    for moved in outcome.moved_aside:
        notice(f"原来的文件坏得写不进去，移到 {moved}。")
    if any(moved.name.startswith(TELEGRAM_DATABASE) for moved in outcome.moved_aside):
        notice("正在运行的机器人请重启。")
    return 0
