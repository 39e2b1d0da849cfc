"""Where reports lie unless the maintainer puts them elsewhere."""

from __future__ import annotations

from pathlib import Path


def report_place(data_dir: Path, *, is_public: bool) -> Path:
    """The file of the report, or of the public one, in a data folder."""
    return data_dir / ("report-public.html" if is_public else "report.html")


def draft_place(report: Path) -> Path:
    """The file that takes a report's place when it is whole."""
    return report.with_name(f".{report.name}.part")
