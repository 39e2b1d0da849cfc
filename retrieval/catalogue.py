"""The topics of the corpus: what each document names is kept beside it, so that no text is read twice."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import astuple, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from retrieval import naming, sentences, topics
from retrieval.checksums import NAMING
from retrieval.effect import NOT_IN_FORCE
from retrieval.lexical import count_holding
from retrieval.naming import Naming
from retrieval.registers import make_for
from retrieval.topics import Occurrence, Span, Topic, collect_topics, find_occurrences

if TYPE_CHECKING:
    from retrieval.authority import Register
    from retrieval.records import Audience
    from retrieval.snapshot import Snapshot
    from retrieval.store import Store

NAMED_AT_ONCE = 200


class TopicCatalogue:
    """The topics of a store's current version; collected once a version and day, and kept in memory.

    ``today`` gives the day on which they are read: what is in force explains them first.
    """

    def __init__(self, store: Store, today: Callable[[], datetime.date] = datetime.date.today) -> None:
        self._store = store
        self._today = today
        self._lock = Lock()
        self._version = ("", "")
        self._topics: dict[frozenset[Audience], tuple[Topic, ...]] = {}

    def topics(self, audiences: Collection[Audience]) -> tuple[str, tuple[Topic, ...]]:
        """The version's name and its topics, best first, from documents that these audiences may see.

        EmptyCorpus when nothing has been ingested.
        """
        wanted = frozenset(audiences)
        with self._store.snapshot(wanted) as snapshot, self._lock:
            version, day = snapshot.index_version, self._today().isoformat()
            if self._version != (version, day):
                self._version, self._topics = (version, day), {}
            if wanted not in self._topics:
                self._topics[wanted] = tuple(
                    _collected(snapshot, make_for(snapshot, day, self._store.data_dir))
                )
            return version, self._topics[wanted]


def unnamed(store: Store, revisions: Collection[int]) -> list[int]:
    """Those of these revisions of which it is not known what they name, as this program sees it."""
    with store.reading() as connection:
        rows = connection.execute("SELECT revision_id FROM namings WHERE made_by = ?", (_maker(),))
        return sorted(set(revisions) - {row[0] for row in rows})


def keep_namings(store: Store, revisions: Collection[int]) -> None:
    """Find what these revisions name, and keep it."""
    with store.writing() as connection:
        rows = connection.execute(
            "SELECT r.id, r.text, p.id, p.start, p.stop, p.section FROM revisions r"
            " LEFT JOIN passages p ON p.revision_id = r.id"
            " WHERE r.id IN (SELECT value FROM json_each(?)) ORDER BY r.id, p.ordinal",
            (json.dumps(list(revisions)),),
        ).fetchall()
        connection.executemany(
            "INSERT OR REPLACE INTO namings (revision_id, made_by, found) VALUES (?, ?, ?)",
            [(revision, _maker(), _written(found)) for revision, found in _found(rows)],
        )
        connection.execute(f"UPDATE namings AS n SET checksum = {NAMING} WHERE n.checksum IS NULL")  # nosec B608 # our own SQL alone


def _collected(snapshot: Snapshot, register: Register) -> list[Topic]:
    dead = (each.id for each in snapshot.documents() if register.state(each) in NOT_IN_FORCE)
    return collect_topics(
        _occurrences(snapshot),
        lambda rowids: {at: register.shown(each) for at, each in snapshot.passages(rowids).items()},
        lambda names: count_holding(snapshot, names),
        {rowid for document_id in dead for rowid in snapshot.document_passages(document_id)},
    )


def _occurrences(snapshot: Snapshot) -> Iterator[Occurrence]:
    """What the documents of a snapshot name; read anew where that is not kept."""
    unknown = []
    for revision, found in snapshot.namings(_maker()):
        if found is None:
            unknown.append(revision)
        else:
            yield from _read(found)
    for _, occurrences in _found(snapshot.texts_with_passages(unknown)):
        yield from occurrences


def _found(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, list[Occurrence]]]:
    """What each revision names, of rows of (revision, text, passage, start, stop, section)."""
    for (revision, text), members in groupby(rows, key=lambda row: row[:2]):
        passages = [row[2:] for row in members if row[2] is not None]
        found = find_occurrences(text, [Span(*each[1:]) for each in passages])
        yield revision, [replace(each, place=passages[each.place][0]) for each in found]


def _written(occurrences: Iterable[Occurrence]) -> str:
    rows = [(each.place, each.clearness, each.sentence, astuple(each.naming)) for each in occurrences]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _read(found: str) -> Iterator[Occurrence]:
    for place, clearness, (start, end), name in json.loads(found):
        yield Occurrence(Naming(*name), place, clearness, (start, end))


@cache
def _maker() -> str:
    """Names the program that finds names: what an older one found is found anew."""
    digest = hashlib.sha256()
    for module in (naming, sentences, topics):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]
