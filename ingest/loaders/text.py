"""Plain text and Markdown: the decoded bytes as they are."""

from __future__ import annotations

from ingest.decoding import decode
from ingest.records import RawDocument


def load(data: bytes, name: str) -> RawDocument:
    """The whole file decoded; ``SourceError`` with the byte position where that is impossible."""
    text, encoding = decode(data)
    return RawDocument(text=text, format="text", encoding=encoding)
