"""Running the program from tests, and reading what it printed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "社区党员议事会有哪五个议事程序？"
# Root reads and writes everything, unless it gives these up; then the tests of permissions hold for it too.
WITHOUT_PRIVILEGES = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
needs_permissions = pytest.mark.skipif(
    bool(WITHOUT_PRIVILEGES) and shutil.which("setpriv") is None, reason="root without setpriv"
)


def output(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.out, captured.err


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(output(capsys)[0])


def process(
    *args: str, prefix: Sequence[str] = (), model: str = "none", **options: Any
) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DANGWU_EMBEDDING__MODEL": model}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    return subprocess.Popen([*prefix, sys.executable, "-m", "bot", *args], **{**pipes, **options})


def unprivileged(*args: str) -> tuple[int, str, str]:
    """Status, stdout and stderr of one command for which permissions count."""
    with process(*args, prefix=WITHOUT_PRIVILEGES) as running:
        out, err = running.communicate(timeout=60)
    assert "Traceback" not in err
    return running.returncode, out, err
