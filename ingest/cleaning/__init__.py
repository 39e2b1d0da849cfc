"""Cleaning: raw text -> the text as a careful editor would leave it, with every repair listed.

The work is a table of small named steps (``steps``), run to a fixed point on traced text (``trace``), so
that each edit can be shown, undone and mapped back to the raw text. What looks wrong and was left alone is
reported (``checks``).
"""

# No ``from __future__ import annotations`` here: the name would hide the module ``annotations``.
import logging

from ingest.cleaning.checks import quarantine_reason, warnings_of
from ingest.cleaning.steps import run
from ingest.cleaning.titles import own_title
from ingest.cleaning.trace import Origins, apply_edits, undo_edits
from ingest.records import CleanedDocument, RawDocument

__all__ = ["Origins", "apply_edits", "clean", "undo_edits"]

_log = logging.getLogger(__name__)


def clean(raw: RawDocument, *, name: str = "") -> CleanedDocument:
    """The document cleaned, with its edits, warnings and, where it must be held back, the reason.

    The result depends on ``raw`` alone; ``name`` only appears in the log. ``title`` is the title line that
    the text has, or empty; ``metadata`` is handed through. Never raises, whatever the text.
    """
    traced = run(raw.text)
    edits = traced.edits()
    _log.debug("cleaned %s: %d edits, %d characters left", name or "a document", len(edits), len(traced.text))
    return CleanedDocument(
        title=own_title(traced.text),
        text=traced.text,
        raw=raw.text,
        metadata=dict(raw.metadata),
        edits=edits,
        warnings=(*raw.warnings, *warnings_of(traced.text)),
        quarantine=quarantine_reason(traced.text, edits),
        format=raw.format,
        encoding=raw.encoding,
    )
