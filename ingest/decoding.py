"""Bytes of a text file -> text, or a refusal that names the byte.

Nothing is repaired here: the text is what the bytes say in the one encoding that fits them, line ends and
all. Damage that happened before the file was written is the business of ``ingest.cleaning``.
"""

from __future__ import annotations

import codecs
import re

from ingest.cleaning.plausibility import common_share
from retrieval.errors import SourceError

_SAVE_AS_UTF8 = "请用文本编辑器另存为 UTF-8 编码后再导入。"
_NOT_TEXT = "请确认文件是文本；Word、PDF 等文件请保留原扩展名，或另存为 docx、pdf 后再导入。"

_UTF16_BOMS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# A text holds no zero byte; other control characters stray into scraped text, but only a few.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_CONTROL_SHARE_MAX = 0.02
_BINARY_SAMPLE_BYTES = 65_536
_CUT_OFF_MIN = 200
_SAMPLE_CHARS = 20_000


def decode(data: bytes) -> tuple[str, str]:
    """The text of ``data`` and the name of its encoding; a byte order mark is not part of the text.

    A UTF-8 file that ends inside a character is read up to there and ends with U+FFFD.

    Strict UTF-8 comes first, then UTF-16 with its mark, then GB18030 or Big5, whichever gives the more
    plausible Chinese. Raises ``SourceError`` with the byte position where the bytes are no text at all.
    """
    if not data.strip():
        raise SourceError("文件是空的。", remedy="请检查文件是否下载完整。")
    for mark, name in _UTF16_BOMS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], name, skipped=len(mark)), name
    _refuse_binary(data)
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if _is_cut_off(error):
            return body[: error.start].decode("utf-8") + "\N{REPLACEMENT CHARACTER}", "utf-8"
        return _legacy(data, error)


def _is_cut_off(error: UnicodeDecodeError) -> bool:
    """Whether a file of some length merely ends inside a character, as an interrupted download does."""
    return error.end == len(error.object) and error.start >= _CUT_OFF_MIN and "end of data" in error.reason


def _legacy(data: bytes, utf8_error: UnicodeDecodeError) -> tuple[str, str]:
    """The text in the better of the two double-byte encodings; refuses when neither fits."""
    readings: list[tuple[float, str, str]] = []
    failures = [(utf8_error.start + len(data) - len(utf8_error.object), "utf-8")]
    for name in ("gb18030", "big5hkscs"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError as error:
            failures.append((error.start, name))
        else:
            readings.append((common_share(text[:_SAMPLE_CHARS]), text, name))
    if not readings:
        # The reading that came furthest names the damage best.
        position, name = max(failures)
        raise SourceError(
            f"文件无法解码：按 {name} 读到第 {position + 1} 个字节（位置 {position}）时出错。",
            remedy=_SAVE_AS_UTF8,
            position=position,
        ) from utf8_error
    # On a draw GB18030 stands first and max keeps the first.
    _, text, name = max(readings, key=lambda reading: reading[0])
    return text, "big5" if name == "big5hkscs" else name


def _strict(data: bytes, name: str, *, skipped: int) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        position = error.start + skipped
        raise SourceError(
            f"文件以 {name} 的标记开头，但第 {position + 1} 个字节（位置 {position}）不是该编码。",
            remedy=_SAVE_AS_UTF8,
            position=position,
        ) from error


def _refuse_binary(data: bytes) -> None:
    position = data.find(0)
    if position < 0:
        found = [match.start() for match in _CONTROL.finditer(data[:_BINARY_SAMPLE_BYTES])]
        if len(found) <= max(2, _CONTROL_SHARE_MAX * min(len(data), _BINARY_SAMPLE_BYTES)):
            return
        position = found[0]
    raise SourceError(
        f"文件不是文本：第 {position + 1} 个字节（位置 {position}）是控制字节 0x{data[position]:02X}。",
        remedy=_NOT_TEXT,
        position=position,
    )
