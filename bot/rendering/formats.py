"""The formats that can be read, as a table and as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ingest.loaders.formats import FORMATS, Format

_INSTALL = "附加项这样装：在克隆下来的文件夹里运行 pip install '.[{extra}]'。"


def render_formats() -> RenderableType:
    """A row for each format; below them, how to install what is missing."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("格式", "文件名结尾", "说明"):
        table.add_column(name, overflow="fold")
    for each in FORMATS:
        table.add_row(
            each.name, " ".join(each.suffixes), Text(_remark(each), "" if each.is_available else "yellow")
        )
    missing = dict.fromkeys(each.extra for each in FORMATS if not each.is_available)
    return Group(table, *(Text(_INSTALL.format(extra=extra)) for extra in missing))


def formats_json() -> dict[str, Any]:
    """The JSON document of ``dangwu formats``."""
    return {
        "formats": [
            {
                "format": each.name,
                "title": each.title,
                "suffixes": list(each.suffixes),
                "available": each.is_available,
                "extra": each.extra or None,
            }
            for each in FORMATS
        ]
    }


def _remark(each: Format) -> str:
    return each.title if each.is_available else f"{each.title}（要附加项 {each.extra}，现在没有装）"
