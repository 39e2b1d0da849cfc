"""How whatever serves is told to stop: by SIGINT or SIGTERM, the page and the bot alike."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def told_to_stop() -> Iterator[asyncio.Event]:
    """An event that is set when the process is told to stop, for as long as the block runs.

    Whoever sends a signal after the block does not want to wait for the stop: that one ends the process.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Some systems have no handlers of signals in the loop; there Ctrl-C cancels all this.
    with contextlib.suppress(NotImplementedError):
        for each in _SIGNALS:
            loop.add_signal_handler(each, told.set)
    try:
        yield told
    finally:
        with contextlib.suppress(NotImplementedError):
            for each in _SIGNALS:
                loop.remove_signal_handler(each)
