"""What changed from one edition of a rule to the next: the clauses that differ, both sides quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from bot.answering.answer import Answer, Citation, Statement
from bot.answering.citing import cited
from bot.answering.excerpts import changed_spans
from bot.answering.sources import Piece
from bot.change_words import summary
from ingest.comparing import ClausePair, Comparison, compare
from ingest.comparing.alignment import joined_label
from prompts import render
from retrieval.authority import first_day, is_order, source_notices
from retrieval.lexical import bigrams
from retrieval.normalise import search_key, to_simplified
from retrieval.records import DocumentInfo, Passage
from retrieval.retriever import Search

CLAUSES_MAX = 6
"""So many clauses are quoted; how many more there are is said."""
CHARS_MAX = 1_500
"""So much is quoted of both sides together."""
_TOPIC_SHARE = 0.6
# What is left of a question without these names a rule or a matter in it.
_EMPTY_WORDS = re.compile(
    "请问|一下|主要|具体|都|这次|此次|最近|今年|去年|\\d{4}年|修[订改正]|调整|改动|改|[新旧老][版的]|[新旧老]|两[版个份]|版本|前后|对于"
    "|关于|方面|[上中里在的了有是和跟与同比后哪那条处项]|些|几|什么|啥|何|吗|呢|内容|地方|变化|不同|区别|差[别异]|对[比照]|比较|不一样"
    "|原来|以前|过去|之前|原先|上一|相|[?？。！!，,、《》“”\\s]"
)
_RULE_WORDS = re.compile("细则|条例|规定|办法|规则|准则|党章|章程|规划|意见|通知|制度")
_OF_ANY = re.compile("新旧|原来|以前|过去|修[订改]前后")
_LEADS = {
    "changed": ("{label}有修改，原来：", "现在："),
    "moved": ("", "{label}移到了别处："),
    "new": ("", "新增{label}："),
    "gone": ("删去{label}：", ""),
    "split": ("{label}拆分，原来：", "现在："),
    "merged": ("{label}合并，原来：", "现在："),
}


@dataclass(frozen=True, slots=True)
class _Editions:
    """Two editions of one rule, and what differs between them."""

    old: DocumentInfo
    new: DocumentInfo
    texts: tuple[str, str]
    found: Comparison

    @property
    def differing(self) -> list[ClausePair]:
        """The clauses that differ; headings and lines outside of clauses only where there are no clauses."""
        clauses = [pair for pair in self.found.differing if "条" in _label(pair)]
        return clauses or list(self.found.differing)


def asks_for_changes(question: str) -> bool:
    """Whether the question wants to know what changed between two editions."""
    return bool(_asking().search(to_simplified(question)))


def changes_answer(search: Search, passages_offered: int, given: Sequence[Citation] = ()) -> Answer | None:
    """The clauses that differ between the editions asked about, but for those ``given`` already.

    ``None`` where that is not the question, or where the asker may see only one edition; a refusal where
    all has been given.
    """
    question = to_simplified(search.question.text)
    if not asks_for_changes(question):
        return None
    rest = _EMPTY_WORDS.sub("", question)
    for old, new in _pairs(search, question, rest):
        texts = (search.snapshot.document_text(old.id), search.snapshot.document_text(new.id))
        editions = _Editions(old, new, texts, compare(*texts))
        wanted = _wanted(editions, rest)
        left = [pair for pair in wanted if not _is_given(pair, editions, given)]
        if left:
            return _composed(search, editions, left, passages_offered)
        if wanted:
            evidence = search.evidence(passages_offered)
            return Answer(
                question=search.question.text,
                status="refused",
                passages=evidence.passages,
                message=render("refusal_no_more"),
                index_version=evidence.index_version,
            )
    return None


def _pairs(search: Search, question: str, rest: str) -> list[tuple[DocumentInfo, DocumentInfo]]:
    """Old and new editions that may be meant: those whose titles the question names best, newest first."""
    documents = {each.id: each for each in search.snapshot.documents()}
    pairs = [
        (documents[old], succession.successor)
        for old, succession in search.register.replaced.items()
        if old in documents and succession.successor.id in documents and is_order(documents[old])
    ]
    kinds = _RULE_WORDS.findall(question)
    asked = bigrams(search_key(rest))
    named = {id(pair): _named(asked, pair) for pair in pairs}
    pairs = [p for p in pairs if not kinds or any(kind in p[0].title + p[1].title for kind in kinds)]
    pairs.sort(key=lambda pair: (first_day(pair[1]), first_day(pair[0])), reverse=True)
    pairs.sort(key=lambda pair: -named[id(pair)])
    # 党费修订了哪些内容 is not asked of a rule that only mentions 党费.
    is_of_any = not rest or bool(kinds) or bool(_OF_ANY.search(question))
    return [pair for pair in pairs if is_of_any or named[id(pair)]]


def _named(asked: Sequence[str], pair: tuple[DocumentInfo, DocumentInfo]) -> int:
    """How much of what is asked the titles of two editions hold."""
    titles = search_key(f"{pair[0].title} {pair[1].title}")
    return sum(bigram in titles for bigram in asked)


def _wanted(editions: _Editions, rest: str) -> list[ClausePair]:
    """The clauses that differ, or of them those about the matter that the question names."""
    titles = search_key(f"{editions.old.title} {editions.new.title}")
    matter = [b for b in bigrams(search_key(_RULE_WORDS.sub("", rest))) if b not in titles]
    if not matter:
        return editions.differing
    return [pair for pair in editions.differing if _share(matter, pair) >= _TOPIC_SHARE]


def _is_given(pair: ClausePair, editions: _Editions, given: Sequence[Citation]) -> bool:
    """Whether either side of a pair has been quoted."""
    sides = ((editions.old.id, pair.old), (editions.new.id, pair.new))
    return any(
        citation.document.id == document and citation.start < clause.end and clause.start < citation.end
        for document, clauses in sides
        for clause in clauses
        for citation in given
    )


def _share(matter: Sequence[str], pair: ClausePair) -> float:
    text = search_key("".join(clause.text for clause in (*pair.old, *pair.new)))
    return sum(bigram in text for bigram in matter) / len(matter)


def _composed(search: Search, editions: _Editions, wanted: Sequence[ClausePair], offered: int) -> Answer:
    statements: list[Statement] = [Statement(_lead(search, editions))]
    citations: list[Citation] = []
    shown = used = 0
    for pair in wanted[:CLAUSES_MAX]:
        sides = list(_sides(search, editions, pair))
        size = sum(piece.end - piece.start for _, piece in sides)
        if shown and used + size > CHARS_MAX:
            break
        used, shown = used + size, shown + 1
        for lead, piece in sides:
            said, quoted = cited([piece], lambda document: _text_of(editions, document))
            n = len(citations) + 1
            statements += [*([Statement(lead)] if lead else [])]
            statements += [replace(each, citations=(n,)) for each in said]
            citations += [replace(each, n=n) for each in quoted]
    evidence = search.evidence(offered)
    notices = (*evidence.notices, *source_notices([editions.new], search.register))
    if (more := len(wanted) - shown) > 0:
        command = f"dangwu compare {editions.old.source} {editions.new.source}"
        notices = (*notices, f"还有 {more} 处不同没有列出；全部对照由维护者运行 {command} 查看。")
    return Answer(
        question=search.question.text,
        status="answered",
        statements=tuple(statements),
        citations=tuple(citations),
        passages=evidence.passages,
        notices=notices,
        index_version=evidence.index_version,
    )


def _lead(search: Search, editions: _Editions) -> str:
    state = "".join(source_notices([editions.old], search.register))
    return f"{state}两者相比，{summary(editions.found)}"


def _text_of(editions: _Editions, document_id: str) -> str:
    return editions.texts[0] if document_id == editions.old.id else editions.texts[1]


def _sides(search: Search, editions: _Editions, pair: ClausePair) -> Iterator[tuple[str, Piece]]:
    """What is quoted of a pair, the old side first, each with the line that leads to it."""
    leads = [lead.format(label=_label(pair) or "一段") for lead in _LEADS[pair.change]]
    documents, clauses = (editions.old, editions.new), (pair.old, pair.new)
    for at, spans in enumerate(changed_spans(pair, editions.texts)):
        if not clauses[at] or not leads[at]:
            continue
        lead = leads[at]
        for start, end in spans:
            yield lead, Piece(_passage(search, documents[at], start), start, end, joined_label(clauses[at]))
            lead = ""


def _passage(search: Search, document: DocumentInfo, start: int) -> Passage:
    """The passage of a document that holds a place, else the nearest one before it."""
    snapshot = search.snapshot
    passages = list(snapshot.passages(snapshot.document_passages(document.id)).values())
    before = [each for each in passages if each.start <= start]
    found = max(before, key=lambda each: (each.end > start, each.start)) if before else passages[0]
    return replace(found, document=search.register.effective(document))


def _label(pair: ClausePair) -> str:
    return joined_label(pair.new) or joined_label(pair.old)


@cache
def _asking() -> re.Pattern[str]:
    return re.compile("|".join(pattern for pattern, _ in table()))


@cache
def table() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The ways to ask: a pattern and the examples that are its test."""
    lines = files("bot.answering").joinpath("data/changes.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple((pattern, tuple(examples.split("|"))) for pattern, examples in rows)
