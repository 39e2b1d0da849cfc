"""What a button carries: a short verb and ids, read strictly and looked up again whenever it is pressed.

A client can send any data with any message, so nothing that comes back is trusted: not that the passage
exists in this version, nor that the person may see it. Texts never travel; they are found by id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from bot.reading import Gone

if TYPE_CHECKING:
    from retrieval.topics import Topic

Verdict = Literal["有用", "引用不符", "过时", "答非所问"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

DATA_BYTES = 64
_ID = re.compile(r"[A-Za-z0-9_.-]{1,48}", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class OpenPassage:
    """Show a passage in a message of its own."""

    passage_id: str


@dataclass(frozen=True, slots=True)
class TurnTo:
    """Show a passage in place of the one that the pressed message shows."""

    passage_id: str


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """Tell what is known of a document."""

    document_id: str


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's verdict on an answer."""

    answer_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Ask the suggestion of an answer that has this index, from 0."""

    answer_id: str
    index: int


@dataclass(frozen=True, slots=True)
class TopicsPage:
    """Turn the menu of topics to this page, from 0."""

    page: int


@dataclass(frozen=True, slots=True)
class AskTopic:
    """Ask about the topic with this key, see ``topic_key``."""

    key: str


@dataclass(frozen=True, slots=True)
class UploadChoice:
    """Whether the plan of an upload that was shown with this ticket is to be carried out."""

    ticket: str
    is_confirmed: bool


Callback = OpenPassage | TurnTo | OpenDocument | Vote | FollowUp | TopicsPage | AskTopic | UploadChoice


class CallbackError(ValueError):
    """Data that none of our buttons carries."""


def encode(callback: Callback) -> str:
    """The data of a button, at most 64 bytes; ValueError for an id that no button can carry."""
    data = ":".join(_fields(callback))
    if len(data.encode()) > DATA_BYTES or _read(data.split(":")) != callback:
        raise ValueError(f"no button can carry {callback}")
    return data


def decode(data: str) -> Callback:
    """What a button asks for; CallbackError for anything that ``encode`` does not give."""
    callback = _read(data.split(":")) if len(data) <= DATA_BYTES else None
    if callback is None:
        raise CallbackError("unknown callback data")
    return callback


def topic_key(name: str) -> str:
    """A short name for a topic: 12 hex digits that depend on its name alone."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def find_topic(topics: Sequence[Topic], key: str) -> Topic:
    """The topic with this key among those that may be seen; Gone if there is none."""
    for topic in topics:
        if topic_key(topic.name) == key:
            return topic
    raise Gone(key)


def _fields(callback: Callback) -> tuple[str, ...]:
    match callback:
        case OpenPassage(passage_id):
            return "p", passage_id
        case TurnTo(passage_id):
            return "n", passage_id
        case OpenDocument(document_id):
            return "d", document_id
        case Vote(answer_id, verdict):
            return "v", answer_id, str(VERDICTS.index(verdict))
        case FollowUp(answer_id, index):
            return "f", answer_id, str(index)
        case TopicsPage(page):
            return "t", str(page)
        case AskTopic(key):
            return "k", key
        case UploadChoice(ticket, is_confirmed):
            return "u", ticket, str(int(is_confirmed))


def _read(fields: Sequence[str]) -> Callback | None:
    """The callback that these fields spell, ``None`` where they spell none."""
    match fields:
        case ["p" | "n" | "d" | "k" as verb, name] if _ID.fullmatch(name):
            kinds = {"p": OpenPassage, "n": TurnTo, "d": OpenDocument, "k": AskTopic}
            return cast(Callback, kinds[verb](name))
        case ["t", number] if _NUMBER.fullmatch(number):
            return TopicsPage(int(number))
        case ["f", name, number] if _ID.fullmatch(name) and _NUMBER.fullmatch(number):
            return FollowUp(name, int(number))
        case ["v", name, number] if _ID.fullmatch(name) and _NUMBER.fullmatch(number):
            return Vote(name, VERDICTS[int(number)]) if int(number) < len(VERDICTS) else None
        case ["u", ticket, "0" | "1" as choice] if _ID.fullmatch(ticket):
            return UploadChoice(ticket, choice == "1")
        case _:
            return None
