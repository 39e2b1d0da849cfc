"""The documents of the current version as a maintainer lists them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from retrieval.registers import make_for
from retrieval.retriever import STAFF
from retrieval.snapshot import Holding
from retrieval.store import Store

COLUMNS = ("id", "source", "title", "date", "issuer", "status", "audience", "format", "passages")
# Stands for the state of a document that is held back.
HELD_BACK = "隔离"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed down to; an empty field wants everything. Dates are the beginnings of such."""

    words: str = ""
    issuer: str = ""
    status: str = ""
    audience: str = ""
    format: str = ""
    since: str = ""
    until: str = ""


def listed(store: Store, wanted: Wanted) -> tuple[str, list[dict[str, Any]]]:
    """The current version's name, and a row of ``COLUMNS`` for each wanted document of it, by source.

    ``status`` is what the document has among the others, ``隔离`` for one that is held back.
    """
    with store.snapshot(STAFF) as snapshot:
        register = make_for(snapshot, datetime.date.today().isoformat(), store.data_dir)
        held = [replace(each, info=register.effective(each.info)) for each in snapshot.holdings()]
        return snapshot.info.name, _narrowed([_row(each) for each in held], wanted)


def _row(holding: Holding) -> dict[str, Any]:
    info = holding.info
    values: Sequence[Any] = (
        info.id,
        info.source,
        info.title,
        info.metadata.get("date", ""),
        info.metadata.get("issuer", ""),
        info.status if holding.quarantine is None else HELD_BACK,
        info.audience,
        holding.format,
        holding.passages,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _narrowed(rows: Iterable[dict[str, Any]], wanted: Wanted) -> list[dict[str, Any]]:
    words = wanted.words.casefold().split()
    return [
        row
        for row in rows
        if all(word in f"{row['source']}\n{row['title']}".casefold() for word in words)
        and wanted.issuer in row["issuer"]
        and all(getattr(wanted, key) in ("", row[key]) for key in ("status", "audience", "format"))
        and (not wanted.since or row["date"] >= wanted.since)
        # A day in the month that is the last wanted one lies in it.
        and (not wanted.until or "" < row["date"][: len(wanted.until)] <= wanted.until)
    ]
