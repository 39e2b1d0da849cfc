"""Rich's console, made safe for text from anywhere."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bot.rendering.legible import printable


class SafeConsole(Console):
    """A console on which no text is markup, a link or a command to the terminal, whatever it holds."""

    def __init__(self, *, width: int | None = None, stderr: bool = False) -> None:
        super().__init__(highlight=False, emoji=False, markup=False, width=width, stderr=stderr)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments, which are all that is written, their text ``printable``."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable(text), style, control)

    def on_broken_pipe(self) -> None:
        """Rich would end the process here; who runs the command knows what a closed pipe means."""
        raise BrokenPipeError
