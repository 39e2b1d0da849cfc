"""The door for programs that talk to a language model: chat completions in the form of OpenAI's interface.

The answer is ours, quoted and with sources. These stand in the content, since many clients show nothing
else, and as records in ``citations`` beside it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.answering.conversation import Turn
from bot.rendering.forwarding import render_reply
from bot.rendering.json import citation_json
from bot.rendering.legible import json_text
from bot.web.api import answered, body_of, say
from bot.web.site import Site

MODEL = "dangwu"
Json = dict[str, Any]


class ChatCompletions:
    """The door of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def routes(self) -> list[Route]:
        """Its places."""
        return [
            Route("/v1/chat/completions", self.complete, methods=["POST"]),
            Route("/v1/models", self.models),
            Route("/v1/models/{name:str}", self.model),
        ]

    async def models(self, request: Request) -> Response:
        """The one model there is."""
        self._site.person(request)
        return say({"object": "list", "data": [_model()]})

    async def model(self, request: Request) -> Response:
        """The model of this name."""
        self._site.person(request)
        _check_model(request.path_params["name"])
        return say(_model())

    async def complete(self, request: Request) -> Response:
        """The answer to the last message of a person, which may lean on those before it."""
        person = self._site.person(request)
        body = await body_of(request)
        _check_model(body.get("model"))
        *before, question = _questions(body.get("messages"))
        turn = await answered(self._site, person, question, before)
        head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": MODEL}
        if not body.get("stream"):
            return say(_whole(head, turn, question))
        options = body.get("stream_options")
        with_usage = isinstance(options, dict) and bool(options.get("include_usage"))
        return StreamingResponse(
            _chunks(head, turn, question, with_usage=with_usage),
            media_type="text/event-stream",
            # A proxy in front is not to wait for the end.
            headers={"x-accel-buffering": "no"},
        )


def _questions(messages: Any) -> list[str]:
    """What people said, the question last; HTTPException where that is nothing."""
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        raise HTTPException(400, "messages 应是消息的列表。")
    said = [_text(each.get("content")) for each in messages if each.get("role") == "user"]
    if not said or messages[-1].get("role") != "user":
        raise HTTPException(400, "最后一条消息应是 user 的提问。")
    return said


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [each.get("text") for each in parts if isinstance(each, dict) and each.get("type") == "text"]
    if len(texts) != len(parts) or not all(isinstance(each, str) for each in texts) or not texts:
        raise HTTPException(400, "消息的内容应是文字。")
    return "\n".join(map(str, texts))


def _check_model(name: Any) -> None:
    if name != MODEL:
        raise HTTPException(404, f"没有这个模型；这里只有 {MODEL}。")


def _model() -> Json:
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": "dangwu"}


def _extra(turn: Turn) -> Json:
    """What the interface has no place for."""
    answer = turn.answer
    return {
        "status": answer.status,
        "citations": [citation_json(each) for each in answer.citations],
        "index_version": answer.index_version,
    }


def _whole(head: Json, turn: Turn, question: str) -> Json:
    text = render_reply(turn)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }
    return {
        **head,
        "object": "chat.completion",
        "choices": [choice],
        "usage": _usage(question, text),
        **_extra(turn),
    }


async def _chunks(head: Json, turn: Turn, question: str, *, with_usage: bool) -> AsyncIterator[str]:
    head = {**head, "object": "chat.completion.chunk"}
    text = render_reply(turn)
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": line} for line in text.splitlines(keepends=True)]
    for delta in deltas:
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield _event({**head, "choices": [end], **_extra(turn)})
    if with_usage:
        yield _event({**head, "choices": [], "usage": _usage(question, text)})
    yield "data: [DONE]\n\n"


def _event(document: Json) -> str:
    return f"data: {json_text(document)}\n\n"


def _usage(question: str, text: str) -> Json:
    """Characters, for want of a tokenizer: enough to keep accounts by."""
    asked, said = len(question), len(text)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
