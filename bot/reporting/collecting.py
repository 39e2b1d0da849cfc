"""Reading a report's content from the data folder: one version, its figures, what people said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from bot.feedback import read_feedback
from bot.reporting.changes import recent_rewordings
from bot.reporting.comparison import compare
from bot.reporting.content import Entry, Overview, Report, Tally, Trend, Unreadable
from bot.reporting.voices import collect_voices
from ingest.cleaning import undo_edits
from ingest.cleaning.trace import STEP_SEPARATOR
from ingest.decrees import KINDS, STATUSES
from ingest.records import Edit
from retrieval.authority import Register
from retrieval.evaluation import METRICS
from retrieval.figures import Figures, recorded_evaluations
from retrieval.history import past_versions
from retrieval.registers import make_for
from retrieval.retriever import EVERYONE, STAFF
from retrieval.snapshot import Holding, Snapshot
from retrieval.store import Store

COMPARED_CHARS = 1_500_000
"""What all comparisons cost together: some 5 MB of HTML, which a phone still opens."""
COMPARED_CHARS_EACH = 150_000
COMPARED_CHARS_EACH_MIN = 2_000
ENTRIES_MAX = 2_000
YEARS_MAX = 12
TRENDS_MAX = 4
VERSIONS_MAX = 12
_DAMAGED = "有资料在资料库里的内容已经损坏，没有列出；见 dangwu doctor。"


def collect_report(store: Store, *, made_at: datetime, is_public: bool = False) -> Report:
    """The report on the current version; ``made_at`` is aware, and its zone that of all moments.

    ``is_public`` leaves out internal and quarantined documents, what was asked near them, and what people
    wrote. EmptyCorpus where there is no version yet.
    """
    with store.snapshot(EVERYONE if is_public else STAFF) as snapshot:
        version = snapshot.info
        register = make_for(snapshot, made_at.date().isoformat(), store.data_dir)
        held = _held(snapshot, register, is_public)
        listed = sorted(held, key=lambda each: each.quarantine is None)[:ENTRIES_MAX]
        entries = list(_entries(snapshot, listed))
        repairs = _repairs(snapshot, held)
        damaged = [_DAMAGED] if snapshot.is_damaged else []
    published_at = datetime.fromisoformat(version.created_at).astimezone(made_at.tzinfo)
    feedback = read_feedback(store.data_dir, since=published_at)
    served = [each for each in held if each.quarantine is None]
    voices = collect_voices(feedback, [each.info for each in served], made_at.tzinfo, is_public=is_public)
    trends, untried = _trends(recorded_evaluations(store))
    return Report(
        made_at=made_at,
        published_at=published_at,
        version=version,
        is_public=is_public,
        overview=_overview(held, served),
        repairs=repairs,
        entries=tuple(each for each in entries if each.holding.quarantine is None),
        quarantined=tuple(each for each in entries if each.holding.quarantine is not None),
        unreadable=() if is_public else _unreadable(store),
        voices=voices,
        trends=trends,
        missing=tuple(register.missing.values()),
        rewordings=recent_rewordings(store, [each.info for each in served], is_public=is_public),
        left_out=(*damaged, *_bounds(held, entries), *voices.left_out, *untried),
    )


def _unreadable(store: Store) -> tuple[Unreadable, ...]:
    """What the ingest before this version, or the one that made it, could not read."""
    ingests = (each for each in past_versions(store) if each.action == "ingest")
    last = next(ingests, None)
    return tuple(
        Unreadable(str(each["source"]), str(each["reason"]))
        for each in (last.documents if last else ())
        if each["change"] == "broken"
    )


def _overview(held: Sequence[Holding], served: Sequence[Holding]) -> Overview:
    return Overview(
        served=len(served),
        passages=sum(each.passages for each in served),
        kinds=_tally((each.info.metadata.get("kind", "") for each in served), KINDS),
        statuses=_tally((each.info.status for each in served), STATUSES),
        years=_years(each.info.metadata.get("date", "")[:4] for each in served),
        edited=sum(bool(each.edits) for each in held),
        internal=sum(each.info.audience not in EVERYONE for each in held),
        quarantined=len(held) - len(served),
    )


def _held(snapshot: Snapshot, register: Register, is_public: bool) -> list[Holding]:
    """The documents to tell of, each with the status that it has among those that its readers may see."""
    return [
        replace(each, info=register.effective(each.info))
        for each in snapshot.holdings()
        # What cannot be read may be a document for internal use, and nobody has been shown it.
        if not (is_public and each.quarantine is not None)
    ]


def _tally(names: Iterable[str], order: Sequence[str]) -> tuple[Tally, ...]:
    """The counts by name, in the given order; unlisted names follow, unknown ones come last."""
    counts = Counter(names)
    unknown = counts.pop("", 0)
    ranked = sorted(counts, key=lambda name: (order.index(name) if name in order else len(order), name))
    return tuple(Tally(name, counts[name]) for name in ranked) + ((Tally("", unknown),) if unknown else ())


def _years(years: Iterable[str]) -> tuple[Tally, ...]:
    """The counts by year, latest first; what lies further back is one sum."""
    counts = Counter(years)
    unknown = counts.pop("", 0)
    latest = sorted(counts, reverse=True)
    tallies = [Tally(year, counts[year]) for year in latest[:YEARS_MAX]]
    if earlier := sum(counts[year] for year in latest[YEARS_MAX:]):
        tallies.append(Tally(f"{latest[YEARS_MAX - 1]} 以前", earlier))
    return (*tallies, *([Tally("", unknown)] if unknown else []))


def _edits(snapshot: Snapshot, holding: Holding) -> list[Edit]:
    return [Edit(**edit) for edit in snapshot.document_edits(holding.info.id)]


def _repairs(snapshot: Snapshot, held: Sequence[Holding]) -> tuple[Tally, ...]:
    """How often each cleaning step made an edit, alone or with others."""
    steps = Counter(
        name
        for each in held
        if each.edits
        for edit in _edits(snapshot, each)
        for name in edit.step.split(STEP_SEPARATOR)
    )
    return tuple(Tally(name, count) for name, count in steps.most_common())


def _entries(snapshot: Snapshot, listed: Sequence[Holding]) -> Iterator[Entry]:
    """The documents with their comparisons while there is room, of which each gets about the same share."""
    edited = sum(bool(each.edits) for each in listed)
    share = max(COMPARED_CHARS_EACH_MIN, min(COMPARED_CHARS_EACH, COMPARED_CHARS // max(1, edited)))
    room = COMPARED_CHARS
    for each in listed:
        comparison = None
        if each.edits and room > 0:
            edits = _edits(snapshot, each)
            comparison = compare(undo_edits(snapshot.document_text(each.info.id), edits), edits, share)
            room -= comparison.cost
        yield Entry(each, comparison)


def _bounds(held: Sequence[Holding], entries: Sequence[Entry]) -> list[str]:
    """What of the documents found no room."""
    left_out = []
    if len(held) > len(entries):
        left_out.append(f"资料共 {len(held)} 份，只列出 {len(entries)} 份。")
    if more := sum(each.comparison is None and bool(each.holding.edits) for each in entries):
        left_out.append(f"有改动的资料里，{more} 份的对照没有放进来，可用 dangwu show --edits 逐份查看。")
    if parts := sum(each.comparison is not None and not each.comparison.is_whole for each in entries):
        left_out.append(f"{parts} 份较长的资料只列出改动前后的文字，没有改动的部分略去。")
    return left_out


def _trends(figures: Sequence[Figures]) -> tuple[tuple[Trend, ...], list[str]]:
    """A trend for each question file, the one evaluated last first, and what that leaves out."""
    groups = [list(group) for _, group in groupby(figures, key=lambda each: (each.questions, each.digest))]
    groups.sort(key=lambda group: max(each.at for each in group), reverse=True)
    more = len(groups) - TRENDS_MAX
    left_out = [f"另有 {more} 个较早评测过的题目文件，没有列出。"] if more > 0 else []
    return tuple(_trend(group[-VERSIONS_MAX:]) for group in groups[:TRENDS_MAX]), left_out


def _trend(group: Sequence[Figures]) -> Trend:
    found: Mapping[str, tuple[float | None, ...]] = {
        metric: tuple(each.metrics.get(metric) for each in group)
        for metric in METRICS
        if any(metric in each.metrics for each in group)
    }
    return Trend(group[-1].questions, group[-1].n, tuple(each.index_version for each in group), found)
