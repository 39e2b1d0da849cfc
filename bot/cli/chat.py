"""``dangwu chat``: a conversation in the terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import click

from bot.cli.console import complain, notice, say, show, waiting, width
from bot.cli.questions import checked_question
from bot.cli.startup import ensure_corpus, open_application
from bot.cli.wording import Command
from retrieval.errors import DangwuError, InputError
from retrieval.records import STAFF

if TYPE_CHECKING:
    from bot.answering.conversation import Key, Turn
    from bot.assistant import Assistant
    from bot.compose import Application

_GOODBYES = frozenset({"退出", "再见", "exit", "quit", "q", "/exit", "/quit", "/q"})
_NEW = frozenset({"/new", "/reset", "重新开始"})
_PROMPT = "问："
_logger = logging.getLogger(__name__)


@click.command("chat", cls=Command)
def command() -> int:
    """在终端里连续提问，可以接着上一问追问。输入“退出”或按 Ctrl-D 结束。

    追问时会先补全问题再查找，并写明按什么查找；输入 /new 重新开始一段对话。没有答案时列出的问题，
    输入编号即可提问。资料库还空着时，先导入自带的示例资料；别处更新了资料库，下一问就会用上。
    """
    with open_application() as application:
        ensure_corpus(application)
        with ThreadPoolExecutor(1) as background:
            warm = background.submit(_warm_up, application)
            if sys.stdin.isatty():
                notice("想问什么？可以接着追问；输入“退出”结束，/new 重新开始。")
            chat: Chat | None = None
            for line in _lines():
                # Loaded in two threads at once, a model would be loaded twice.
                warm.result()
                chat = chat or Chat(application)
                chat.say(line)
    return 0


def _warm_up(application: Application) -> None:
    """Load what the first answer needs while the person is still typing."""
    try:
        application.answerer.warm_up()
    except DangwuError as exc:
        # The first question meets the same failure, and then somebody is told.
        _logger.debug("warm-up failed", exc_info=exc)


def _lines() -> Iterator[str]:
    """The lines typed, or piped in, that are not blank, until the person leaves."""
    if sys.stdin.isatty():
        # Line editing and history for input().
        import readline  # noqa: F401
    while True:
        try:
            line = input(_PROMPT) if sys.stdin.isatty() else _piped_line()
        except EOFError:
            return
        if line.strip().lower() in _GOODBYES:
            return
        if line.strip():
            yield line.strip()


def _piped_line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


class Chat:
    """The conversation of one terminal session."""

    def __init__(self, application: Application) -> None:
        from bot.answering.conversation import Key
        from bot.assistant import Assistant

        self._assistant: Assistant = Assistant(application)
        self._key: Key = Key("terminal")
        self._suggestions: tuple[str, ...] = ()

    def say(self, line: str) -> None:
        """Answer one line; what cannot be a question, or a busy store, does not end the conversation."""
        if line.lower() in _NEW:
            self._assistant.forget(self._key.user)
            self._suggestions = ()
            notice("好的，重新开始。")
            return
        try:
            self._reply(checked_question(self._chosen(line)))
        except DangwuError as exc:
            complain(exc.message, exc.remedy)
        say()

    def _chosen(self, line: str) -> str:
        """The suggestion with the number typed, or the line itself; InputError for no such number."""
        if not (len(line) == 1 and line.isdecimal()):
            return line
        if not 0 < int(line) <= len(self._suggestions):
            raise InputError(f"没有编号为 {int(line)} 的问题可选。", remedy="请直接写出要问的问题。")
        return self._suggestions[int(line) - 1]

    def _reply(self, question: str) -> None:
        from bot.rendering.terminal import render_turn

        with waiting("正在查找……"):
            turn: Turn = self._assistant.turn(self._key, question, STAFF)
        self._suggestions = turn.answer.suggestions
        show(render_turn(turn, width=width()))
