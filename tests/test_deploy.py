"""The examples of ``deploy``: what they name exists, and systemd takes the unit."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import setting_fields

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"


def test_every_setting_that_is_named_exists() -> None:
    named = {
        name
        for path in DEPLOY.iterdir()
        for name in re.findall(r"DANGWU_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    assert named and named <= setting_fields().keys()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "dangwu-bot.service").read_text(encoding="utf-8")
    unit = tmp_path / "dangwu-bot.service"
    unit.write_text(text.replace("/opt/dangwu/bin/dangwu", sys.executable), encoding="utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


def test_the_image_is_built_from_every_package() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert not {"bot", "retrieval", "ingest", "prompts", "seeds", "README.md", "LICENSE"} & set(ignored)
    assert {".env", "data"} <= set(ignored)
