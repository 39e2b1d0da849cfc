"""Questions that the corpus does answer, near to one that it does not: made from the structure of the
nearest passages, and each put to the answerer before it is offered.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

from bot.answering.sources import Piece, Source
from bot.answering.subject import ends_in_verb, has_content, trimmed
from bot.answering.view import Listing
from retrieval.definitions import defines
from retrieval.memo import Memo
from retrieval.normalise import match_key, search_key
from retrieval.records import SECTION_SEPARATOR, Audience

SUGGESTIONS_MAX = 3
CHECKS_MAX = 3
"""So many candidates are put to the answerer at most for one refusal."""
SUGGESTION_CHARS_MAX = 20
"""A button holds no more."""
_SOURCES_READ = 8
_DOCUMENTS_READ = 3
_LISTINGS_READ = 40
_CACHED = 2_000
# Passages and documents whose candidates are kept.
_PLACES_KEPT = 1_000
_HAN = "[\u4e00-\u9fff“”]"

_UNCOUNTED = "(?:(?![一二两三四五六七八九十几来由从])[\u4e00-\u9fff])"
_LISTED = (
    "程序|步骤|流程|环节|阶段|途径|方面|方式|方法|办法|措施|做法|制度|机制|模式|特点|特征|原则|要求|任务|职责|内容|因素|原因|"
    "问题|困难|条件|标准|形式|类型|权利|义务|纪律|作用|情形|情况|经验|工作|目标"
)
_LEAD = re.compile(
    rf"(?:^|[，,。；;：:、\s])\s*(?P<owner>{_HAN}{{0,14}}?)"
    r"(?P<verb>共?有|分为|包括|(?:应当?|要|须|必须)?(?:经过|经历|具备|履行|做好|遵循|坚持|按照)|是|为)?"
    r"(?P<below>以下|下列|如下|下面)?(?P<count>[两三四五六七八九十几]|[2-9]|1\d)?"
    r"(?P<measure>[个种项条点大类步]|方面)?(?:的|新)?"
    rf"(?P<noun>{_UNCOUNTED}{{0,4}}(?:{_LISTED}))(?:如下|是)?[:：。]?\s*$"
)
_LABEL = re.compile(
    r"^\s*#*\s*(?:第[一二三四五六七八九十百零\d]+[章节条]|[（(]?[一二三四五六七八九十\d]+[)）、.．]+|"
    r"[一二三四五六七八九十][是要]|[①-⑳])?\s*[，,、:：]?\s*"
)
_QUOTED = re.compile(r"“(?P<name>[^“”，。；：]{2,10})”")
_IS = re.compile(
    rf"(?:^|[。；;\n])\s*(?P<what>{_HAN}{{2,8}}?)"
    rf"(?:是指|，是指|——?是|是(?={_HAN}{{1,20}}的(?:{_HAN}{{1,12}})[，,。]))"
)
_CLASS = re.compile(
    r"(?:模式|体系|机制|制度|阵地|工作法|活动|支部|组织|平台|工程|理念|原则|方针|行动|服务站|党委)$"
)
_TIMES = frozenset({"当前", "目前", "现在", "今后", "近年来", "近年", "今年", "去年", "以后", "下一步"})
_STOPS = re.compile(
    r"^(?:首先|其次|再次|最后|第|每|由|这|那|其|该|此|我们|他们|它|主要|具体|同时|并|也|就|都|还|又|而|但|因|如|以|在|"
    r"对|从|为|和|与|及|等|的|要|不)|[的了是在和与及]$"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question made from ``[start, end)`` of a document, before anybody knows whether it is answered."""

    question: str
    document_id: str
    start: int
    end: int

    def is_of(self, source: Source) -> bool:
        """Whether a source's passage has part of the place that the question was made from."""
        passage = source.passage
        same = passage.document.id == self.document_id
        return same and passage.start < self.end and self.start < passage.end


# Index version, and the id of a passage or a document.
_Place = tuple[str, str]
_Make = Callable[[Source], Iterator[Candidate]]
_CheckKey = tuple[str, frozenset[Audience], Candidate]
# The pieces that answer a question, where they come from a stretch of a document.
PiecesFrom = Callable[[Candidate], Sequence[Piece]]


class Suggester:
    """Offers questions that are really answered; remembers by corpus version which are."""

    def __init__(self) -> None:
        self._known: OrderedDict[_CheckKey, bool] = OrderedDict()
        self._made: Memo[_Place, tuple[Candidate, ...]] = Memo(_PLACES_KEPT)
        self._lock = Lock()

    def suggest(
        self,
        question: str,
        sources: Sequence[Source],
        pieces_from: PiecesFrom,
        *,
        index_version: str,
        audiences: Collection[Audience],
    ) -> tuple[str, ...]:
        """Up to three questions of at most 20 characters, the nearest to ``question`` first.

        ``pieces_from`` searches and reads as for any question asked by these audiences. A candidate
        counts only if the answer quotes the very place that it was made from.
        """
        offered: list[Candidate] = []
        checks = CHECKS_MAX
        for candidate in _nearest(question, self._candidates(sources, index_version)):
            if any(_is_same_place(candidate, other) for other in offered):
                continue
            key = (index_version, frozenset(audiences), candidate)
            is_answered = self._remembered(key)
            if is_answered is None:
                if not checks:
                    continue
                checks -= 1
                is_answered = self._check(key, pieces_from)
            offered += [candidate] if is_answered else []
            if len(offered) == SUGGESTIONS_MAX:
                break
        return tuple(each.question for each in offered)

    def _candidates(self, sources: Sequence[Source], index_version: str) -> Iterator[Candidate]:
        """What could be asked about the best passages, then about their documents."""
        for source in sources[:_SOURCES_READ]:
            yield from self._once(candidates, source, (index_version, source.passage.id))
        for source in _one_each(sources)[:_DOCUMENTS_READ]:
            yield from self._once(_of_document, source, (index_version, source.passage.document.id))

    def _once(self, make: _Make, source: Source, place: _Place) -> tuple[Candidate, ...]:
        """What ``make`` makes of a source, whose text is gone through once for each version."""
        return self._made.get([place], lambda _: {place: tuple(make(source))})[place]

    def _remembered(self, key: _CheckKey) -> bool | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def _check(self, key: _CheckKey, pieces_from: PiecesFrom) -> bool:
        is_answered = _quotes(pieces_from(key[-1]), key[-1])
        with self._lock:
            self._known[key] = is_answered
            while len(self._known) > _CACHED:
                self._known.popitem(last=False)
        return is_answered


def _quotes(pieces: Sequence[Piece], candidate: Candidate) -> bool:
    return any(
        piece.passage.document.id == candidate.document_id
        and piece.start < candidate.end
        and piece.end > candidate.start
        for piece in pieces
    )


def _is_same_place(one: Candidate, other: Candidate) -> bool:
    return one.document_id == other.document_id and one.start < other.end and one.end > other.start


def _nearest(question: str, made: Iterable[Candidate]) -> list[Candidate]:
    """The distinct candidates, nearest first: by shared wording, then in the order in which they come."""
    asked = match_key(question)
    found: dict[str, Candidate] = {}
    for candidate in made:
        found.setdefault(match_key(candidate.question), candidate)
    found.pop(asked, None)
    pairs = {asked[i : i + 2] for i in range(len(asked) - 1)}
    nearest = sorted(found.items(), key=lambda each: (_is_bare(each[1]), -_shared(pairs, each[0])))
    return [candidate for _, candidate in nearest]


def _is_bare(candidate: Candidate) -> bool:
    """Whether a question only names a clause by its number: it tells the asker least."""
    return bool(re.search(r"第\S+条(?:规定了|讲)什么？$", candidate.question))


def _one_each(sources: Sequence[Source]) -> list[Source]:
    """The best source of every document."""
    best: dict[str, Source] = {}
    for source in sources:
        best.setdefault(source.passage.document.id, source)
    return list(best.values())


def _of_document(source: Source) -> Iterator[Candidate]:
    """What the lists of the whole document answer, for passages that suggest nothing themselves."""
    for listing in source.view.listings[:_LISTINGS_READ]:
        question = _list_question(source, listing)
        if question and len(question) <= SUGGESTION_CHARS_MAX:
            yield Candidate(question, source.passage.document.id, listing.lead_start, listing.end)


def _shared(pairs: Collection[str], key: str) -> float:
    """Share of the pairs of a question that another one holds too; question words tell little."""
    return sum(pair in key for pair in pairs) / (len(pairs) + len(key) ** 0.5) if pairs else 0.0


def candidates(source: Source) -> Iterator[Candidate]:
    """What could be asked about one passage: its lists, its clause and the names that it defines."""
    passage = source.passage
    for question, start, end in (*_lists(source), *_clause(source), *_definitions(source)):
        if len(question) <= SUGGESTION_CHARS_MAX:
            yield Candidate(question, passage.document.id, start, end)


_Made = Iterator[tuple[str, int, int]]


def _lists(source: Source) -> _Made:
    """共有五个议事程序: becomes 议事会有哪五个议事程序?"""
    passage = source.passage
    for listing in source.view.listings:
        if listing.lead_start < passage.end and listing.end > passage.start:
            question = _list_question(source, listing)
            if question:
                yield question, listing.lead_start, listing.end


def _list_question(source: Source, listing: Listing) -> str:
    text = source.view.text
    lead = _LEAD.search(text[listing.lead_start : listing.lead_end].rstrip("：: "))
    if lead is None or not (lead["verb"] or lead["below"] or lead["count"]):
        return ""
    is_counted = lead["count"] and lead["measure"] and lead["count"] != "几"
    which = f"哪{lead['count']}{lead['measure']}" if is_counted else "哪些"
    owner, verb = lead["owner"], lead["verb"] or ("" if ends_in_verb(lead["owner"]) else "有")
    if verb in {"有", "共有", "是", "为"}:
        owner, verb = trimmed(owner) if owner else "", "有"
    if not has_content(owner, _TIMES):
        owner = _named_above(source, listing)
    if not has_content(owner) or _STOPS.search(owner):
        return ""
    return f"{owner}{verb}{which}{lead['noun']}？"


def _named_above(source: Source, listing: Listing) -> str:
    """A short name for what an ownerless lead-in is about: the innermost heading."""
    heading = _unlabelled(listing.above)
    return heading if 2 <= len(heading) <= 10 and re.fullmatch(f"{_HAN}+", heading) else ""


def _clause(source: Source) -> _Made:
    passage = source.passage
    label = passage.section.split(SECTION_SEPARATOR)[-1]
    number = re.match(r"#*\s*(第[一二三四五六七八九十百零\d]+条(?:之[一二三四五六七八九十]+)?)", label)
    if passage.kind != "clause" or number is None:
        return
    title = re.sub(r"中国共产党|[（(][^）)]*[)）]|[《》]", "", passage.document.title)
    if 4 <= len(title) <= SUGGESTION_CHARS_MAX:
        short = f"《{title}》{number[1]}规定了什么？"
        fits = len(short) <= SUGGESTION_CHARS_MAX
        yield short if fits else f"{title}{number[1]}讲什么？", passage.start, passage.end


def _definitions(source: Source) -> _Made:
    """Names that a sentence of the passage defines."""
    text = source.view.text
    for unit in source.units:
        sentence = text[unit.start : unit.end]
        quoted = ((m["name"], _noun_behind(sentence, m.end())) for m in _QUOTED.finditer(sentence))
        for name, noun in quoted:
            if defines(sentence, search_key(name)):
                yield f"什么是“{name}”{noun}？", unit.start, unit.end
        for match in _IS.finditer(sentence):
            what = match["what"]
            if not _STOPS.search(what) and defines(sentence, search_key(what)):
                yield f"什么是{what}？", unit.start, unit.end


def _noun_behind(sentence: str, position: int) -> str:
    """The nouns right behind a quotation that belong to its name: “1+3”社区党组织体系."""
    import rjieba

    nouns = ""
    for word, tag in rjieba.tag(sentence[position : position + 12]):
        if tag[:1] not in "nj":
            break
        nouns += word
    return nouns if _CLASS.search(nouns) else ""


def _unlabelled(heading: str) -> str:
    return _LABEL.sub("", " ".join(heading.split())).strip("。：: ")
