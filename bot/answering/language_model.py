"""The call of a chat model on an OpenAI-compatible endpoint, through LangChain, piece by piece.

Each call runs on an event loop in a thread of its own: the caller waits no longer than it was told to,
however the server drips, hangs or resolves its name.
"""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from importlib.util import find_spec
from threading import Thread
from typing import TYPE_CHECKING, Any

from bot.answering.privacy import is_loopback
from bot.answering.resilience import Message, ModelFailure

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from bot.settings import LanguageModelSettings

MAX_TOKENS = 2000
"""A few numbers take twenty; the rest is for a model that thinks aloud first."""
_ROLES = {"system": "system", "user": "human", "assistant": "ai"}
_RETRYABLE_STATUS = frozenset({408, 409, 425, 429})
# Closing the connection takes no time; a stuck name look-up may not hold the caller.
_PARTING_S = 0.05


def is_installed() -> bool:
    """Whether the extra ``llm`` is there."""
    return find_spec("langchain_openai") is not None


def model_absent() -> ModelFailure:
    """What is said where the extra ``llm`` is not installed."""
    return ModelFailure("没有安装语言模型的附加项（pip install '.[llm]'）", retryable=False)


class OpenAIEndpoint:
    """One model on one endpoint."""

    def __init__(self, settings: LanguageModelSettings) -> None:
        self._settings = settings
        self.name = settings.model
        self.is_local = is_loopback(settings.base_url)

    def stream(self, messages: Sequence[Message], timeout_s: float) -> Generator[str, None, None]:
        """The pieces of the reply as they come; ModelFailure after ``timeout_s`` or when the call fails.

        A reply that ended before the model had said all is a failure as well.

        Closing the iterator ends the call.
        """
        if not is_installed():
            raise model_absent()
        call = _Call(lambda: self._pieces(messages), timeout_s)
        try:
            yield from call
        finally:
            call.stop()

    async def _pieces(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        from langsmith import tracing_context
        from openai import DefaultAsyncHttpxClient

        asked = [(_ROLES[message.role], message.text) for message in messages]
        # A proxy of the environment would carry a call to this machine elsewhere; a redirect carries the
        # key and the passages wherever the server likes.
        client = DefaultAsyncHttpxClient(trust_env=not self.is_local, follow_redirects=False)
        # LangChain would report the passages to a tracing service that the environment names.
        async with client as http:
            with tracing_context(enabled=False):
                model, ended = self._chat_model(http), _Ended()
                async for piece in _streamed(model, asked, ended):
                    yield piece
                if ended.is_empty:
                    # Some servers answer a request for a stream with one document.
                    reply = await model.ainvoke(asked)
                    ended.note(reply.response_metadata)
                    yield str(reply.text)
                ended.require()

    def _chat_model(self, http: Any) -> BaseChatModel:
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        settings = self._settings
        return ChatOpenAI(
            model=settings.model,
            base_url=settings.base_url,
            # Never the key that the environment holds for another service.
            api_key=SecretStr(settings.api_key.get_secret_value() or "none"),
            organization="",
            openai_proxy=None,
            temperature=0,
            max_completion_tokens=MAX_TOKENS,
            max_retries=0,
            use_responses_api=False,
            http_async_client=http,
        )


class _Ended:
    """How a reply ended, as the server says."""

    def __init__(self) -> None:
        self.is_empty = True
        self._reason = ""

    def note(self, metadata: Mapping[str, Any]) -> None:
        """Take down the reason where one is given."""
        self._reason = str(metadata.get("finish_reason") or self._reason)

    def require(self) -> None:
        """ModelFailure unless the model had said all that it had to say."""
        if self._reason != "stop":
            raise ModelFailure("语言模型没有把话说完", retryable=False)


async def _streamed(
    model: BaseChatModel, messages: list[tuple[str, str]], ended: _Ended
) -> AsyncIterator[str]:
    try:
        async for chunk in model.astream(messages):
            ended.note(chunk.response_metadata)
            if chunk.text:
                ended.is_empty = False
                yield str(chunk.text)
    except ValueError as exc:
        # LangChain's word for a stream without a single piece.
        if "No generation" not in str(exc):
            raise


class _Call:
    """An asynchronous iterator of text, run in a daemon thread and read from another."""

    def __init__(self, pieces: Callable[[], AsyncIterator[str]], timeout_s: float) -> None:
        self._pieces = pieces
        self._until = time.monotonic() + timeout_s
        self._queue: queue.SimpleQueue[str | ModelFailure | None] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._fill())
        self._thread = Thread(target=self._run, name="language-model", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[str]:
        while True:
            try:
                piece = self._queue.get(timeout=max(0.0, self._until - time.monotonic()))
            except queue.Empty:
                raise ModelFailure("语言模型没有在限定时间内答完", retryable=False) from None
            if piece is None:
                return
            if isinstance(piece, ModelFailure):
                raise piece
            yield piece

    def stop(self) -> None:
        """End the call if it still runs."""
        if self._thread.is_alive():
            try:
                self._loop.call_soon_threadsafe(self._task.cancel)
            except RuntimeError:
                # The loop was closed between the question and the call: it has ended by itself.
                return
            self._thread.join(_PARTING_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._finish())

    async def _finish(self) -> None:
        await asyncio.wait([self._task])

    async def _fill(self) -> None:
        try:
            async for piece in self._pieces():
                self._queue.put(piece)
            self._queue.put(None)
        except Exception as exc:
            self._queue.put(_as_failure(exc))


def _as_failure(exc: Exception) -> ModelFailure:
    """What a failed call means; the message never holds the key, the address or the reply."""
    import openai

    failure: ModelFailure
    if isinstance(exc, ModelFailure):
        return exc
    if isinstance(exc, openai.APIStatusError):
        status = exc.status_code
        retryable = status in _RETRYABLE_STATUS or status >= 500
        failure = ModelFailure(
            f"语言模型接口返回 {status}", retryable=retryable, retry_after_s=_retry_after_s(exc)
        )
    elif isinstance(exc, openai.APITimeoutError):
        failure = ModelFailure("语言模型没有及时应答", retryable=True)
    elif isinstance(exc, openai.APIConnectionError):
        failure = ModelFailure("连不上语言模型接口", retryable=True)
    else:
        failure = ModelFailure(f"语言模型的应答读不懂（{type(exc).__name__}）", retryable=True)
    failure.__cause__ = exc
    return failure


def _retry_after_s(exc: Any) -> float:
    value = exc.response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else 0.0
