"""The outcome of a change to the corpus, as a table or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.cli.console import print_json, show

if TYPE_CHECKING:
    from ingest.report import IngestReport


def tell(outcome: IngestReport, *, as_json: bool, **more: Any) -> None:
    """Print what changed; ``more`` are further keys of the JSON document."""
    if as_json:
        print_json(outcome.as_json() | more)
        return
    from bot.rendering.report import render_report

    show(render_report(outcome))
