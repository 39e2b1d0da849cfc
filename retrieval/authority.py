"""Which document has more to say: its kind, whether it is in force, and what has replaced it.

Everything is derived from the metadata of documents; texts are never read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from retrieval.bodies import may_share_body
from retrieval.clause_labels import CLAUSE, clause_key
from retrieval.effect import (
    AMENDED,
    COMING,
    EXPIRED,
    LAPSED,
    NOT_IN_FORCE,
    REPEALED,
    REVISED,
    is_stated,
    own_state,
)
from retrieval.normalise import fold_width
from retrieval.period import AskedTime
from retrieval.records import SECTION_SEPARATOR, DocumentInfo, Passage

if TYPE_CHECKING:
    from retrieval.editions import Missing

# Highest first; kinds of one entry rank alike.
_RANKS = (
    ("党章",), ("准则", "条例"), ("规定", "办法", "规则"), ("细则",), ("通知", "意见"),
    ("讲话",), ("经验材料", "论文", "新闻"),
)  # fmt: skip
_RANK_OF_KIND = {kind: rank for rank, kinds in enumerate(_RANKS) for kind in kinds}
LOWEST_RANK = len(_RANKS)
_LOWEST_RULE = _RANK_OF_KIND["细则"]
_LOWEST_ORDER = _RANK_OF_KIND["通知"]
# Who reports of a repeal does not repeal.
_REPORTING = frozenset({"讲话", "经验材料", "论文", "新闻"})
_CENTRAL = re.compile("中共中央|国务院|中央(?:纪委|军委|组织部|办公厅)|中国共产党中央|全国代表大会")

_NOTE = re.compile(r"\s*[(\[【〔]([^()\[\]【】〔〕]{1,60})[)\]】〕]\s*$")
_EDITION = re.compile(
    r"[试暂]行|修[订正改]|(?:19|20)\d\d|全文|原文|最新|现行|废止|失效|有效|版$|通过|发布|公布|印发"
)
_DRAFT = re.compile("征求意见|草案|讨论稿|送审稿|修订稿")
_ISSUING = re.compile("(?:印发|发布|颁布|公布|下发)《(.+)》的(?:通知|公告|决定|命令|令)$")
_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,12}[〔\[(【]\s*(?:19|20)\d{2}\s*[〕\])】]\s*第?\s*\d{1,4}\s*号")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_SEPARATORS = re.compile("[；;]")
_PARTY = "中国共产党"
_ON_TRIAL = re.compile("[试暂]行")
_REVISED = re.compile("修[订正改]")
_TITLE_CHARS_MIN = 4
# Two texts of one title that share nearly all passages are copies of one edition, whatever their dates.
_COPY_SHARE = 0.95

Contents = Callable[[str], Collection[str]]


def rank(document: DocumentInfo) -> int:
    """The place of a document's kind, 0 for the 党章; ``LOWEST_RANK`` for 其他 and unknown kinds."""
    return _RANK_OF_KIND.get(document.metadata.get("kind", ""), LOWEST_RANK)


def is_rule(document: DocumentInfo) -> bool:
    """Whether it is a regulation of the party, which is in force or not."""
    return rank(document) <= _LOWEST_RULE


def is_order(document: DocumentInfo) -> bool:
    """Whether it lays something down: a regulation, a 通知 or a 意见."""
    return rank(document) <= _LOWEST_ORDER


def _only_reports(document: DocumentInfo) -> bool:
    return document.metadata.get("kind", "") in _REPORTING


def standing(document: DocumentInfo) -> tuple[int, int]:
    """Sorts documents by authority, highest first: by kind, then central offices before others."""
    issuer = document.metadata.get("issuer", "")
    return rank(document), 0 if _CENTRAL.search(issuer) else 1


def first_day(document: DocumentInfo) -> str:
    """When the document took effect or was issued, ISO 8601 as far as known.

    The year in its 文号 or in the note of its title outweighs a date that may be that of a web page.
    """
    date = document.metadata.get("effective", "") or document.metadata.get("date", "")
    noted = _YEAR.findall("".join(_notes(document.title)))
    numbered = _YEAR.search(document.metadata.get("number", ""))
    year = noted[-1] if noted else numbered[0] if numbered else ""
    if not year or date.startswith(year):
        return date
    # An order of one year may take effect in the next.
    return date if date[:4] == str(int(year) + 1) and document.metadata.get("effective") else year


@dataclass(frozen=True, slots=True)
class Succession:
    """What became of a document: the edition that is in force for it now, and since when it is not.

    ``until`` is the first day of whatever replaced it directly, empty where that is unknown.
    """

    successor: DocumentInfo
    until: str


@dataclass(frozen=True, slots=True)
class Register:
    """What the documents of one corpus say of each other's effect, as it is on ``day``, ISO 8601.

    ``replaced``: which ones have been replaced, by id; ``coming``: which ones will be, after that day;
    ``successors``: which ones replace or amend any. ``amended``: which clauses, as ``clause_key`` writes
    them, which document has changed. Without a day all that is announced counts as having come.
    ``missing``: those, by id, in whose stead an edition is in force that the corpus does not hold.
    """

    replaced: Mapping[str, Succession] = field(default_factory=dict)
    successors: frozenset[str] = frozenset()
    amended: Mapping[str, Mapping[str, DocumentInfo]] = field(default_factory=dict)
    coming: Mapping[str, Succession] = field(default_factory=dict)
    day: str = ""
    missing: Mapping[str, Missing] = field(default_factory=dict)

    def state(self, document: DocumentInfo) -> str:
        """The document's state in this corpus, one of ``effect.STATES`` or empty where it has none."""
        own = own_state(document, self.day)
        if own in LAPSED or is_stated(document):
            return own
        if found := self.replaced.get(document.id):
            is_edition = edition_key(found.successor.title) == edition_key(document.title)
            return REVISED if is_edition else REPEALED
        if newer := self.missing.get(document.id):
            return newer.status
        return AMENDED if document.id in self.amended and own != COMING else own

    def is_lapsed(self, document: DocumentInfo) -> bool:
        """Whether the document is not in force any more."""
        return self.state(document) in LAPSED

    def effective(self, document: DocumentInfo) -> DocumentInfo:
        """The document with the state that it has in this corpus."""
        state = self.state(document)
        return document if state == document.status else replace(document, status=state)

    def shown(self, passage: Passage) -> Passage:
        """The passage of its document as that stands in this corpus."""
        effective = self.effective(passage.document)
        return passage if effective is passage.document else replace(passage, document=effective)

    def is_out_of_time(self, document: DocumentInfo, asked: AskedTime) -> bool:
        """Whether the question wants another edition than this one, as far as is known."""
        if asked.open:
            return False
        if asked.last:
            return not self._held(document, asked) or (asked.former and self._is_present(document))
        if asked.former:
            return self._is_present(document)
        # Where the edition in force is missing nothing else can speak in its stead.
        return self.state(document) in NOT_IN_FORCE and document.id not in self.missing

    def is_passage_out_of_time(self, passage: Passage, asked: AskedTime) -> bool:
        """The same of a passage: one clause may have been changed and all others not."""
        if self.is_out_of_time(passage.document, asked):
            return True
        if asked.open or asked.former or (change := self.change(passage)) is None:
            return False
        since = first_day(change)
        return not asked.last or (bool(since) and _from(since) <= asked.first)

    def change(self, passage: Passage) -> DocumentInfo | None:
        """The document that has changed the clause that a passage is of, if any has."""
        clauses = self.amended.get(passage.document.id)
        labels = map(clause_key, passage.section.split(SECTION_SEPARATOR)) if clauses else ()
        return next((clauses[label] for label in labels if label in clauses), None) if clauses else None

    def follower(self, passage: Passage) -> DocumentInfo | None:
        """The document that has taken the place of a passage's document, or of its clause alone."""
        found = self.replaced.get(passage.document.id)
        return found.successor if found else self.change(passage)

    def with_followers(self, documents: Iterable[str]) -> frozenset[str]:
        """The ids of these documents, and of what has replaced or amended them, also to be heard."""
        named = frozenset(documents)
        successors = {found.successor.id for each in named if (found := self.replaced.get(each))}
        amending = {new.id for each in named for new in self.amended.get(each, {}).values()}
        return named | successors | amending

    def _is_present(self, document: DocumentInfo) -> bool:
        return document.id in self.successors and document.id not in self.replaced

    def _held(self, document: DocumentInfo, asked: AskedTime) -> bool:
        """Whether the document was in force on some of the days asked about; so is what has no date."""
        found = self.replaced.get(document.id) or self.coming.get(document.id)
        since, until = first_day(document), found.until if found else ""
        if until and since >= until:
            since = ""
        begun = not is_order(document) or not since or _from(since) <= asked.last
        ended = document.metadata.get("expires", "")
        return begun and (not until or _from(until) > asked.first) and not (ended and ended < asked.first)


def _from(day: str) -> str:
    """A day as far as known, as the first day that it can mean."""
    return f"{day}-01-01"[:10] if len(day) == 4 else f"{day}-01"[:10]


def make_register(
    documents: Iterable[DocumentInfo],
    contents: Contents = lambda _: (),
    *,
    text_of: Callable[[str], str] = lambda _: "",
    day: str = "",
) -> Register:
    """What the documents say of each other, by the titles and 文号 they supersede and by equal titles.

    ``contents`` gives the content keys of a document's passages and ``text_of`` its text; both are asked
    only for regulations of one title: copies of one edition do not replace each other, nor do rules of
    different bodies. ``day`` is the day on which the question is put.
    """
    candidates = [each for each in documents if not _DRAFT.search(each.title)]
    replacing: dict[str, list[DocumentInfo]] = defaultdict(list)
    coming: dict[str, list[DocumentInfo]] = defaultdict(list)
    for old, new in (*_by_name(candidates), *_by_title(candidates, contents, text_of)):
        if not is_stated(old):
            is_coming = bool(day) and _from(first_day(new)) > day if first_day(new) else False
            (coming if is_coming else replacing)[old.id].append(new)
    amended = _amended(candidates, day)
    changing = {new.id for clauses in amended.values() for new in clauses.values()}
    return Register(
        {old: _succession(old, replacing) for old in replacing},
        frozenset(new.id for each in replacing.values() for new in each) | changing,
        amended,
        {old: _succession(old, coming) for old in coming},
        day,
    )


def _succession(old_id: str, replacing: Mapping[str, Sequence[DocumentInfo]]) -> Succession:
    direct = min(replacing[old_id], key=_known_first)
    return Succession(_final(direct, old_id, replacing), first_day(direct))


_AMENDS = re.compile(rf"《(.+?)》((?:{CLAUSE}、?)+)")


def _amended(documents: Sequence[DocumentInfo], day: str) -> dict[str, dict[str, DocumentInfo]]:
    """Which clauses of which documents, by id, others say that they have changed; the latest change last.

    An edition that is no older than the change already holds it.
    """
    changing = [each for each in documents if each.metadata.get("amends") and not _only_reports(each)]
    if not changing:
        return {}
    by_edition = _indexes(documents)[1]
    found: dict[str, dict[str, DocumentInfo]] = defaultdict(dict)
    for new in sorted(changing, key=first_day):
        if day and first_day(new) and _from(first_day(new)) > day:
            continue
        for title, clauses in _AMENDS.findall(new.metadata["amends"]):
            for old in by_edition.get(edition_key(title), ()):
                if old.id != new.id and not is_stated(old) and (is_later(new, old) or not first_day(old)):
                    found[old.id].update(dict.fromkeys(map(clause_key, re.findall(CLAUSE, clauses)), new))
    return dict(found)


def _known_first(document: DocumentInfo) -> tuple[bool, str, str]:
    day = first_day(document)
    return not day, day, document.source


def _final(
    document: DocumentInfo, origin: str, replacing: Mapping[str, Sequence[DocumentInfo]]
) -> DocumentInfo:
    """The end of the chain that begins with a successor; a circle ends where it would close."""
    seen = {origin}
    while document.id in replacing and document.id not in seen:
        seen.add(document.id)
        following = min(replacing[document.id], key=_known_first)
        if following.id in seen:
            break
        document = following
    return document


def _by_name(documents: Sequence[DocumentInfo]) -> Iterator[tuple[DocumentInfo, DocumentInfo]]:
    """Pairs of old and new where the new one names the old one as replaced."""
    replacing = [each for each in documents if each.metadata.get("supersedes") and not _only_reports(each)]
    if not replacing:
        return
    by_title, by_edition, by_number = _indexes(documents)
    for new in replacing:
        for name in _SEPARATORS.split(new.metadata["supersedes"]):
            number = _NUMBER.search(fold_width(name))
            numbered = by_number.get(_number_key(number[0]), ()) if number else ()
            title = _named_title(name, number[0] if number else "")
            exact = [old for old in by_title.get(title_key(title), ()) if not _other_number(old, number)]
            loose = [old for old in by_edition.get(edition_key(title), ()) if is_later(new, old)]
            titled = [old for old in exact or loose if not _is_own_edition(old, new)]
            found = {old.id: old for old in (*numbered, *titled) if old.id != new.id}
            yield from (
                (old, _issued(new, old, by_title)) for old in found.values() if not _share_number(old, new)
            )


def _issued(
    new: DocumentInfo, old: DocumentInfo, by_title: Mapping[str, Sequence[DocumentInfo]]
) -> DocumentInfo:
    """The rule that a 通知 issues, where it is held beside the 通知 and is not what the 通知 replaces."""
    rules = [each for each in by_title.get(title_key(new.title), ()) if is_rule(each) and each.id != old.id]
    return (
        new
        if is_rule(new)
        else max((each for each in rules if is_later(each, old)), key=first_day, default=new)
    )


def _indexes(documents: Sequence[DocumentInfo]) -> tuple[dict[str, list[DocumentInfo]], ...]:
    by_title, by_edition, by_number = defaultdict(list), defaultdict(list), defaultdict(list)
    for each in documents:
        by_title[title_key(each.title)].append(each)
        by_edition[edition_key(each.title)].append(each)
        if number := each.metadata.get("number", ""):
            by_number[_number_key(number)].append(each)
    return by_title, by_edition, by_number


def _named_title(name: str, number: str) -> str:
    inner = re.search("《(.+)》", name)
    return inner[1] if inner else fold_width(name).replace(number, "")


def _other_number(document: DocumentInfo, number: re.Match[str] | None) -> bool:
    own = document.metadata.get("number", "")
    return bool(number and own) and _number_key(own) != _number_key(number[0] if number else "")


def _share_number(one: DocumentInfo, other: DocumentInfo) -> bool:
    a, b = (_number_key(each.metadata.get("number", "")) for each in (one, other))
    return bool(a) and a == b


def _is_own_edition(old: DocumentInfo, new: DocumentInfo) -> bool:
    """A text of the same title is meant only if it is the earlier one."""
    return title_key(old.title) == title_key(new.title) and not is_later(new, old)


def _by_title(
    documents: Sequence[DocumentInfo], contents: Contents, text_of: Callable[[str], str]
) -> Iterator[tuple[DocumentInfo, DocumentInfo]]:
    """Pairs of old and new among regulations of one title and no other issuer."""
    groups: dict[str, list[DocumentInfo]] = defaultdict(list)
    for each in documents:
        key = edition_key(each.title)
        if is_rule(each) and len(key) >= _TITLE_CHARS_MIN:
            groups[key].append(each)
    for group in groups.values():
        if len(group) < 2:
            continue
        editions = _editions(group, contents)
        for earlier in editions:
            for later in editions:
                if _follows(later[0], earlier[0]) and _are_of_one_body(later[0], earlier[0], text_of):
                    yield from ((old, later[0]) for old in earlier)


def _editions(group: Sequence[DocumentInfo], contents: Contents) -> list[list[DocumentInfo]]:
    """The copies of each edition together, the earliest copy first: its date is the edition's."""
    held = {each.id: frozenset(contents(each.id)) for each in group}
    editions: list[list[DocumentInfo]] = []
    for each in sorted(group, key=_known_first):
        for copies in editions:
            if _is_copy(each, copies[0], held):
                copies.append(each)
                break
        else:
            editions.append([each])
    return editions


def _is_copy(one: DocumentInfo, other: DocumentInfo, held: Mapping[str, frozenset[str]]) -> bool:
    """Whether both hold one edition: the same passages, and neither 文号 nor title says otherwise."""
    numbers = {_number_key(each.metadata.get("number", "")) for each in (one, other)} - {""}
    notes = {"".join(_notes(each.title)) for each in (one, other)} - {""}
    if len(numbers) > 1 or len(notes) > 1:
        return False
    smaller, larger = sorted((held[one.id], held[other.id]), key=len)
    return bool(smaller) and len(smaller & larger) >= _COPY_SHARE * len(larger)


def _are_of_one_body(one: DocumentInfo, other: DocumentInfo, text_of: Callable[[str], str]) -> bool:
    """Whether both may be of one issuer: by the issuers, else by the bodies and the wording of the texts.

    A rule of the whole party has but one.
    """
    a, b = (each.metadata.get("issuer", "") for each in (one, other))
    if a and b:
        return a in b or b in a
    return one.title.strip("《").startswith(_PARTY) or may_share_body(text_of(one.id), text_of(other.id))


def _follows(new: DocumentInfo, old: DocumentInfo) -> bool:
    """Whether ``new`` is the later edition: by its first day, or undated by what its title notes."""
    if is_later(new, old):
        return True
    if is_later(old, new):
        return False
    (a_trial, a_revised), (b_trial, b_revised) = map(_edition_noted, (old, new))
    return a_trial > b_trial or (a_trial == b_trial and b_revised > a_revised)


def _edition_noted(document: DocumentInfo) -> tuple[bool, bool]:
    """Whether the title notes that the text is on trial, and that it has been revised."""
    notes = "".join(_notes(document.title))
    return bool(_ON_TRIAL.search(notes)), bool(_REVISED.search(notes))


def is_later(new: DocumentInfo, old: DocumentInfo) -> bool:
    """Whether the first day of ``new`` is known to follow that of ``old``."""
    a, b = first_day(new), first_day(old)
    shared = min(len(a), len(b))
    return a[:shared] > b[:shared]


def title_key(title: str) -> str:
    """A title as it is compared: without punctuation; what a 通知 issues stands for the 通知."""
    folded = fold_width(title).strip()
    issued = _ISSUING.search(folded)
    return re.sub(r"[\W_]+", "", issued[1] if issued else folded)


def edition_key(title: str) -> str:
    """The title without the notes that tell editions apart, such as （试行）, and without 中国共产党."""
    folded = fold_width(title).strip().strip("《》")
    issued = _ISSUING.search(folded)
    bare = issued[1] if issued else folded
    while (note := _NOTE.search(bare)) and _EDITION.search(note[1]):
        bare = bare[: note.start()]
    key = title_key(bare)
    short = key.removeprefix(_PARTY)
    return short if len(short) > _TITLE_CHARS_MIN else key


def _notes(title: str) -> list[str]:
    return re.findall(r"[(\[【〔]([^()\[\]【】〔〕]{1,60})[)\]】〕]", fold_width(title))


def _number_key(number: str) -> str:
    return re.sub(r"[\W_]+|第", "", fold_width(number))


def source_notices(cited: Iterable[DocumentInfo], register: Register) -> tuple[str, ...]:
    """A sentence for each cited document that is not in force, naming its successor where it is known."""
    said = (_notice(each, register) for each in cited if register.state(each) in NOT_IN_FORCE)
    return tuple(dict.fromkeys(said))


def scan_notices(cited: Iterable[DocumentInfo]) -> tuple[str, ...]:
    """A sentence for each cited document whose text was read from pictures."""
    scanned = (each for each in cited if each.metadata.get("ocr"))
    said = (f"{_shown(each)}（{each.metadata['ocr']}）由 OCR 从图片识别，请与原件核对。" for each in scanned)
    return tuple(dict.fromkeys(said))


def change_notices(cited: Iterable[Passage], register: Register) -> tuple[str, ...]:
    """A sentence for each cited clause that another document has changed since."""
    changed = ((each, register.change(each)) for each in cited if not register.is_lapsed(each.document))
    said = (
        f"{_shown(each.document)}{_clause_of(each)}已修改，见{_named(new)}。" for each, new in changed if new
    )
    return tuple(dict.fromkeys(said))


def _clause_of(passage: Passage) -> str:
    labels = (re.match(rf"[#\s]*({CLAUSE})", each) for each in passage.section.split(SECTION_SEPARATOR))
    return next((found[1] for found in labels if found), "")


def _notice(document: DocumentInfo, register: Register) -> str:
    state, found = register.state(document), register.replaced.get(document.id)
    if state == COMING:
        return f"{_shown(document)}尚未施行，自{document.metadata['effective']}起施行。"
    if state == EXPIRED and document.metadata.get("expires"):
        return f"{_shown(document)}已失效，有效期到{document.metadata['expires']}为止。"
    if found is None:
        newer = register.missing.get(document.id)
        return newer.sentence if newer else f"{_shown(document)}{state}。"
    old = _named(document) if _shown(document) == _shown(found.successor) else _shown(document)
    return f"{old}{state}，已被{_named(found.successor)}取代。"


def _named(document: DocumentInfo) -> str:
    day = first_day(document)
    return _shown(document) + (f"（{day}）" if day else "")


def _shown(document: DocumentInfo) -> str:
    return "《" + document.title.strip("《》").replace("《", "〈").replace("》", "〉") + "》"
