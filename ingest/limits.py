"""What one document may take in a process of its own: seconds of computing, and memory.

Both are the system's own limits where it has them, so that they hold inside of foreign code as well. Time is
that of the processor: on a busy machine nothing is refused for waiting.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from ingest.loaders.recognition import OLE_MAGIC, PACKED_TAR_MAGIC, PICTURE_MAGIC, ZIP_MAGIC
from ingest.loaders.refusals import SPLIT_REMEDY
from retrieval.errors import SourceError

SECONDS_MAX = 45
# What does not listen to the signal is ended by the system.
_SECONDS_HARD = 55
MEMORY_MAX_BYTES = 1_000_000_000
# Text in whatever encoding may be decoded anywhere; a zip, a container of old Office, PDF, RTF, pictures and
# packed files take a parser.
_PARSED = (ZIP_MAGIC, OLE_MAGIC, b"%PDF-", b"{\\rtf", *PICTURE_MAGIC, *PACKED_TAR_MAGIC)


def starts_like_binary(path: Path) -> bool:
    """Whether a file begins like one that takes a parser; OSError where it cannot be read."""
    with path.open("rb") as file:
        head = file.read(1024)
    return head.startswith(_PARSED) or b"%PDF-" in head


def limit_memory() -> None:
    """Bound what this process may take from now on; nothing where the system has no such limit."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MAX_BYTES, hard))


@contextmanager
def seconds_limited() -> Iterator[None]:
    """SourceError in the block once it has computed for too long; the process ends if that is not heard."""
    if sys.platform == "win32":
        yield
        return
    import resource

    before = signal.signal(signal.SIGPROF, _stop)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + _SECONDS_HARD, hard))
    signal.setitimer(signal.ITIMER_PROF, SECONDS_MAX)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SourceError(f"处理超过 {SECONDS_MAX} 秒，可能是异常文件。", remedy=SPLIT_REMEDY)
