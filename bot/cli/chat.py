"""``dangwu chat``: a conversation in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from bot.cli.console import complain, notice, show, width
from bot.cli.questions import checked_question
from bot.cli.startup import ensure_corpus, open_application
from bot.cli.wording import Command
from retrieval.errors import DangwuError

if TYPE_CHECKING:
    from bot.answering.answer import Answer

_GOODBYES = frozenset({"退出", "再见", "exit", "quit", "q", "/exit", "/quit"})
_PROMPT = "问："


@click.command("chat", cls=Command)
def command() -> int:
    """在终端里连续提问。输入“退出”或按 Ctrl-D 结束。

    资料库还空着时，先导入自带的示例资料；别处更新了资料库，下一问就会用上。
    """
    with open_application() as application:
        ensure_corpus(application)
        if sys.stdin.isatty():
            notice("想问什么？输入“退出”结束。")
        for line in _questions():
            _reply(line, application.answerer.answer)
    return 0


def _questions() -> Iterator[str]:
    """The lines typed, or piped in, until the person leaves."""
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
            yield line


def _piped_line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _reply(line: str, answer: Callable[[str], Answer]) -> None:
    """Answer one line; a question that cannot be one, or a busy store, does not end the conversation."""
    from bot.rendering.terminal import render_answer

    try:
        show(render_answer(answer(checked_question(line)), width=width()))
    except DangwuError as exc:
        complain(exc.message, exc.remedy)
    click.echo()
