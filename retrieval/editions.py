"""The register of known editions: which edition of a rule a document is, and whether a newer one exists."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from retrieval.authority import edition_key, first_day, title_key
from retrieval.normalise import fold_width
from retrieval.records import DocumentInfo

# What is said about a rule is none, whatever it is called.
_NO_RULES = frozenset({"讲话", "经验材料", "论文", "新闻"})
# Not 中央民族大学党委 nor 中央企业党委.
_CENTRAL = re.compile(
    "^(?:中共|中国共产党)?(?:中央(?!.{0,6}(?:大学|学院|企业|公司|集团))|国务院|第.{1,4}次全国代表大会|全国代表大会)"
)
_TRIAL = re.compile("[试暂]行")


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a rule. Days are ISO 8601 as far as known; empty fields are not known.

    ``check`` names the place where the facts are published; ``is_confirmed``: they were found again there.
    """

    title: str
    issuer: str
    number: str
    adopted: str
    in_force: str
    note: str
    check: str
    is_confirmed: bool

    @property
    def named(self) -> str:
        """《title》 with what is known of its day: （2026年5月11日）."""
        title = self.title.replace("《", "〈").replace("》", "〉")
        return f"《{title}》（{spoken_day(self.adopted)}）"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its editions, the oldest first; ``ended`` is the day since which none is in force."""

    title: str
    editions: tuple[Edition, ...]
    ended: str = ""

    def in_force(self, today: datetime.date) -> int:
        """The place of the edition that is in force on a day: the last one whose day has come."""
        begun = [at for at, each in enumerate(self.editions) if _since(each) <= today.isoformat()]
        return begun[-1] if begun else 0


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that is not the edition in force, which the corpus does not hold.

    ``edition`` is the one in force, ``None`` where the rule was abolished on the day ``ended``.
    """

    document: DocumentInfo
    held: Edition
    edition: Edition | None
    ended: str
    as_of: str

    @property
    def status(self) -> str:
        """How the document is called then."""
        is_edition = self.edition and edition_key(self.edition.title) == edition_key(self.held.title)
        return "已修订" if is_edition else "已废止"

    @property
    def sentence(self) -> str:
        """What must be said where the document is quoted."""
        title = self.document.title.strip("《》").replace("《", "〈").replace("》", "〉")
        if self.edition is None:
            return f"《{title}》已于{spoken_day(self.ended)}废止{self._register}。"
        newer, doubt = self.edition, "" if self.edition.is_confirmed else "，日期未核实"
        same = title_key(newer.title) == title_key(self.document.title)
        name = f"{spoken_day(newer.adopted)}的新版本" if same else f"新的{newer.named}"
        return f"《{title}》已有{name}，资料库里没有收录{self._register[:-1]}{doubt}）。"

    @property
    def _register(self) -> str:
        return f"（据{spoken_day(self.as_of)}的版本登记，可能不全）"

    def as_json(self) -> dict[str, object]:
        """The finding as commands print it."""
        newer = self.edition
        return {
            "id": self.document.id,
            "source": self.document.source,
            "title": self.document.title,
            "held": self.held.adopted,
            "missing": newer.title if newer else None,
            "adopted": newer.adopted if newer else self.ended,
            "in_force": newer.in_force if newer else "",
            "check": newer.check if newer else "",
            "confirmed": newer.is_confirmed if newer else True,
            "as_of": self.as_of,
        }


@dataclass(frozen=True)
class KnownEditions:
    """The rules that are registered; ``as_of`` is the day of the latest fact, and others may be missing."""

    rules: tuple[Rule, ...] = ()
    as_of: str = ""

    @cached_property
    def _by_key(self) -> dict[str, Rule]:
        return {edition_key(each.title): rule for rule in self.rules for each in rule.editions}

    def find(self, document: DocumentInfo) -> tuple[Rule, int] | None:
        """The rule that a document is, and the place of its edition; ``None`` where either is not sure.

        Titles must be equal but for the notes of editions, and whoever issued it must be a central office:
        another body's 实施细则, a lecture or a commentary is none of them.
        """
        rule = self._by_key.get(edition_key(document.title))
        if rule is None or document.metadata.get("kind", "") in _NO_RULES or not _may_be(document, rule):
            return None
        place = _place(document, rule)
        return None if place is None else (rule, place)

    def missing(self, documents: Iterable[DocumentInfo], today: datetime.date) -> list[Missing]:
        """The documents in whose stead a newer edition is in force that none of the others is, by source."""
        held = [(each, *found) for each in documents if (found := self.find(each))]
        latest = {id(rule): max(p for _, r, p in held if r is rule) for _, rule, _ in held}
        outdated = []
        for document, rule, place in held:
            now = rule.in_force(today)
            if rule.ended and rule.ended <= today.isoformat():
                outdated.append(Missing(document, rule.editions[place], None, rule.ended, self.as_of))
            elif latest[id(rule)] < now:
                newer = rule.editions[now]
                outdated.append(Missing(document, rule.editions[place], newer, "", self.as_of))
        return sorted(outdated, key=lambda each: each.document.source)


def spoken_day(day: str) -> str:
    """A day as far as known, in words: 2026年5月11日, 2026年5月, 2026年."""
    return "".join(f"{int(part)}{unit}" for part, unit in zip(day.split("-"), "年月日", strict=False) if part)


def _since(edition: Edition) -> str:
    """The first day of an edition, as the last day that it can mean: a year that has begun is not over."""
    day = edition.in_force or edition.adopted
    return day + "-12-31"[len(day) - 4 :] if len(day) < len("2026-05-11") else day


def _may_be(document: DocumentInfo, rule: Rule) -> bool:
    """Whether a document of the rule's title is the rule, not a namesake of another body's."""
    issuer = document.metadata.get("issuer", "")
    number = _number_key(document.metadata.get("number", ""))
    if number and any(number == _number_key(each.number) for each in rule.editions if each.number):
        return True
    if issuer:
        return any(each.issuer and _share(issuer, each.issuer) for each in rule.editions)
    # Without an issuer the whole title must be there: 发展党员工作细则 may be anybody's.
    key = title_key(document.title)
    return any(title_key(_bare(each.title)) in key for each in rule.editions)


def _share(one: str, other: str) -> bool:
    return bool(set(one.split()) & set(other.split())) or bool(
        _CENTRAL.search(one) and _CENTRAL.search(other)
    )


def _bare(title: str) -> str:
    return re.sub(r"[（(][^（）()]*[)）]$", "", title)


def _place(document: DocumentInfo, rule: Rule) -> int | None:
    """Which of the editions a document is; ``None`` where nothing tells."""
    number = _number_key(document.metadata.get("number", ""))
    numbered = [at for at, e in enumerate(rule.editions) if number and _number_key(e.number) == number]
    if numbered:
        return numbered[0]
    places = _of_title(document, rule)
    if len(places) < 2:
        return places[0] if places else None
    day = first_day(document)
    return _nearest(rule.editions, places, day) if day else _after_replaced(document, rule, places)


def _after_replaced(document: DocumentInfo, rule: Rule, places: Sequence[int]) -> int | None:
    """The edition that follows the ones which an undated document says that it replaces."""
    replaced = [
        next((at for at, each in enumerate(rule.editions) if _is_named(each, name)), None)
        for name in re.split("[；;]", document.metadata.get("supersedes", ""))
    ]
    known = [at for at in replaced if at is not None]
    return min((at for at in places if at > max(known)), default=None) if known else None


def _is_named(edition: Edition, name: str) -> bool:
    number, title = _number_key(edition.number), re.search("《(.+)》", name)
    return bool(number and number in _number_key(name)) or bool(
        title and title_key(title[1]) == title_key(edition.title)
    )


def _of_title(document: DocumentInfo, rule: Rule) -> Sequence[int]:
    """The editions that the title may be: those of the same key, and on trial where it says so."""
    key = edition_key(document.title)
    same = [at for at, each in enumerate(rule.editions) if edition_key(each.title) == key]
    on_trial = [at for at in same if _TRIAL.search(rule.editions[at].title)]
    if _TRIAL.search(document.title) and on_trial:
        return on_trial
    return same


def _nearest(editions: Sequence[Edition], places: Sequence[int], day: str) -> int | None:
    """The edition of that day, else the last one before it: a reprint is younger than what it prints."""
    for at in reversed(places):
        if any(each and _agree(each, day) for each in (editions[at].adopted, editions[at].in_force)):
            return at
    before = [at for at in places if editions[at].adopted <= day]
    return before[-1] if before else None


def _agree(one: str, other: str) -> bool:
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def _number_key(number: str) -> str:
    return re.sub(r"[\W_]+|第", "", fold_width(number))
