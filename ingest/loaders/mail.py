"""Mails and single-file web pages: both are MIME, with the text in one part and the rest beside it.

The text of a mail is its subject, who wrote it and when, what it says and what is attached, a line each.
Attachments are documents of their own (``ingest.containers``).
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from ingest.decoding import decode
from ingest.loaders.bounds import check_chars
from ingest.loaders.refusals import CHECK_REMEDY, reading, refuse
from ingest.records import RawDocument
from retrieval.errors import SourceError

MAX_PARTS = 2_000
_HEADER = re.compile(rb"(?:From [^\r\n]*\r?\n)?((?:[!-9;-~]+:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+)\r?\n")
_NAME = re.compile(rb"^([!-9;-~]+):", re.M)
# A page of notes may begin with Title: and Date:, but no person writes these.
_SURE = frozenset((b"mime-version", b"message-id", b"received", b"return-path", b"x-mailer", b"content-type"))
_LETTER = frozenset((b"from", b"to", b"subject", b"date", b"cc", b"sender", b"reply-to"))
_HEAD_BYTES = 65_536
_SHOWN = (("From", "发件人"), ("To", "收件人"), ("Cc", "抄送"))
_DECORATIONS = frozenset((
    "text/css", "text/javascript", "application/x-javascript", "application/pgp-signature",
    "application/pkcs7-signature", "application/x-pkcs7-signature", "text/calendar",
))  # fmt: skip
_CHARSETS = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs"}


class Attachment(NamedTuple):
    """A part that is a document of its own; ``name`` may be empty."""

    name: str
    data: bytes


def is_mail(data: bytes) -> bool:
    """Whether the bytes open with the head of a mail or of a page saved as one file."""
    found = _HEADER.match(data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
    if not found:
        return False
    names = {each.lower() for each in _NAME.findall(found[1])}
    return bool(names & _SURE) and bool(names & (_LETTER | {b"mime-version"}))


def mail_format(data: bytes) -> str:
    """eml, or mht for a page that a browser or an office program has saved as one file."""
    message = _parsed(data)
    is_page = message.get_content_type() in ("multipart/related", "text/html") and not message["To"]
    return "mht" if is_page and "@" not in _header(message, "From") else "eml"


def load(data: bytes, name: str) -> RawDocument:
    """The text of the mail or page; ``metadata``: title (the subject), author, date of a mail."""
    with reading(name):
        message = _parsed(data)
        kind = mail_format(data)
        plain, page = _bodies(message)
        if kind == "mht":
            return _page(page, name)
        body = plain if plain.strip() else _page_text(page, name)
        check_chars(len(body), name)
        lines = [_header(message, "Subject"), *_shown(message), *body.splitlines()]
        attached = "、".join(each.name or "（未命名）" for each in attachments(data))
        lines += [f"附件：{attached}"] if attached else []
    text = "\n".join(line.rstrip() for line in lines if line.strip())
    if not body.strip() and not attached:
        refuse(name, "里没有文字", CHECK_REMEDY)
    metadata = {"title": _header(message, "Subject"), "created": _date(message)}
    return RawDocument(text, "eml", metadata={key: value for key, value in metadata.items() if value})


def attachments(data: bytes) -> list[Attachment]:
    """The parts of a mail that are documents: what is attached, mails included; no pictures in the text."""
    message = _parsed(data)
    bodies = {id(part) for part in _body_parts(message)}
    found = []
    for part in _parts(message):
        inner = part.get_content_type() == "message/rfc822"
        if id(part) in bodies or (part.is_multipart() and not inner) or _is_decoration(part):
            continue
        content = _inner_mail(part) if inner else _content(part)
        found.append(Attachment(_file_name(part), content))
    return found


def _parsed(data: bytes) -> Message:
    body = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    return email.message_from_bytes(body, policy=email.policy.compat32)


def _parts(message: Message) -> Iterator[Message]:
    """The parts in order; those of a mail inside belong to that."""
    pending, count = [message], 0
    while pending:
        part = pending.pop()
        count += 1
        if count > MAX_PARTS:
            raise ValueError("too many parts")
        yield part
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_type() != "message/rfc822":
            pending += [each for each in reversed(payload) if isinstance(each, Message)]


def _is_decoration(part: Message) -> bool:
    """A picture shown in the text, a style sheet or a script."""
    is_attached = part.get_content_disposition() == "attachment"
    is_shown = not is_attached and ("Content-ID" in part or "Content-Location" in part)
    is_picture = part.get_content_maintype() == "image"
    return (is_picture and is_shown) or part.get_content_type() in _DECORATIONS


def _body_parts(message: Message) -> list[Message]:
    """The first plain and the first web part that are not attached."""
    found: dict[str, Message] = {}
    for part in _parts(message):
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            is_named = bool(part.get_filename())
            if kind not in found and not (is_named and found):
                found[kind] = part
    return list(found.values())


def _bodies(message: Message) -> tuple[str, bytes]:
    """What the mail says as plain text, and as a web page."""
    plain, page = "", b""
    for part in _body_parts(message):
        if part.get_content_type() == "text/html":
            page = _content(part)
        else:
            plain = _decoded(_content(part), part.get_content_charset() or "")
    return plain, page


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _inner_mail(part: Message) -> bytes:
    payload = part.get_payload()
    return payload[0].as_bytes() if isinstance(payload, list) and isinstance(payload[0], Message) else b""


def _page(page: bytes, name: str) -> RawDocument:
    from ingest.loaders import html

    if not page:
        refuse(name, "里没有网页", CHECK_REMEDY)
    # A part of a whole file needs no end tag of its own.
    return replace(html.load(page, name), format="mht", warnings=())


def _page_text(page: bytes, name: str) -> str:
    if not page.strip():
        return ""
    from ingest.loaders import html

    try:
        return html.load(page, name).text
    except SourceError:
        return ""


def _shown(message: Message) -> Iterator[str]:
    for header, title in _SHOWN:
        value = _header(message, header)
        if value:
            yield f"{title}：{value}"
    if _date(message):
        yield f"时间：{_date(message)}"


def _date(message: Message) -> str:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date().isoformat()
    except ValueError:
        return ""


def _header(message: Message, name: str) -> str:
    return " ".join(_words(_raw_header(message, name)).split())


def _raw_header(message: Message, name: str) -> str:
    """A header as it was written; bytes beyond ASCII are lone surrogates, which ``Message.get`` loses."""
    found = (str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    return next(found, "")


def _words(value: str) -> str:
    """A header's text: encoded words decoded, bare bytes in the likeliest encoding."""
    pieces = []
    for piece, charset in decode_header(value):
        raw = piece.encode("utf-8", "surrogateescape") if isinstance(piece, str) else piece
        pieces.append(_decoded(raw, charset or ""))
    return "".join(pieces)


def _file_name(part: Message) -> str:
    """The name of an attachment, by any of the four ways in which programs write Chinese ones."""
    legible = Message()
    for header in ("Content-Disposition", "Content-Type"):
        raw = _raw_header(part, header).encode("utf-8", "surrogateescape")
        if raw:
            legible[header] = " ".join(_decoded(raw, "").split())
    return " ".join(_words(legible.get_filename() or "").split())


def _decoded(raw: bytes, charset: str) -> str:
    stated = _CHARSETS.get(charset.lower(), charset)
    for name in filter(None, (stated, "utf-8", "gb18030")):
        try:
            return raw.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    try:
        return decode(raw)[0]
    except SourceError:
        return raw.decode(stated if stated in ("gb18030", "big5hkscs") else "utf-8", "replace")
