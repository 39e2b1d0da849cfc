"""Measured tables inside benchmarks/README.md, each between its own two comment lines."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

README = Path(__file__).parent / "README.md"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, the first column to the left and the others to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def circumstances() -> str:
    """When and on what a benchmark ran, in a line: a busy machine shows in the figures."""
    now = datetime.now(UTC).date().isoformat()
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return f"{now}, {cores} cores, load {load:.1f}, Python {platform.python_version()}"


def write_section(name: str, body: str, readme: Path = README) -> None:
    """Replace what stands between the comment lines of ``name``; ValueError where they are missing."""
    text = readme.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not place.search(text):
        raise ValueError(f"{readme} has no lines <!-- {name} --> and <!-- /{name} -->")
    readme.write_text(place.sub(lambda m: f"{m[1]}{body.strip()}\n{m[2]}", text, count=1), encoding="utf-8")
