"""What the commands say, and where: results on stdout, everything else on stderr.

Nothing else writes to the terminal. Documents, file names, questions and errors may hold whatever somebody
put into them: what passes here for people to read steers no terminal, turns no line around and forges none.
"""

from __future__ import annotations

import io
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.answering.privacy import MaskingFilter
from bot.rendering.legible import json_text, on_one_line, printable
from bot.rendering.stages import STAGES
from retrieval.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from ingest.pipeline import Progress

_LINE_EVERY_S = 10.0
# Where nobody looks at a terminal, lines are left for the reader's program to wrap.
UNWRAPPED = 1_000_000
_WIDTH_MAX = 100
_TABLE_WIDTH = 160


def prepare_streams() -> None:
    """Make both streams take any text: names from old archives hold bytes that are not UTF-8."""
    # A stream that the caller closed is None, on which every library stumbles.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def prepare_logging(*, verbose: bool) -> None:
    """Send log records to stderr: warnings in a line each, or everything with tracebacks if ``verbose``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Verbose("%(asctime)s %(name)s %(message)s") if verbose else _OneLine())
    handler.addFilter(MaskingFilter())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.ERROR, handlers=[handler])
    for name in ("bot", "ingest", "retrieval"):
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.WARNING)


class _OneLine(logging.Formatter):
    """The first line of the message alone: tracebacks are for those who ask for them."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(record.getMessage()).partition("\n")[0]


class _Verbose(logging.Formatter):
    """The message and the traceback, every line but the first one indented."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record)).replace("\n", "\n    ")


def say(line: str = "") -> None:
    """A line of the result on stdout."""
    click.echo(on_one_line(line))


def notice(text: str) -> None:
    """Tell the person something that is not the result, on one line."""
    click.secho(on_one_line(text), err=True, dim=True)


def complain(message: str, remedy: str = "") -> None:
    """Tell the person what went wrong and what to do next, on a line each."""
    click.echo(click.style("错误：", fg="red", bold=True) + on_one_line(message), err=True)
    if remedy:
        click.echo(f"  → {on_one_line(remedy)}", err=True)


def confirm(question: str, *, is_confirmed: bool) -> None:
    """Ask before what cannot be undone, unless ``is_confirmed``; click.Abort for a no, InputError where
    nobody is there to say yes.
    """
    if is_confirmed:
        return
    if not sys.stdin.isatty():
        raise InputError(f"{question}需要确认。", remedy="确定要这样做，就加上 --yes 再运行一次。")
    click.confirm(on_one_line(question), abort=True, err=True)


def print_json(document: Any, *, indent: int | None = 2) -> None:
    """One JSON document on stdout, in UTF-8 whatever the terminal's encoding is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.write(json_text(document, indent=indent) + "\n")
    sys.stdout.flush()


def hand_over(text: str, *, shown: Callable[[str], str] = printable) -> None:
    """A text that is the result, on stdout: to another program or a file as it is, in UTF-8.

    A terminal gets what ``shown`` makes of it.
    """
    click.echo(shown(text) if sys.stdout.isatty() else text.encode("utf-8", "replace"))


def show(renderable: RenderableType) -> None:
    """Print on stdout, in colour where it is a terminal."""
    _console().print(renderable, soft_wrap=True)


def width() -> int:
    """The columns to lay text out for: those of the terminal, ``UNWRAPPED`` where stdout is none."""
    console = _console()
    return min(console.width, _WIDTH_MAX) if console.is_terminal else UNWRAPPED


def is_colourful() -> bool:
    """Whether stdout shows colours, so that marks need not be written out."""
    return _console().color_system is not None


def _console() -> Console:
    from bot.rendering.safe_console import SafeConsole

    return SafeConsole(width=None if sys.stdout.isatty() else _TABLE_WIDTH)


@contextmanager
def progress(*, beside_results: bool = False) -> Iterator[Progress]:
    """A function to report progress to: bars with the time left on a terminal, else a line now and then.

    ``beside_results``: results are printed meanwhile, so a terminal that shows those gets no bars.
    """
    if not sys.stderr.isatty() or (beside_results and sys.stdout.isatty()):
        yield line_report()
        return
    from rich import progress as bars_of_rich

    from bot.rendering.safe_console import SafeConsole

    columns = (
        bars_of_rich.TextColumn("{task.description}"),
        bars_of_rich.BarColumn(),
        bars_of_rich.MofNCompleteColumn(),
        bars_of_rich.TextColumn("剩余"),
        bars_of_rich.TimeRemainingColumn(),
    )
    # Rich would otherwise take what is printed on stdout meanwhile and show it on stderr.
    bars = bars_of_rich.Progress(
        *columns,
        console=SafeConsole(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """A sign on stderr, while the block runs, that something is being done; on a terminal it moves."""
    if not sys.stderr.isatty():
        yield
        return
    from bot.rendering.safe_console import SafeConsole

    with SafeConsole(stderr=True).status(on_one_line(text)):
        yield


def line_report(now: Callable[[], float] = time.monotonic) -> Progress:
    """Progress as lines on stderr with the time left, one at most every ten seconds, for logs and pipes."""
    last = now()
    firsts: dict[str, tuple[float, int]] = {}

    def report(stage: str, done: int, total: int) -> None:
        nonlocal last
        moment = now()
        begun, before = firsts.setdefault(stage, (moment, done))
        if moment - last < _LINE_EVERY_S:
            return
        last = moment
        left = (moment - begun) / (done - before) * (total - done) if before < done < total else 0.0
        notice(f"{STAGES.get(stage, stage)} {done}/{total}" + (f"，剩余约 {_duration(left)}" if left else ""))

    return report


def _duration(seconds: float) -> str:
    """A stretch of time in words, rounded up: 40 秒, 12 分钟, 2 小时 5 分钟."""
    if seconds <= 60:
        return f"{math.ceil(seconds)} 秒"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return (f"{hours} 小时 " if hours else "") + f"{minutes} 分钟"
