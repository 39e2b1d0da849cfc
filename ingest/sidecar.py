"""``FILE.meta.toml``: what a maintainer says of a document; it wins over what the text says.

``folder.meta.toml`` says some of it of all documents below a folder; what lies nearer to the document wins.
"""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from ingest.audience import AUDIENCES
from ingest.dates import iso_date
from ingest.decrees import KINDS, SEPARATOR, STATUSES, normal_number
from retrieval.errors import SourceError
from retrieval.invisible import without_invisible
from retrieval.records import Audience

KEYS = ("title", "issuer", "number", "date", "status", "supersedes", "kind", "audience")
# What many documents may have in common.
FOLDER_KEYS = ("issuer", "kind", "audience")
DATE_FORMS = "2014-05-28、2014-05 或 2014"

_AUDIENCE = re.compile(rb"\s*[\"']?audience[\"']?\s*=")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")


def read_sidecar(data: bytes, name: str) -> dict[str, str]:
    """The fields of one sidecar, dates in ISO 8601, several ``supersedes`` joined by ``；``.

    An empty value is kept and clears what the text says; ``title``, ``kind`` and ``audience`` cannot be
    empty. ``SourceError`` names the file, the key and the allowed values for anything else.
    """
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SourceError(
            f"“{name}”不是 UTF-8 文本。", remedy="请把它另存为 UTF-8 编码。", position=error.start
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SourceError(
            f"“{name}”不是有效的 TOML：{error}。", remedy='每行写成 title = "标题" 这样的形式。'
        ) from error
    return {key: read_field(key, value, name) for key, value in table.items()}


def inherited_by(own: bytes | None, above: Sequence[tuple[str, bytes]]) -> bytes | None:
    """The sidecar of a document with what those above it state, by name and content, the outermost first.

    ``own`` as it is where that adds nothing, and where it is no TOML, which is told of when it is read.
    SourceError for a sidecar above that is no TOML or states what many documents cannot have in common.
    """
    inherited: dict[str, str] = {}
    for name, data in above:
        inherited |= {key: value for key, value in read_sidecar(data, name).items() if _is_common(key, name)}
    with suppress(ValueError):
        stated = tomllib.loads((own or b"").decode("utf-8-sig"))
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in inherited.items()]
        added = [line for line in lines if line.partition(" ")[0] not in stated]
        return "".join(added).encode() + (own or b"").removeprefix(BOM_UTF8) if added else own
    return own


def _is_common(key: str, name: str) -> bool:
    """Whether documents inherit a field; SourceError where a folder's sidecar states another."""
    if key not in FOLDER_KEYS and name.endswith("folder.meta.toml"):
        _refuse(name, f"里的 {key} 只能写在单个文件的旁注里", f"文件夹可用的项：{'、'.join(FOLDER_KEYS)}。")
    return key in FOLDER_KEYS


def with_audience(sidecar: bytes, audience: Audience) -> bytes:
    """The sidecar, which may be empty, with this audience stated and everything else as it was."""
    lines = [line for line in sidecar.splitlines(keepends=True) if not _AUDIENCE.match(line)]
    if lines and not lines[-1].endswith(b"\n"):
        lines.append(b"\n")
    return b"".join([*lines, f'audience = "{audience}"\n'.encode()])


def read_field(key: str, value: object, name: str) -> str:
    """The value of one field as it is kept; SourceError, which says that it stands in ``name``."""
    if key not in _READERS:
        _refuse(name, f"里有不认识的项 {key}", f"可用的项：{'、'.join(KEYS)}。")
    return _READERS[key](key, value, name)


def _refuse(name: str, why: str, remedy: str) -> NoReturn:
    raise SourceError(f"“{name}”{why}。", remedy=remedy)


def _text(key: str, value: object, name: str) -> str:
    if not isinstance(value, str):
        _refuse(name, f"的 {key} 应是文字", f'请写成 {key} = "…"。')
    return " ".join(without_invisible(value).split())


def _required_text(key: str, value: object, name: str) -> str:
    return _text(key, value, name) or _refuse(name, f"的 {key} 不能为空", "请填写标题，或删去这一行。")


def _number(key: str, value: object, name: str) -> str:
    return normal_number(_text(key, value, name))


def _date(key: str, value: object, name: str) -> str:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if value == "":
        return ""
    # A bare year is a natural thing to write, and TOML reads it as a number.
    match = _DATE.fullmatch(str(value).strip()) if isinstance(value, str | int) else None
    found = iso_date([int(part) for part in match.groups() if part]) if match else ""
    return found or _refuse(name, f"的 {key} 不是日期：{value}", f"可写 {DATE_FORMS}。")


def _titles(key: str, value: object, name: str) -> str:
    items = value if isinstance(value, list) else [value]
    texts = [_text(key, item, name) for item in items]
    return SEPARATOR.join(text for text in texts if text)


def _choice(allowed: tuple[str, ...]) -> Callable[[str, object, str], str]:
    def read(key: str, value: object, name: str) -> str:
        if value not in allowed:
            shown = "、".join(word or "（空）" for word in allowed)
            _refuse(name, f"的 {key} 不能是 {value}", f"可用的值：{shown}。")
        return str(value)

    return read


_READERS: dict[str, Callable[[str, object, str], str]] = {
    "title": _required_text,
    "issuer": _text,
    "number": _number,
    "date": _date,
    "status": _choice((*STATUSES, "")),
    "supersedes": _titles,
    "kind": _choice(KINDS),
    "audience": _choice(AUDIENCES),
}
