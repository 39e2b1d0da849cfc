"""``dangwu backup``: everything the data folder holds, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.console import notice, print_json
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command


@click.command("backup", cls=Command)
@click.argument("path", cls=Argument, metavar="文件", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(path: Path, as_json: bool) -> int:
    """把资料库（全部版本、原始字节）、机器人的记录、没能回答的问题和上传的文件写进一个备份文件。

    不影响正在运行的导入和机器人。向量目录不在其中，恢复时由资料库重建。
    """
    from retrieval.backup import write_backup
    from retrieval.locking import utc_now

    with open_application() as application:
        backup = write_backup(application.open_store(), path.expanduser().absolute(), at=utc_now())
    if as_json:
        print_json({"path": str(path), **backup.as_json()})
        return 0
    size_mb = path.expanduser().stat().st_size / 1e6
    notice(f"已备份到 {path}（{size_mb:.1f} MB）：版本 {backup.version or '无'}，{backup.documents} 份资料。")
    return 0
