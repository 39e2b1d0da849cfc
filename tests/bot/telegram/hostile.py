"""Updates that no bot should be sent, and a way to make more of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.bot.telegram.fake_rules import Json, entities_of, group, person, private

QUESTION = "社区党员议事会有哪五个议事程序？"
_HUGE = 2**70
Text = Callable[[int], str]


def message(chat: Json | None = None, **changed: Any) -> Json:
    """A question in a private chat, changed in some way; what is changed to ``...`` is left out."""
    whole = {
        "message_id": 3,
        "date": 1,
        "chat": chat or private(666),
        "from": person(666),
        "text": QUESTION,
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def _update(kind: str = "message", **body: Any) -> Text:
    return lambda number: json.dumps({"update_id": number, kind: body})


def _written(kind: str, body: str) -> Text:
    return lambda number: f'{{"update_id":{number},"{kind}":{body}}}'


def _nested(depth: int) -> Json:
    inner = message()
    for _ in range(depth):
        inner = message(reply_to_message=inner)
    return inner


_GROUP_TEXT = f"/ask {QUESTION}"
_PRESS = {"id": "1", "from": person(666), "chat_instance": "1", "data": "t:0", "message": message()}
_TYPED = {"id": "1", "from": person(666), "query": QUESTION, "offset": ""}

HOSTILE: Mapping[str, Text] = {
    "half a character in the text": _update(**message(text="问\ud83d")),
    "half a character in a name": _update(**message(**{"from": person(666, "\udc00")})),
    "half a character in a title": _update(
        **message(group(-666, title="\ud800"), text=_GROUP_TEXT, entities=entities_of(_GROUP_TEXT))
    ),
    "half a character in a button": _update("callback_query", **{**_PRESS, "data": "\ud800"}),
    "half a character in a typed question": _update("inline_query", **{**_TYPED, "query": "\ud800" * 9}),
    "a huge person": _update(**message(**{"from": person(_HUGE)})),
    "a huge chat": _update(**message(private(_HUGE))),
    "a huge message": _update(**message(message_id=_HUGE)),
    "a huge press": _update("callback_query", **{**_PRESS, "from": person(_HUGE)}),
    "a huge date": _update(**message(date=_HUGE)),
    "a chat without a number": _update(**message({"type": "private"})),
    "a chat that is a word": _update(**message({**private(1), "id": "abc"})),
    "a chat that is nothing": _update(**{**message(), "chat": None}),
    "a message without a chat": _update(**message(chat=...)),  # type: ignore[arg-type]
    "a message without a date": _update(**message(date=...)),
    "a message without a number": _update(**message(message_id=...)),
    "a message that is empty": _update(),
    "a message that is a word": _written("message", '"abc"'),
    "a message that is a list": _written("message", "[1, 2]"),
    "a message that is nothing": _written("message", "null"),
    "a text that is a number": _update(**message(text=5)),
    "a text that is a list": _update(**message(text=["问"])),
    "a person that is a list": _update(**message(**{"from": {**person(1), "id": [1]}})),
    "entities that are words": _update(**message(entities=["/ask"])),
    "entities that are a number": _update(**message(entities=7)),
    "an entity somewhere in words": _update(
        **message(entities=[{"type": "mention", "offset": "here", "length": "there"}])
    ),
    "a press that is a number": _written("callback_query", "7"),
    "a press without a person": _update("callback_query", **{**_PRESS, "from": None}),
    "a typed question that is missing": _update("inline_query", id="1", **{"from": person(666)}),
    "an unknown kind": _update("brain_wave", thought=QUESTION),
    "no kind at all": lambda number: json.dumps({"update_id": number}),
    "a chain of replies": _update(**_nested(200)),
    "lists within lists": _written("message", "[" * 100_000 + "]" * 100_000),
    "objects within objects": _written("message", '{"a":' * 5_000 + "1" + "}" * 5_000),
    "a text without end": _update(**message(text="问" * 2_000_000)),
    "no JSON": _written("message", "{{{"),
    "half of it": lambda number: f'{{"update_id":{number},"message":{{"message_id":1,"text":"…',
    "a bare line break": _written("message", '"a\nb"'),
    "an unquoted text": _written("message", '{"text": 党员}'),
}
"""What an update with some number looks like on the wire, by what is wrong with it."""

_JUNK = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["\ud800", "\x00", "-1", "1e999", "private", "/ask", "@DangwuTestBot"])
    | st.sampled_from([[], {}, [[]], [None], {"id": 1}, [{"type": "mention", "offset": -1, "length": 2**62}]])
)
_WHOLE = (
    {"message": message(entities=entities_of("/ask 问"), text="/ask 问")},
    {"message": message(group(-666), text=_GROUP_TEXT, entities=entities_of(_GROUP_TEXT))},
    {"message": message(caption="内部", text=..., document={"file_id": "a", "file_unique_id": "a"})},
    {"message": message(reply_to_message=message(), quote={"text": "问", "position": 0})},
    {"edited_message": message(edit_date=2)},
    {"callback_query": _PRESS},
    {"inline_query": _TYPED},
)


def _places(data: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something may be changed within ``data``."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(each for key, value in inner for each in _places(value, (*path, key)))]


def _changed(data: Any, path: tuple[Any, ...], junk: object) -> Any:
    if not path:
        return junk
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = _changed(data[path[0]], path[1:], junk)
    return copy


@st.composite
def broken_updates(draw: st.DrawFn) -> Any:
    """An update in which up to three things are something else."""
    data: Any = {"update_id": draw(st.integers(0, 2**31)), **draw(st.sampled_from(_WHOLE))}
    for _ in range(draw(st.integers(1, 3))):
        data = _changed(data, draw(st.sampled_from(_places(data))), draw(_JUNK))
    return data
