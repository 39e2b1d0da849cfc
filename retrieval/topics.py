"""The catalogue of named procedures and models in the corpus, each with the passage that explains it.

Derived from the documents of one version and dropped with it. A topic that is only mentioned stands
behind those that are explained, and says so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from retrieval.naming import Form, Naming, find_namings, folded, heading_name
from retrieval.normalise import match_key, numeral_value
from retrieval.records import SECTION_SEPARATOR, Audience, Passage
from retrieval.sentences import split_segments, split_sentences

if TYPE_CHECKING:
    from retrieval.snapshot import Snapshot
    from retrieval.store import Store

EXPLAINED = 0.5
"""From this clearness on a passage says what the topic is; below it only mentions it."""
# What has nothing of a procedure or model in its name must be defined outright to be a topic.
_CLEAR = 0.9
_FORM_WEIGHT: dict[Form, float] = {
    "quoted": 1.0,
    "counted": 1.0,
    "headed": 0.9,
    "defined": 0.5,  # mostly of bodies and notions, which every text defines
    "listed": 0.8,
    "regular": 0.8,
    "compound": 0.6,
}
_MENTIONS_THAT_COUNT = 4
_CORE_CHARS_MIN = 4


@dataclass(frozen=True, slots=True)
class Topic:
    """A named procedure or model.

    ``passage`` explains it best and ``passage.document`` holds the sentence at ``[start, end)``; ``names``
    are other forms of the name, ``mentions`` the number of passages that use any of them. ``score`` is from
    0 to 1, higher is better; ``is_explained`` is false where the name is only mentioned.
    """

    name: str
    names: tuple[str, ...]
    passage: Passage
    start: int
    end: int
    mentions: int
    score: float
    is_explained: bool

    @property
    def quote(self) -> str:
        """The sentence that names the topic, verbatim."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


class TopicCatalogue:
    """The topics of a store's current version; computed once a version and kept in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._version = ""
        self._topics: dict[frozenset[Audience], tuple[Topic, ...]] = {}

    def topics(self, audiences: Collection[Audience]) -> tuple[str, tuple[Topic, ...]]:
        """The version's name and its topics, best first, from documents that these audiences may see.

        EmptyCorpus when nothing has been ingested.
        """
        wanted = frozenset(audiences)
        with self._store.snapshot(wanted) as snapshot, self._lock:
            if self._version != snapshot.index_version:
                self._version, self._topics = snapshot.index_version, {}
            if wanted not in self._topics:
                self._topics[wanted] = tuple(collect_topics(list(_passages(snapshot))))
            return self._version, self._topics[wanted]


def matching(topics: Sequence[Topic], pattern: str) -> list[Topic]:
    """The topics that a pattern names, then those whose sentence holds it; all for an empty pattern."""
    wanted = match_key(pattern)
    by_name = [t for t in topics if any(wanted in match_key(name) for name in (t.name, *t.names))]
    rest = [t for t in topics if t not in by_name and wanted in match_key(t.quote)]
    return [*by_name, *rest]


def collect_topics(documents: Sequence[tuple[str, Sequence[Passage]]]) -> list[Topic]:
    """The topics of documents, given as text and passages in reading order; best first."""
    groups: dict[tuple[str, str], list[_Occurrence]] = defaultdict(list)
    for text, passages in documents:
        for found in _occurrences(text, passages):
            groups[match_key(found.naming.core), found.naming.head[-2:]].append(found)
    kept = [group for group in _merged(groups) if _is_topic(group)]
    counted = _mentions(kept, (passage for _, passages in documents for passage in passages))
    topics = [_topic(group, mentions) for group, mentions in zip(kept, counted, strict=True)]
    return sorted(topics, key=lambda t: (-t.score, t.passage.document.source, t.start))


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """A name in a passage; ``clearness`` from 0 to 1 says how well the passage explains it there."""

    naming: Naming
    passage: Passage
    clearness: float
    sentence: tuple[int, int]


def _passages(snapshot: Snapshot) -> Iterator[tuple[str, list[Passage]]]:
    for info in snapshot.documents():
        rowids = snapshot.document_passages(info.id)
        passages = snapshot.passages(rowids)
        yield snapshot.document_text(info.id), [passages[rowid] for rowid in rowids]


def _occurrences(text: str, passages: Sequence[Passage]) -> Iterator[_Occurrence]:
    starts = [passage.start for passage in passages]
    plain = folded(text)
    for naming in find_namings(text):
        at = bisect_right(starts, naming.start) - 1
        if at >= 0 and naming.end <= passages[at].end:
            yield _located(naming, passages[at], plain)
    yield from _headed(passages)


def _headed(passages: Sequence[Passage]) -> Iterator[_Occurrence]:
    """The names that headings give, each in the first passage below the heading."""
    seen: set[tuple[str, str]] = set()
    for passage in passages:
        path = passage.section.split(SECTION_SEPARATOR)
        for depth, heading in enumerate(path, start=1):
            name = heading_name(heading)
            place = (SECTION_SEPARATOR.join(path[:depth]), name)
            if name and place not in seen:
                seen.add(place)
                naming = Naming(passage.start, passage.start, name, name, "", "compound", True)
                yield _Occurrence(naming, passage, 0.8, _first_sentence(passage))


def _first_sentence(passage: Passage) -> tuple[int, int]:
    """The first sentence that is more than a heading, as offsets of the document."""
    spans = split_sentences(passage.text)
    start, end = next((s for s in spans if s[1] - s[0] > 24), spans[0])
    return passage.start + start, passage.start + end


def _located(naming: Naming, passage: Passage, plain: str) -> _Occurrence:
    """A name with the sentence it stands in; a long sentence that explains it before is cut at its ``;``."""
    sentences = split_sentences(plain, passage.start, passage.end)
    at = _containing(sentences, naming.start)
    start, end = sentences[at]
    clearness = _clearness(naming, plain, sentences[at], is_opening=naming.start - passage.start < 40)
    segment = split_segments(plain, start, end)
    narrow = segment[_containing(segment, naming.start)]
    before = plain[max(narrow[0], naming.start - _REACH) : naming.start]
    if _BEFORE_DEFINING.search(before) or _BEFORE_BUILDING.search(before):
        start, end = narrow
    elif _needs_next(naming, plain) and at + 1 < len(sentences):
        end = sentences[min(at + (2 if end - start < 40 else 1), len(sentences) - 1)][1]
    return _Occurrence(naming, passage, clearness, (start, end))


def _containing(spans: Sequence[tuple[int, int]], position: int) -> int:
    return max(0, bisect_right([start for start, _ in spans], position) - 1)


def _needs_next(naming: Naming, plain: str) -> bool:
    return naming.form == "listed" or bool(_NEXT_SAYS_HOW.match(plain, naming.end, naming.end + 40))


_AFTER_DEFINING = re.compile(
    r"^(?:\([^)]{1,30}\))?\s*(?:——|是指|指的是|系指|,?即[:,]?|:(?=\s*\S)|是(?![否不非])[^。]{6,})"
)
_BEFORE_DEFINING = re.compile(r"(?<![可所加予难])以[^。]{2,120}为[^。,]{1,30}的$")
_BEFORE_BUILDING = re.compile(
    r"(?:通过|面向|针对|按照|依托|(?<![可所加予难])以|挖掘|把)[^。;]{8,}"
    r"(?:建立|创建|形成|实行|探索|推行|创新|打造|构建)[^。;,]{0,8}$"
)
_FOLLOWED = re.compile(r"(?!为)[^,。;、:“]{0,4},(?P<next>[^。]{12,})")
_NEXT_SAYS_HOW = re.compile(r"[^。;、“]{0,12}。\s?(?:主要|具体|要求|做法|即|其|第一|一是|首先)")
_SERIES = re.compile(
    ".{0,4}?(?:建立|健全|完善|严肃|深化|加强|推进|实行|推行|强化|落实|规范|严格|坚持|执行|履行|维护|贯彻)"
)
_PURPOSE = re.compile("增强|确保|提高|提升|为|促进|使|切实|不断|进一步|有效|推动")


def _clearness(naming: Naming, plain: str, sentence: tuple[int, int], *, is_opening: bool) -> float:
    """How well the words around a name say what it is: 1 a definition, 0 a mere mention."""
    if naming.form in ("headed", "defined", "listed", "counted"):
        return 1.0
    if naming.form == "regular":
        return 0.9
    before = plain[max(sentence[0], naming.start - _REACH) : naming.start]
    after = plain[naming.end : naming.end + _REACH]
    if _AFTER_DEFINING.match(after) or "(即" in plain[naming.start : naming.end]:
        return 1.0
    if _BEFORE_DEFINING.search(before) or _has_members(naming.core, before, after):
        return 0.95
    if re.search(r"[、和与及]$", before) or re.match(r"[、和]|等", after):
        return 0.1
    if _BEFORE_BUILDING.search(before):
        return 0.8
    return _followed(naming, after) + (0.15 if is_opening else 0.0)


def _followed(naming: Naming, after: str) -> float:
    """How well what follows a name tells of it."""
    if _NEXT_SAYS_HOW.match(after):
        return 0.7
    behind = _FOLLOWED.match(after)
    if behind is None:
        return 0.2
    if _SERIES.match(behind["next"]):
        return 0.1
    # After a slogan such as “三严三实” a comma goes on to something else.
    is_slogan = naming.form == "quoted" and not naming.is_named_kind
    return 0.3 if is_slogan or _PURPOSE.match(behind["next"]) else 0.5


# How far around a name its explanation is looked for.
_REACH = 700
_LEADING_COUNT = re.compile("(?P<count>[两三四五六七八九十])(?P<measure>个|种|项|级|大|类)?")
_JOINS = re.compile("[和与及]$")
_PAIR = re.compile(r"(?P<count>[一两二三四五六七八九十])(?P<what>[\u4e00-\u9fff])")


def _has_members(core: str, before: str, after: str) -> bool:
    """Whether as many members stand around a name as it counts: 四有四述, 五种服务模式, 三级协调机制."""
    leading = _LEADING_COUNT.match(core)
    if leading is None:
        return False
    count = _number(leading["count"])
    if not _JOINS.search(before) and re.search(
        rf"(?:[^,。;、:“”]{{1,16}}、){{{count - 1}}}[^,。;、:“”]{{1,16}}等?$", before
    ):
        return True
    if leading["measure"]:
        # Each member of 五种服务模式 is called a 模式 again.
        return count > 2 and leading["measure"] != "个" and after.count(core[-2:]) == count
    pairs = [(_number(m["count"]), m["what"]) for m in _PAIR.finditer(core)]
    around = before[-120:] + after
    return (
        max(n for n, _ in pairs) > 2 and all(around.count(what) >= n for n, what in pairs) if pairs else False
    )


def _number(numeral: str) -> int:
    return 2 if numeral == "两" else numeral_value(numeral)


def _merged(groups: dict[tuple[str, str], list[_Occurrence]]) -> Iterator[list[_Occurrence]]:
    """Occurrences by topic: a bare name joins the only fuller form of it, a name its longer form."""
    heads: dict[str, list[str]] = defaultdict(list)
    for core, head in groups:
        heads[core].append(head)
    for core, forms in heads.items():
        fuller = [head for head in forms if head]
        if "" in forms and len(fuller) == 1:
            groups[core, fuller[0]] += groups.pop((core, ""))
    longer = {core[cut:]: core for core in heads for cut in range(1, len(core) - _CORE_CHARS_MIN + 1)}
    for core, head in list(groups):
        target = (longer.get(core, ""), head)
        if len(core) >= _CORE_CHARS_MIN and target in groups and target != (core, head):
            groups[target] += groups.pop((core, head))
    yield from groups.values()


def _best(group: Sequence[_Occurrence]) -> _Occurrence:
    """The place that explains a name best; of two alike the one with its full form, then the first."""
    return max(
        group,
        key=lambda o: (o.clearness, bool(o.naming.head), _FORM_WEIGHT[o.naming.form], -o.passage.start),
    )


def _is_topic(group: Sequence[_Occurrence]) -> bool:
    return any(o.naming.is_model for o in group) or _best(group).clearness >= _CLEAR


_MARKS = re.compile('[“”"]')
_PREFIX_CHARS = 3


def _mentions(groups: Sequence[Sequence[_Occurrence]], passages: Iterable[Passage]) -> list[int]:
    """In how many passages each group's names stand, quotation marks aside."""
    starts: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for index, group in enumerate(groups):
        for form in _printed_forms(group):
            starts[form[:_PREFIX_CHARS]].append((form, index))
    found = [{o.passage.id for o in group} for group in groups]
    for passage in passages:
        plain = _MARKS.sub("", folded(passage.text))
        for at in range(len(plain) - _PREFIX_CHARS + 1):
            for form, index in starts.get(plain[at : at + _PREFIX_CHARS], ()):
                if plain.startswith(form, at):
                    found[index].add(passage.id)
    return [len(ids) for ids in found]


def _printed_forms(group: Sequence[_Occurrence]) -> set[str]:
    forms = {_MARKS.sub("", o.naming.label) for o in group}
    forms |= {o.naming.core for o in group if len(o.naming.core) >= _CORE_CHARS_MIN}
    return {form for form in forms if len(form) >= _PREFIX_CHARS}


def _topic(group: Sequence[_Occurrence], mentions: int) -> Topic:
    best = _best(group)
    labels = list(dict.fromkeys(o.naming.label for o in [best, *group]))
    form = max(_FORM_WEIGHT[o.naming.form] for o in group)
    spread = min(mentions, _MENTIONS_THAT_COUNT) / _MENTIONS_THAT_COUNT
    return Topic(
        name=labels[0],
        names=tuple(labels[1:]),
        passage=best.passage,
        start=best.sentence[0],
        end=best.sentence[1],
        mentions=mentions,
        score=round(0.6 * best.clearness + 0.3 * form + 0.1 * spread, 4),
        is_explained=best.clearness >= EXPLAINED,
    )
