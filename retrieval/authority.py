"""Which document has more to say: its kind, whether it is in force, and what has replaced it.

Everything is derived from the metadata of documents; texts are never read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from retrieval.normalise import fold_width
from retrieval.period import AskedTime
from retrieval.records import DocumentInfo

# Highest first; kinds of one entry rank alike.
_RANKS = (
    ("党章",), ("准则", "条例"), ("规定", "办法", "规则"), ("细则",), ("通知", "意见"),
    ("讲话",), ("经验材料", "论文", "新闻"),
)  # fmt: skip
_RANK_OF_KIND = {kind: rank for rank, kinds in enumerate(_RANKS) for kind in kinds}
LOWEST_RANK = len(_RANKS)
_LOWEST_RULE = _RANK_OF_KIND["细则"]
_LOWEST_ORDER = _RANK_OF_KIND["通知"]
_LAPSED = ("已修订", "已废止")
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
    """Which documents of one corpus have been replaced there, by id, and which ones replaced any."""

    replaced: Mapping[str, Succession] = field(default_factory=dict)
    successors: frozenset[str] = frozenset()

    def is_lapsed(self, document: DocumentInfo) -> bool:
        """Whether the document has been replaced, or says itself that it is not in force."""
        return document.id in self.replaced or document.status in _LAPSED

    def effective(self, document: DocumentInfo) -> DocumentInfo:
        """The document with the status that it has in this corpus."""
        found = self.replaced.get(document.id)
        if found is None or document.status in _LAPSED:
            return document
        is_edition = edition_key(found.successor.title) == edition_key(document.title)
        return replace(document, status="已修订" if is_edition else "已废止")

    def is_out_of_time(self, document: DocumentInfo, asked: AskedTime) -> bool:
        """Whether the question wants another edition than this one, as far as is known."""
        if asked.open:
            return False
        if asked.last:
            return not self._held(document, asked) or (asked.former and self._is_present(document))
        return self._is_present(document) if asked.former else self.is_lapsed(document)

    def _is_present(self, document: DocumentInfo) -> bool:
        return document.id in self.successors and document.id not in self.replaced

    def _held(self, document: DocumentInfo, asked: AskedTime) -> bool:
        """Whether the document was in force on some of the days asked about; so is what has no date."""
        found = self.replaced.get(document.id)
        since, until = first_day(document), found.until if found else ""
        if until and since >= until:
            since = ""
        begun = not is_order(document) or not since or _from(since) <= asked.last
        return begun and (not until or _from(until) > asked.first)


def _from(day: str) -> str:
    """A day as far as known, as the first day that it can mean."""
    return f"{day}-01-01"[:10] if len(day) == 4 else f"{day}-01"[:10]


def make_register(documents: Iterable[DocumentInfo], contents: Contents = lambda _: ()) -> Register:
    """What the documents say of each other, by the titles and 文号 they supersede and by equal titles.

    ``contents`` gives the content keys of a document's passages and is asked only for regulations of
    one title: copies of one edition do not replace each other.
    """
    candidates = [each for each in documents if not _DRAFT.search(each.title)]
    replacing: dict[str, list[DocumentInfo]] = defaultdict(list)
    known: dict[str, DocumentInfo] = {}
    for old, new in (*_by_name(candidates), *_by_title(candidates, contents)):
        replacing[old.id].append(new)
        known[old.id] = old
    replaced = {}
    for old_id, successors in replacing.items():
        direct = min(successors, key=_known_first)
        final = _final(direct, old_id, replacing)
        replaced[old_id] = Succession(final, first_day(direct))
    return Register(replaced, frozenset(new.id for each in replacing.values() for new in each))


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
    replacing = [each for each in documents if each.metadata.get("supersedes")]
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
            found = numbered or [old for old in exact or loose if not _is_own_edition(old, new)]
            yield from ((old, new) for old in found if old.id != new.id and not _share_number(old, new))


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
    documents: Sequence[DocumentInfo], contents: Contents
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
                if is_later(later[0], earlier[0]) and _may_share_issuer(later[0], earlier[0]):
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


def _may_share_issuer(one: DocumentInfo, other: DocumentInfo) -> bool:
    a, b = (each.metadata.get("issuer", "") for each in (one, other))
    return not a or not b or a in b or b in a


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
    notices = dict.fromkeys(_notice(each, register) for each in cited if register.is_lapsed(each))
    return tuple(notices)


def _notice(document: DocumentInfo, register: Register) -> str:
    found = register.replaced.get(document.id)
    if found is not None:
        old, new = _shown(document), _shown(found.successor)
        if old == new:
            old, new = (
                f"{name}（{first_day(each)}）" if first_day(each) else name
                for name, each in ((old, document), (new, found.successor))
            )
        return f"{old}已被{new}取代。"
    return f"{_shown(document)}{document.status}。"


def _shown(document: DocumentInfo) -> str:
    return "《" + document.title.strip("《》").replace("《", "〈").replace("》", "〉") + "》"
