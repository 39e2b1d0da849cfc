"""Named procedures and models in documents, each with the passage that explains it.

What a document names is found once, when it comes in; what the documents of a version name together is
collected from that. A topic that is only mentioned stands behind those that are explained, and says so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retrieval.naming import Form, Naming, find_namings, folded, heading_name
from retrieval.normalise import match_key, numeral_value
from retrieval.records import SECTION_SEPARATOR, Passage
from retrieval.sentences import split_segments, split_sentences

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


def matching(topics: Sequence[Topic], pattern: str) -> list[Topic]:
    """The topics that a pattern names, then those whose sentence holds it; all for an empty pattern."""
    wanted = match_key(pattern)
    by_name = [t for t in topics if any(wanted in match_key(name) for name in (t.name, *t.names))]
    rest = [t for t in topics if t not in by_name and wanted in match_key(t.quote)]
    return [*by_name, *rest]


class Span(NamedTuple):
    """A passage of a text by its offsets; ``section`` is the path of headings above it."""

    start: int
    end: int
    section: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name in a passage.

    ``place`` is the number of the passage, ``clearness`` from 0 to 1 says how well the passage explains the
    name there, ``sentence`` gives the offsets of the sentence that does.
    """

    naming: Naming
    place: int
    clearness: float
    sentence: tuple[int, int]


def find_occurrences(text: str, passages: Sequence[Span]) -> list[Occurrence]:
    """Every name that a document gives; ``passages`` are its own in reading order, ``place`` counts them."""
    starts = [passage.start for passage in passages]
    plain = folded(text)
    found = []
    for naming in find_namings(text):
        at = bisect_right(starts, naming.start) - 1
        if at >= 0 and naming.end <= passages[at].end:
            found.append(_located(naming, at, passages[at], plain))
    return [*found, *_headed(plain, passages)]


def collect_topics(
    occurrences: Iterable[Occurrence],
    passages: Callable[[Collection[int]], Mapping[int, Passage]],
    count_holding: Callable[[Collection[str]], int],
    lapsed: Collection[int] = frozenset(),
) -> list[Topic]:
    """The topics of documents, best first.

    ``place`` numbers passages over all documents here, and ``passages`` reads them; a topic whose passage it
    does not give is left out. ``count_holding`` tells
    how many hold any of some names, quotation marks aside. ``lapsed`` are the places whose text is not in
    force: they explain a name only where no other place does.
    """
    groups: dict[tuple[str, str], list[Occurrence]] = defaultdict(list)
    for each in occurrences:
        groups[match_key(each.naming.core), each.naming.head[-2:]].append(each)
    kept = [group for group in _merged(groups) if _is_topic(group)]
    chosen = [_best(group, lapsed) for group in kept]
    best = passages({each.place for each in chosen})
    topics = [
        _topic(each, group, best[each.place], count_holding(_printed_forms(group)))
        for each, group in zip(chosen, kept, strict=True)
        if each.place in best
    ]
    return sorted(topics, key=lambda t: (-t.score, t.passage.document.source, t.start))


def _headed(plain: str, passages: Sequence[Span]) -> Iterator[Occurrence]:
    """The names that headings give, each in the first passage below the heading."""
    seen: set[tuple[str, str]] = set()
    for at, passage in enumerate(passages):
        path = passage.section.split(SECTION_SEPARATOR)
        for depth, heading in enumerate(path, start=1):
            name = heading_name(heading)
            place = (SECTION_SEPARATOR.join(path[:depth]), name)
            if name and place not in seen:
                seen.add(place)
                naming = Naming(passage.start, passage.start, name, name, "", "compound", True)
                yield Occurrence(naming, at, 0.8, _first_sentence(plain, passage))


def _first_sentence(plain: str, passage: Span) -> tuple[int, int]:
    """The first sentence that is more than a heading, as offsets of the document."""
    spans = split_sentences(plain, passage.start, passage.end)
    return next((s for s in spans if s[1] - s[0] > 24), spans[0])


def _located(naming: Naming, place: int, passage: Span, plain: str) -> Occurrence:
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
    return Occurrence(naming, place, clearness, (start, end))


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


def _merged(groups: dict[tuple[str, str], list[Occurrence]]) -> Iterator[list[Occurrence]]:
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


def _best(group: Sequence[Occurrence], lapsed: Collection[int] = frozenset()) -> Occurrence:
    """The place that explains a name best, in a text in force if any there does.

    Of two alike the one with its full form, then the first.
    """
    return max(
        group,
        key=lambda o: (
            o.clearness >= EXPLAINED and o.place not in lapsed,
            o.clearness,
            bool(o.naming.head),
            _FORM_WEIGHT[o.naming.form],
            -o.naming.start,
        ),
    )


def _is_topic(group: Sequence[Occurrence]) -> bool:
    return any(o.naming.is_model for o in group) or _best(group).clearness >= _CLEAR


_MARKS = re.compile('[“”"]')
_FORM_CHARS_MIN = 3


def _printed_forms(group: Sequence[Occurrence]) -> set[str]:
    forms = {_MARKS.sub("", o.naming.label) for o in group}
    forms |= {o.naming.core for o in group if len(o.naming.core) >= _CORE_CHARS_MIN}
    return {form for form in forms if len(form) >= _FORM_CHARS_MIN}


def _topic(best: Occurrence, group: Sequence[Occurrence], passage: Passage, holding: int) -> Topic:
    labels = list(dict.fromkeys(o.naming.label for o in [best, *group]))
    form = max(_FORM_WEIGHT[o.naming.form] for o in group)
    # A passage below a heading that names the topic need not repeat the name.
    mentions = max(holding, len({o.place for o in group}))
    spread = min(mentions, _MENTIONS_THAT_COUNT) / _MENTIONS_THAT_COUNT
    return Topic(
        name=labels[0],
        names=tuple(labels[1:]),
        passage=passage,
        start=best.sentence[0],
        end=best.sentence[1],
        mentions=mentions,
        score=round(0.6 * best.clearness + 0.3 * form + 0.1 * spread, 4),
        is_explained=best.clearness >= EXPLAINED,
    )
