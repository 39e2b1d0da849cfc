"""Pictures inside of a document: what they say stands where they do, if they are large enough to say much."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

from ingest.loaders.ocr import PageText, doubts, expected, is_installed, may_read, read_pages
from ingest.loaders.refusals import reading

# A line of its own in the place of a picture; no document can contain it.
PICTURE = "\0"
# Smaller ones are marks and ornaments.
MIN_EDGE = 300
# A photograph has a banner or a sign on it, which is none of the document's text.
MIN_CHARS = 20


class Seen(NamedTuple):
    """The lines of each picture, and what is to be said of them."""

    texts: list[tuple[str, ...]]
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    recognised: str = ""


def read_embedded(data: bytes, pictures: Sequence[bytes], name: str, *, has_text: bool) -> Seen:
    """What the pictures of a document say, in their order; nothing for small ones, and where none is read."""
    large = [number for number, picture in enumerate(pictures) if _is_large(picture)]
    if not large:
        return Seen([()] * len(pictures))
    if not may_read(name, len(large), is_all=not has_text):
        said = f"其中 {expected(len(large))}" if is_installed() else _unread(len(large))
        return Seen([()] * len(pictures), remarks=(said,))
    from ingest.loaders.pixels import picture_array

    with reading(name):
        found = read_pages(data, [lambda n=n: picture_array(pictures[n]) for n in large])  # type: ignore[misc]
    read = {number: page for number, page in zip(large, found, strict=True) if _says_much(page)}
    texts = [read[number].paragraphs if number in read else () for number in range(len(pictures))]
    named = "、".join(str(number + 1) for number in read)
    warnings = doubts([(f"第 {number + 1} 张图", page) for number, page in read.items()])
    return Seen(texts, warnings, (), f"第 {named} 张图" if read else "")


def _is_large(picture: bytes) -> bool:
    if not is_installed():
        # Without the extra there may be no library either; a scan takes more room than an ornament.
        return len(picture) > 30_000
    from ingest.loaders.pixels import opened_picture

    try:
        with opened_picture(io.BytesIO(picture)) as opened:
            return bool(min(opened.size) >= MIN_EDGE)
    # Drawings, and what is broken: the document is read without it.
    except (OSError, ValueError):
        return False


def _unread(count: int) -> str:
    return f"{count} 张图片里的文字没有读；装上附加项 ocr 就能读"


def _says_much(page: PageText) -> bool:
    return sum(map(len, page.paragraphs)) >= MIN_CHARS
