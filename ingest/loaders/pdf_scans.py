"""Pages of a PDF that are pictures, or whose letters mean nothing: read by the extra ``ocr``, or told of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ingest.loaders.ocr import doubts, expected, is_installed, may_read, read_pages, refuse_pictures
from ingest.loaders.page_edges import Line
from ingest.loaders.refusals import reading

_NAMED_MAX = 20
_UNREADABLE = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd\ue000-\uf8ff]|\(cid:\d+\)")


class Scanned(NamedTuple):
    """The pages with what was read of their pictures, and what is to be said of it."""

    pages: list[list[Line]]
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    recognised: str = ""


def is_illegible(text: str) -> bool:
    """Whether most of a text is signs without meaning: its fonts do not say which letters they draw."""
    visible = "".join(text.split())
    return len(_UNREADABLE.findall(visible)) * 2 > len(visible) > 0


def read_scans(data: bytes, pages: list[list[Line]], scans: Sequence[int], name: str) -> Scanned:
    """The pages, those numbered in ``scans`` (from 1) as they read; SourceError if all stay unread."""
    if not scans:
        return Scanned(pages)
    is_all = len(scans) == len(pages)
    if may_read(name, len(scans), is_all=is_all):
        return _read(data, pages, scans, name)
    if is_all:
        is_garbled = is_illegible("".join(line.text for page in pages for line in page))
        why = "的字体没有文字编码，读出来是乱码" if is_garbled else "只有图片，没有可读的文字"
        refuse_pictures(name, f"{why}（{len(pages)} 页）")
    if is_installed():
        return Scanned(pages, remarks=(f"其中 {expected(len(scans))}",))
    return Scanned(pages, remarks=(f"{_named(scans)}只有图片，没有读；装上附加项 ocr 就能读",))


def _read(data: bytes, pages: list[list[Line]], scans: Sequence[int], name: str) -> Scanned:
    from ingest.loaders.pixels import PdfPages

    with reading(name):
        drawn = PdfPages(data)
        try:
            found = read_pages(data, [lambda n=n: drawn.draw(n) for n in scans])  # type: ignore[misc]
        finally:
            drawn.close()
    read = dict(zip(scans, found, strict=True))
    texts = [
        [Line(text, None) for text in read[number].paragraphs] if number in read else page
        for number, page in enumerate(pages, 1)
    ]
    warnings = doubts([(f"第 {number} 页", page) for number, page in read.items()])
    if blank := [number for number, page in read.items() if not page.paragraphs]:
        warnings = (*warnings, f"{_named(blank)}是图片，里面没有认出文字")
    return Scanned(texts, warnings, (), "全文" if len(scans) == len(pages) else _named(scans))


def _named(scans: Sequence[int]) -> str:
    more = " 等" if len(scans) > _NAMED_MAX else ""
    return f"第 {'、'.join(map(str, scans[:_NAMED_MAX]))}{more} 页"
