"""Pictures of text: photographs and scans, TIFF files of several pages included."""

from __future__ import annotations

import io
from typing import Any

from ingest.loaders.ocr import doubts, may_read, read_pages, refuse_pictures
from ingest.loaders.pixels import array_of, opened_picture
from ingest.loaders.refusals import reading
from ingest.records import RawDocument

_BROKEN = "是图片，但不完整或已损坏，打不开"


def load(data: bytes, name: str) -> RawDocument:
    """The text on all pages, read by the extra ``ocr``; SourceError without it, and where there is none."""
    with reading(name, _BROKEN):
        count = _frames(data)
    if not may_read(name, count, is_all=True):
        refuse_pictures(name, "是图片，里面的文字没有读")
    with reading(name, _BROKEN):
        pages = read_pages(data, [lambda n=n: _frame(data, n) for n in range(count)])  # type: ignore[misc]
    text = "\n".join(line for page in pages for line in page.paragraphs)
    if not text:
        refuse_pictures(name, "是图片，里面没有认出文字")
    places = [("" if count == 1 else f"第 {n} 页", page) for n, page in enumerate(pages, 1)]
    return RawDocument(text, "image", warnings=doubts(places), recognised="全文")


def _frames(data: bytes) -> int:
    with opened_picture(io.BytesIO(data)) as picture:
        return int(getattr(picture, "n_frames", 1))


def _frame(data: bytes, number: int) -> Any:
    with opened_picture(io.BytesIO(data)) as picture:
        picture.seek(number)
        return array_of(picture)
