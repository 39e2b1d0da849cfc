"""What a report says, before it takes any shape: frozen records, everything in them already chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.reporting.comparison import Comparison
from ingest.comparing.rewording import Rewording
from retrieval.editions import Missing
from retrieval.snapshot import Holding, Version


@dataclass(frozen=True, slots=True)
class Tally:
    """How many documents are alike in one respect; ``name`` is empty where it is not known."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The corpus in numbers. Those before ``edited`` and the tallies count documents that are served.

    ``edited`` and ``internal`` count quarantined ones as well.
    """

    served: int
    passages: int
    kinds: tuple[Tally, ...]
    statuses: tuple[Tally, ...]
    years: tuple[Tally, ...]
    edited: int
    internal: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of the corpus with the status it has there, and its texts side by side where they differ.

    ``comparison`` is ``None`` where nothing was edited, and where the report had no room for it.
    """

    holding: Holding
    comparison: Comparison | None = None

    @property
    def title(self) -> str:
        """What to call it: its title, or its source where it has none."""
        return self.holding.info.title or self.holding.info.source

    @property
    def has_details(self) -> bool:
        """Whether there is more to tell than a line of the list holds."""
        return self.comparison is not None or bool(self.holding.warnings)

    @property
    def is_internal(self) -> bool:
        return self.holding.info.audience == "内部"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that the last ingest could not read, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that was refused, with the titles that came nearest."""

    question: str
    count: int
    last_at: datetime
    nearest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rated:
    """A question whose answer people judged: the votes by verdict, and the titles that were cited."""

    question: str
    is_refused: bool
    votes: tuple[Tally, ...]
    asked_at: datetime
    cited: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody wrote to the maintainers."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Voices:
    """What people asked in vain, judged and wrote; ``left_out`` has a sentence for what found no room.

    Questions asked most, answers that were faulted and the latest remarks come first. ``refused`` is the
    number of all unanswered questions, ``votes`` counts all votes on the answers by verdict.
    """

    refused: int = 0
    unanswered: tuple[Unanswered, ...] = ()
    votes: tuple[Tally, ...] = ()
    rated: tuple[Rated, ...] = ()
    remarks: tuple[Remark, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trend:
    """The figures of one question file over the versions it was tried on, oldest first.

    ``metrics`` has for each metric that ever applied one share for each of ``versions``, or ``None``.
    """

    questions: str
    n: int
    versions: tuple[str, ...]
    metrics: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class VersionChanges:
    """A version, and the documents that it worded otherwise than the version before, by title."""

    version: str
    at: datetime
    documents: tuple[tuple[str, Rewording], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report. ``left_out`` holds a Chinese sentence for everything that found no room.

    ``repairs`` count edits by cleaning step, most frequent first. ``voices`` are of the time since
    ``published_at``. ``missing`` are known editions in force that the corpus lacks, ``rewordings`` what the
    latest versions worded otherwise, newest first. All moments are in the time zone of ``made_at``.
    """

    made_at: datetime
    published_at: datetime
    version: Version
    is_public: bool
    overview: Overview
    repairs: tuple[Tally, ...]
    entries: tuple[Entry, ...]
    quarantined: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...]
    voices: Voices
    trends: tuple[Trend, ...]
    left_out: tuple[str, ...]
    missing: tuple[Missing, ...] = ()
    rewordings: tuple[VersionChanges, ...] = ()
