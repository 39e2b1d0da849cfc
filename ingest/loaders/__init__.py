"""Files of every accepted format, read into decoded text: ``load(data, name)``.

The format is recognised by content; the name serves only in messages. A file that cannot be read is
refused with ``SourceError``: one Chinese sentence that says why, and the step that remedies it. Each
loader imports its library when it is needed, so plain text costs no import.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from ingest.loaders.recognition import recognise
from ingest.loaders.refusals import CHECK_REMEDY, SPLIT_REMEDY, refuse
from ingest.records import RawDocument

MAX_BYTES = 64 * 1024 * 1024

Loader = Callable[[bytes, str], RawDocument]

# format -> module of this package with ``load(data, name)``
LOADERS = {
    "text": "text",
    "html": "html",
    "docx": "word",
    "pdf": "pdf",
    "xlsx": "spreadsheet",
    "pptx": "slides",
}


def load(data: bytes, name: str) -> RawDocument:
    """The decoded text of a file with its format, its container's metadata and what was left out.

    Time and memory are bounded by limits on size, entries, pages and unpacked length. Raises
    ``SourceError`` for what is empty, damaged, encrypted, executable, too large or not a document.
    """
    if not data.strip(b"\0 \t\r\n"):
        refuse(name, "是空文件", CHECK_REMEDY)
    if len(data) > MAX_BYTES:
        refuse(
            name,
            f"有 {len(data) >> 20} MB，超过 {MAX_BYTES >> 20} MB 的上限",
            SPLIT_REMEDY,
        )
    loader: Loader = import_module(f"ingest.loaders.{LOADERS[recognise(data, name)]}").load
    return loader(data, name)
