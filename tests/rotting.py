"""Flipping bits in stored files, and asking in processes of their own: rot may end a process outright.

``FLIPS=500 python -m pytest tests/bot/test_rot.py tests/retrieval/test_vector_rot.py`` flips that many;
without it a few, always the same.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

FLIPS = int(os.environ.get("FLIPS", "0"))
_LIMIT_S = 120.0

T = TypeVar("T")


def flip_bit(path: Path, draw: random.Random, at: int | None = None) -> str:
    """Flip one bit, anywhere or in a given byte; tells which."""
    size = path.stat().st_size
    at = draw.randrange(size) if at is None else at
    bit = draw.randrange(8)
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ (1 << bit)]))
    return f"{path.name} byte {at} bit {bit}"


def apart(work: Callable[..., T], *arguments: Any) -> tuple[int | None, T | None]:
    """How a process of its own ended (a signal is negative), and what it gave back."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.rotting_warm"])
    theirs, ours = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(ours, work, arguments))
    process.start()
    ours.close()
    try:
        result = theirs.recv() if theirs.poll(_LIMIT_S) else None
    except EOFError:
        result = None
    process.join(_LIMIT_S)
    if process.exitcode is None:
        process.kill()
    return process.exitcode, result


def _report(ours: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    ours.send(work(*arguments))
