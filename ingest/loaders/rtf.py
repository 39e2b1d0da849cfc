"""RTF: paragraphs and table rows a line each.

A reader of our own: striprtf 0.0.35 was tried and gives deleted and hidden text as text and bars for every
table. The format is a stream of groups, words and bytes; what counts is which groups hold text, and in
which code page their bytes are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.loaders.bounds import check_chars
from ingest.loaders.numbering import BULLET, with_gap
from ingest.loaders.refusals import CHECK_REMEDY, DAMAGED_REMEDY, WITHOUT_PROGRAMS, reading, refuse
from ingest.loaders.rtf_words import (
    CHARSETS,
    CODEPAGES,
    NO_TEXT,
    OPTIONAL_TEXT,
    PROPERTIES,
    RUNNING,
    SIGNS,
    SYMBOLS,
)
from ingest.loaders.tables import is_layout, table_lines
from ingest.records import Margin, RawDocument

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9a-fA-F]{2})"
    rb"|\\(?P<symbol>[^a-zA-Z'])|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.S,
)
_MAX_DEPTH = 500
# The phonetic guide of Word: the reading over the characters, which alone are text.
_GUIDE = re.compile(r"\\o.*[(,，](?P<base>[^(),，]+)\)\s*$")
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")


def _label(text: str) -> str:
    """An automatic number as other formats print it; the points of symbol fonts are bullets."""
    return with_gap(_PRIVATE.sub(BULLET, text).strip())


def _field(code: str) -> str:
    found = _GUIDE.search(code) if code.split()[:1] == ["EQ"] else None
    return found["base"] if found else ""


# Groups that say something once they are closed.
_CLOSED = {"label": _label, "field": _field}
_PARAGRAPH_ENDS = frozenset((b"par", b"sect", b"page"))


def load(data: bytes, name: str) -> RawDocument:
    """The text of the body with notes and text boxes; ``metadata``: title, author, keywords."""
    if not data.rstrip(b"\0 \r\n\t").endswith(b"}"):
        refuse(name, "不完整，文件没有结束标记", DAMAGED_REMEDY)
    if b"\\objdata" in data and b"5061636b616765" in data.lower():
        refuse(name, "内嵌了程序或其他文件，为安全起见不收录", WITHOUT_PROGRAMS)
    reader = _Reader(name)
    with reading(name):
        for token in _tokens(data):
            reader.take(token)
        lines = reader.finish()
    if not lines:
        refuse(name, "里没有文字", CHECK_REMEDY)
    found = {key: " ".join(reader.aside(key).split()) for key in PROPERTIES.values()}
    margins = tuple(
        Margin(place, line)
        for place in dict.fromkeys(RUNNING.values())
        for line in reader.aside(place).split("\n")
        if line.strip()
    )
    metadata = {key: value for key, value in found.items() if value}
    return RawDocument("\n".join(lines), "rtf", metadata=metadata, margins=margins)


def _tokens(data: bytes) -> Iterator[re.Match[bytes]]:
    """The tokens in order; bytes that a ``\\bin`` word announces are passed over."""
    at = 0
    while found := _TOKEN.match(data, at):
        at = found.end()
        if found["word"] == b"bin" and found["number"]:
            at += max(0, int(found["number"]))
        yield found


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds inside one pair of braces; ``target`` names what its text is for, empty for nothing.

    ``is_open``: nothing has been said in it yet, so its first word may name it; ``is_optional``: readers
    that do not know its name are to pass it over.
    """

    target: str = "body"
    font: int = -1
    stands_for: int = 1
    is_hidden: bool = False
    is_open: bool = False
    is_optional: bool = False


class _Reader:
    """Takes the tokens of one file; ``lines`` is the body so far."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._group = _Group()
        self._outer: list[_Group] = []
        self._bytes, self._bytes_page = bytearray(), ""
        self._surrogate, self._passing = "", 0
        self._asides: defaultdict[str, list[str]] = defaultdict(list)
        self._lines: list[str] = []
        self._rows: list[list[list[str]]] = []
        self._row: list[list[str]] = []
        self._cell: list[str] = []
        self._is_in_table = False
        self._chars = 0
        self._notes = 0

    def take(self, token: re.Match[bytes]) -> None:
        if token["byte"]:
            self._text(bytes([int(token["byte"], 16)]))
        elif token["text"]:
            self._text(token["text"])
        else:
            self._flush()
            if token["brace"]:
                self._brace(token["brace"] == b"{")
            elif token["word"]:
                self._word(token["word"], int(token["number"]) if token["number"] else None)
            elif token["symbol"] == b"*":
                self._group = replace(self._group, is_optional=True)
            elif token["symbol"]:
                self._write(SYMBOLS.get(token["symbol"], ""))

    def finish(self) -> list[str]:
        """The lines of the body, blank ones left out."""
        self._flush()
        self._group = _Group()
        self._is_in_table = False
        self._end_paragraph()
        notes = (f"[{n}] {' '.join(self.aside(f'note {n}').split())}" for n in range(1, self._notes + 1))
        return [line for line in [*self._lines, *notes] if line.strip()]

    def aside(self, target: str) -> str:
        """The text of all groups of a kind other than the body."""
        return "".join(self._asides[target])

    def _brace(self, is_opening: bool) -> None:
        self._passing = 0
        if not is_opening:
            inner = self._group
            self._group = self._outer.pop() if self._outer else self._group
            if inner.target in _CLOSED and inner.target != self._group.target:
                self._write(_CLOSED[inner.target]("".join(self._asides.pop(inner.target, []))))
            return
        if len(self._outer) >= _MAX_DEPTH:
            refuse(self._name, "的内部结构套得太深，可能是异常文件", CHECK_REMEDY)
        self._outer.append(self._group)
        self._group = replace(self._group, is_open=True, is_optional=False)

    def _word(self, word: bytes, number: int | None) -> None:
        group = self._group
        if group.is_open:
            target = self._named(word)
            self._group = group = replace(group, target=target, is_open=False)
        if word == b"u" and number is not None:
            self._unicode(number % 65536)
        elif word in SIGNS:
            self._write(SIGNS[word])
        elif word in _PARAGRAPH_ENDS:
            self._end_paragraph()
        elif group.target == "body" and word in (b"intbl", b"pard"):
            self._is_in_table = word == b"intbl"
        elif group.target == "body" and word in (b"cell", b"nestcell"):
            self._end_cell()
        elif group.target == "body" and word in (b"row", b"nestrow"):
            self._rows.append(self._row)
            self._row, self._is_in_table = [], False
        else:
            self._state(word, number)

    def _named(self, word: bytes) -> str:
        """What the text of a group is for that begins with this word."""
        outer = self._group.target
        if word == b"fonttbl":
            return "fonts"
        if word == b"info":
            return "info"
        if word in PROPERTIES and outer == "info":
            return PROPERTIES[word]
        if word in RUNNING and outer:
            return RUNNING[word]
        if word in (b"listtext", b"pntext") and outer == "body":
            return "label"
        if word == b"fldinst" and outer == "body":
            return "field"
        if word == b"footnote" and outer == "body":
            self._notes += 1
            self._write(f"[{self._notes}]")
            return f"note {self._notes}"
        if word in NO_TEXT or (self._group.is_optional and word not in OPTIONAL_TEXT):
            return ""
        return outer

    def _state(self, word: bytes, number: int | None) -> None:
        if word == b"ansicpg" and number:
            self._page = CODEPAGES.get(number, self._page)
        elif word == b"f" and number is not None:
            self._group = replace(self._group, font=number)
        elif word == b"fcharset" and self._group.target == "fonts" and number in CHARSETS:
            self._fonts[self._group.font] = CHARSETS[number]
        elif word == b"uc" and number is not None:
            self._group = replace(self._group, stands_for=min(max(number, 0), 16))
        elif word in (b"v", b"deleted"):
            self._group = replace(self._group, is_hidden=number != 0)
        elif word == b"plain":
            self._group = replace(self._group, is_hidden=False, font=-1)

    def _text(self, value: bytes) -> None:
        """Bytes in the code page of the font; those that only stand in for a ``\\u`` are passed over."""
        passed = min(self._passing, len(value))
        self._passing -= passed
        page = self._fonts.get(self._group.font, self._page)
        if page != self._bytes_page:
            self._flush()
            self._bytes_page = page
        self._bytes += value[passed:]
        if self._group.is_open and value.strip():
            self._group = replace(self._group, is_open=False)

    def _flush(self) -> None:
        if not self._bytes:
            return
        raw = bytes(self._bytes)
        self._bytes.clear()
        try:
            self._write(raw.decode(self._bytes_page))
        except UnicodeDecodeError:
            # Programs often name a western charset for Chinese bytes.
            self._write(raw.decode("gb18030", "replace"))

    def _unicode(self, code: int) -> None:
        """A UTF-16 unit; characters beyond the basic plane come as two of them."""
        self._passing = self._group.stands_for
        if 0xD800 <= code < 0xDC00:
            self._surrogate = chr(code)
            return
        pair = (self._surrogate + chr(code)).encode("utf-16-le", "surrogatepass")
        self._surrogate = ""
        self._write(pair.decode("utf-16-le", "ignore"))

    def _write(self, text: str) -> None:
        if not text or self._group.is_hidden or self._group.target in ("", "fonts", "info"):
            return
        self._chars += len(text)
        check_chars(self._chars, self._name)
        self._asides[self._group.target].append(text)

    def _taken(self) -> list[str]:
        text = "".join(self._asides.pop("body", []))
        return text.split("\n") if text.strip() else []

    def _end_paragraph(self) -> None:
        if self._group.target != "body":
            self._asides[self._group.target].append("\n")
        elif self._is_in_table:
            self._cell += self._taken()
        else:
            self._end_table()
            self._lines += self._taken()

    def _end_cell(self) -> None:
        self._row.append([*self._cell, *self._taken()])
        self._cell = []

    def _end_table(self) -> None:
        rows, self._rows = [*self._rows, *([self._row] if self._row else [])], []
        self._row = []
        texts = [[" ".join(cell) for cell in row] for row in rows]
        if is_layout(texts):
            self._lines += [line for row in rows for cell in row for line in cell]
        else:
            self._lines += table_lines(texts)
