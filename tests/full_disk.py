"""Disks that take nothing: a real file system without a free byte, and a limit that forbids every write."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

_FILLING = ".filling"


class FullFileSystem:
    """A small file system of its own, mounted at ``home``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.options: dict[str, Any] = {}

    def fill(self, *pids: int) -> None:
        """Leave not one byte free."""
        with (self.home / _FILLING).open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass
        assert shutil.disk_usage(self.home).free == 0

    def free(self, *pids: int) -> None:
        """Make room again."""
        (self.home / _FILLING).unlink()


class ForbiddenWrites:
    """A limit on processes: those started with ``options`` and the ones named may write to no file."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.options: dict[str, Any] = {"preexec_fn": _forbid}

    def fill(self, *pids: int) -> None:
        """Forbid it to running processes."""
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def free(self, *pids: int) -> None:
        """Allow it again."""
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _forbid() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


Disk = FullFileSystem | ForbiddenWrites


@pytest.fixture(params=["no byte free", "no writes"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Each kind of full disk; a file system only where one may be mounted."""
    home = tmp_path / "disk"
    home.mkdir()
    if request.param == "no writes":
        yield ForbiddenWrites(home)
        return
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", home], capture_output=True)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield FullFileSystem(home)
    finally:
        subprocess.run(["umount", "-l", home], check=True)
