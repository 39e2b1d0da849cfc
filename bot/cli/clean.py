"""``dangwu clean``: one file as it looks after cleaning, and what was done to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.console import hand_over, is_colourful, notice, print_json, show
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command
from retrieval.errors import InputError

if TYPE_CHECKING:
    from ingest.records import CleanedDocument


@click.command("clean", cls=Command)
@click.argument("path", cls=Argument, metavar="文件", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档，含每一处改动")
@click.option("--diff", "as_diff", is_flag=True, help="原文与清洗后左右对照，每处改动标色并注明步骤")
def command(path: Path, as_json: bool, as_diff: bool) -> int:
    """查看一个文件清洗后的全文；资料库不受影响。标题、警告和隔离的原因写在 stderr 上。"""
    if as_json and as_diff:
        raise click.UsageError("--json 与 --diff 只能选一个")
    with open_application():
        cleaned = _read(path)
    if as_json:
        from bot.rendering.json import cleaned_json

        print_json(cleaned_json(cleaned))
    elif as_diff:
        from bot.rendering.diff import render_diff

        show(render_diff(cleaned, with_marks=not is_colourful()))
    else:
        hand_over(cleaned.text)
    if not as_json:
        _remark(cleaned)
    return 0


def _read(path: Path) -> CleanedDocument:
    from ingest.documents import read_document
    from ingest.sources import SourceFile, read_source

    if not path.exists():
        raise InputError(f"路径不存在：{path}", remedy="检查路径有没有写错。")
    if not path.is_file():
        raise InputError(
            f"这不是一个文件：{path}", remedy="一次看一个文件；文件夹请用 dangwu ingest --plan。"
        )
    read = read_source(SourceFile(location=str(path), source=str(path), path=path))
    return read_document(read.data, path.name, read.sidecar)


def _remark(cleaned: CleanedDocument) -> None:
    notice(f"标题：{cleaned.title or '（未识别）'}；改动 {len(cleaned.edits)} 处")
    for warning in cleaned.warnings:
        notice(f"警告：{warning}")
    if cleaned.quarantine is not None:
        notice(f"导入时会被隔离：{cleaned.quarantine}")
