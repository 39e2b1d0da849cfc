"""Files of every accepted format, read into decoded text: ``load(data, name)``.

The format is recognised by content; the name serves only in messages. A file that cannot be read is
refused with ``SourceError``: one Chinese sentence that says why, and the step that remedies it. Each
loader imports its library when it is needed, so plain text costs no import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

from ingest.loaders.bounds import check_bytes, check_chars
from ingest.loaders.formats import BY_NAME, ending_remark
from ingest.loaders.recognition import recognise
from ingest.loaders.refusals import CHECK_REMEDY, CONTAINER_REMEDY, refuse
from ingest.records import RawDocument

Loader = Callable[[bytes, str], RawDocument]


def load(data: bytes, name: str) -> RawDocument:
    """The decoded text of a file with its format, its container's metadata and what was left out.

    Time and memory are bounded by limits on size, entries, tags, pages and unpacked length. Raises
    ``SourceError`` for what is empty, damaged, encrypted, executable, too large or not a document.
    """
    if not data.strip(b"\0 \t\r\n"):
        refuse(name, "是空文件", CHECK_REMEDY)
    check_bytes(data, name)
    found = BY_NAME[recognise(data, name)]
    if not found.module:
        refuse(name, "是压缩包，里面的资料各算一份", CONTAINER_REMEDY)
    loader: Loader = import_module(f"ingest.loaders.{found.module}").load
    raw = loader(data, name)
    check_chars(len(raw.text), name)
    remark = ending_remark(raw.format, name)
    return replace(raw, remarks=(remark, *raw.remarks)) if remark else raw
