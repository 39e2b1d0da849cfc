"""What ``dangwu doctor`` says about keeping the corpus: sources, the records beside it, unfinished work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from shlex import quote
from typing import TYPE_CHECKING

from bot.cli.checks import Check
from retrieval.errors import DangwuError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.compose import Application
    from retrieval.store import Store

# Clocks of machines that share a folder differ by less.
_CLOCK_TOLERANCE = timedelta(hours=1)


def upkeep_checks(application: Application, now: datetime) -> Iterator[Check]:
    """The checks behind those of the corpus itself; a corpus that does not open has been named before."""
    yield from _readers(application.data_dir)
    yield from _records(application.data_dir)
    yield from _leftovers(application.data_dir)
    try:
        if application.is_empty:
            return
        store = application.open_store()
        yield _sources(application, store)
        yield from _unfinished_purge(store)
        yield from _clock(store, now)
    except DangwuError:
        return


def _readers(data_dir: Path) -> Iterator[Check]:
    """Whether others on this machine may read what the data folder holds."""
    if os.name == "nt" or not data_dir.is_dir():  # Windows keeps no such modes
        return
    wide = [path for path in (data_dir, *data_dir.rglob("*")) if _is_wide(path)]
    if wide:
        message = f"数据目录里有 {len(wide)} 个文件或文件夹别的用户也能读写，例如 {wide[0]}"
        yield Check("权限", "warning", message, f"运行 chmod -R go= {quote(str(data_dir))}，只留给自己。")


def _is_wide(path: Path) -> bool:
    with suppress(OSError):  # gone meanwhile
        return not path.is_symlink() and bool(path.stat().st_mode & 0o077)
    return False


def _records(data_dir: Path) -> Iterator[Check]:
    """Whether the databases beside the corpus are whole: what the bot keeps, unanswered questions."""
    from retrieval.backup import other_databases
    from retrieval.store import damage_of

    broken = {path.name: damage for path in other_databases(data_dir) if (damage := damage_of(path))}
    for name, damage in broken.items():
        remedy = f"用 dangwu restore 备份文件 恢复，或把 {data_dir / name} 移走，程序会新建一个。"
        yield Check("记录", "broken", f"{name} 损坏：{damage}", remedy)


def _leftovers(data_dir: Path) -> Iterator[Check]:
    """Whether killed commands have left copies of what the corpus holds."""
    from retrieval.leftovers import leftovers, size_of

    found = leftovers(data_dir)
    if found:
        size_mb = sum(map(size_of, found)) / 1e6
        message = f"中断的命令留下 {len(found)} 处半成品（{size_mb:.1f} MB），其中可能有资料，例如 {found[0]}"
        yield Check("残留", "warning", message, "没有别的命令在运行时，运行 dangwu ingest，会先清掉它们。")


def _sources(application: Application, store: Store) -> Check:
    """Whether the remembered files and folders are still there."""
    from bot.compose import SEEDS
    from ingest.sources import actual_path
    from retrieval.publication import roots

    known = roots(store)
    vanished = [root.location for root in known if not actual_path(root.location, SEEDS).exists()]
    if not vanished:
        return Check("来源", "ok", f"{len(known)} 处都在")
    return Check(
        "来源",
        "broken",
        f"不见了：{'、'.join(vanished)}；其中的资料保持原样",
        f"恢复这个路径；不要了就运行 dangwu remove {vanished[0]}。",
    )


def _unfinished_purge(store: Store) -> Iterator[Check]:
    from retrieval.erasure import pending_purge

    purged = pending_purge(store)
    if purged:
        name = purged[0].document_id
        message = f"{len(purged)} 份资料没有彻底清除完，文件里可能还有残余"
        yield Check("清除", "broken", message, f"再运行一次 dangwu remove {name} --purge。")


def _clock(store: Store, now: datetime) -> Iterator[Check]:
    from retrieval.history import past_versions

    latest = max(each.version.created_at for each in past_versions(store))
    if datetime.fromisoformat(latest) > now + _CLOCK_TOLERANCE:
        message = f"有版本发布于 {latest[:16].replace('T', ' ')} UTC，晚于这台机器现在的时间"
        yield Check("时钟", "warning", message, "校准系统时钟；版本的先后按编号，不受影响。")
