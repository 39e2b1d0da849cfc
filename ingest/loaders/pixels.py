"""Pictures and pages of PDF files as arrays of pixels, no larger than they are read."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from ingest.loaders.ocr import LONG_EDGE

# A sheet of A3 at 600 dots an inch has seventy million; each is three bytes.
MAX_PIXELS = 80_000_000
# What is smaller than a line of print in either direction is an ornament.
MIN_EDGE = 40


@contextmanager
def opened_picture(file: IO[bytes]) -> Iterator[Any]:
    """A picture whose pixels are not read yet; ValueError for one of too many."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(file, formats=("PNG", "JPEG", "TIFF", "BMP")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError("too many pixels")
            yield picture


def array_of(picture: Any) -> Any:
    """The pixels as rows of three bytes each, turned upright as its camera says; transparency is white."""
    import numpy as np
    from PIL import Image, ImageOps

    picture.draft("RGB", (LONG_EDGE, LONG_EDGE))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONG_EDGE, LONG_EDGE))
    if upright.mode in ("RGBA", "LA", "P"):
        upright = upright.convert("RGBA")
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright)
    # The engine takes blue first.
    return np.asarray(upright.convert("RGB"))[:, :, ::-1].copy()


def picture_array(data: bytes) -> Any:
    """The pixels of a picture inside a document; ``None`` for an ornament and what is no picture."""
    with opened_picture(io.BytesIO(data)) as picture:
        if min(picture.size) < MIN_EDGE:
            return None
        return array_of(picture)


class PdfPages:
    """Draws the pages of one file, one at a time: the library is not made for several threads."""

    def __init__(self, data: bytes) -> None:
        import threading

        import pypdfium2

        self._document = pypdfium2.PdfDocument(data)
        self._lock = threading.Lock()

    def draw(self, number: int) -> Any:
        """The pixels of a page, counted from 1."""
        with self._lock:
            page = self._document[number - 1]
            width, height = page.get_size()
            scale = LONG_EDGE / max(width, height, 1.0)
            bitmap = page.render(scale=scale)
            pixels = bitmap.to_numpy().copy()
            bitmap.close()
            page.close()
            return pixels

    def close(self) -> None:
        with self._lock:
            self._document.close()
