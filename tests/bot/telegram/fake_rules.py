"""What our Bot API refuses and how it counts: lengths, HTML, buttons, pace; and people to write to a bot."""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

BOT_ID = 4242424242
BOT_NAME = "DangwuTestBot"
TOKEN = f"{BOT_ID}:AAtest-token_of-the-fake-bot-api-00000"
TEXT_MAX = 4096
DOWNLOAD_MAX = 20 * 1024 * 1024
_TAGS = frozenset({"b", "strong", "i", "em", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"})
_MARKED = re.compile(r"(?<![\w/@])(?:@[A-Za-z][A-Za-z0-9_]{4,31}|/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]+)?)")
COMMAND = re.compile(r"[a-z0-9_]{1,32}")


Json = dict[str, Any]


class Refusal(Exception):
    """What Telegram answers instead of a result."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


class Clock:
    """Seconds that run ``speed`` times as fast as the wall's."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._begun = time.monotonic()

    def __call__(self) -> float:
        return (time.monotonic() - self._begun) * self._speed


class Pace:
    """One message a second for a chat (a burst of three), twenty a minute for a group."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._sent: dict[int, deque[float]] = defaultdict(deque)
        self._closed_until: dict[int, float] = {}

    def check(self, chat_id: int) -> None:
        """Count a message; Refusal 429 when there were too many, or the last 429 has not run out."""
        now, sent = self._now(), self._sent[chat_id]
        while sent and sent[0] <= now - 60:
            sent.popleft()
        wait = self._closed_until.get(chat_id, 0) - now
        if chat_id < 0 and len(sent) >= 20:
            wait = max(wait, sent[0] + 60 - now)
        if sum(at > now - 1 for at in sent) >= (1 if chat_id < 0 else 2):
            wait = max(wait, 1.0)
        if wait > 0:
            seconds = max(1, round(wait + 0.5))
            self._closed_until[chat_id] = max(self._closed_until.get(chat_id, 0), now + seconds)
            raise Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        sent.append(now)


def bot_user() -> Json:
    return {"id": BOT_ID, "is_bot": True, "first_name": "党务助手", "username": BOT_NAME}


def person(user_id: int, name: str = "张三") -> Json:
    """A person as Telegram shows one to a bot."""
    return {"id": user_id, "is_bot": False, "first_name": name}


def private(user_id: int) -> Json:
    """The private chat of the bot with a person."""
    return {"id": user_id, "type": "private", "first_name": "张三"}


def group(chat_id: int, **more: Any) -> Json:
    """A supergroup; its id is negative."""
    return {"id": chat_id, "type": "supergroup", "title": "支部", **more}


def utf16(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def entities_of(text: str) -> list[Json]:
    """The mentions and commands of a text, as the sender's app marks them."""
    found = []
    for match in _MARKED.finditer(text):
        kind = "mention" if match[0].startswith("@") else "bot_command"
        found.append({"type": kind, "offset": utf16(text[: match.start()]), "length": utf16(match[0])})
    return found


def checked_text(fields: Json) -> str:
    """The visible text of a message; Refusal where it is empty, too long or not well-formed."""
    text = str(fields.get("text") or "")
    if fields.get("parse_mode") == "HTML":
        text = parse_html(text)
    elif fields.get("parse_mode"):
        raise Refusal(400, "Bad Request: unsupported parse_mode")
    if not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if utf16(text) > TEXT_MAX:
        raise Refusal(400, "Bad Request: message is too long")
    return text


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise Refusal(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refusal(400, f'Bad Request: can\'t parse entities: Unmatched end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise Refusal(400, "Bad Request: can't parse entities: Unsupported start tag")
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise Refusal(400, "Bad Request: can't parse entities: Unsupported start tag")

    def handle_decl(self, decl: str) -> None:
        raise Refusal(400, "Bad Request: can't parse entities: Unsupported start tag")

    def handle_pi(self, data: str) -> None:
        raise Refusal(400, "Bad Request: can't parse entities: Unsupported start tag")


def parse_html(html: str) -> str:
    """The text that HTML shows; Refusal for an unknown, unclosed or crossing tag, or a bare ``<``."""
    # The parser takes &lt; for <, which would look like a bare one.
    escaped = html.replace("&lt;", "\ue000").replace("&LT;", "\ue000")
    parser = _Parser()
    parser.feed(escaped)
    parser.close()
    if parser.open:
        raise Refusal(400, f"Bad Request: can't parse entities: Can't find end tag for \"{parser.open[-1]}\"")
    return "".join(parser.text).replace("\ue000", "<")


def check_buttons(fields: Json) -> None:
    rows = (fields.get("reply_markup") or {}).get("inline_keyboard", [])
    for button in [button for row in rows for button in row]:
        if not button.get("text"):
            raise Refusal(400, "Bad Request: text is empty")
        if not 1 <= len(str(button.get("callback_data", "x")).encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")


def chat_of(chat_id: int) -> Json:
    """The chat with this number."""
    return private(chat_id) if chat_id > 0 else group(chat_id)


def buttons(message: Json) -> Json:
    """The data of the buttons below a message by their labels."""
    rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    return {button["text"]: button["callback_data"] for row in rows for button in row}


def public(message: Json) -> Json:
    """A message as the bot gets it, without what the test keeps with it."""
    return {k: v for k, v in message.items() if k not in ("raw", "sent_at", "replies_to") and v is not None}
