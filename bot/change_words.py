"""What becomes of a clause, in the words that people read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from ingest.comparing import Change, Clause, ClausePair, Comparison
from ingest.comparing.alignment import joined_label
from ingest.comparing.rewording import Reworded, Rewording

CHANGE_WORDS: dict[Change, str] = {
    "same": "未变",
    "changed": "修改",
    "moved": "移动",
    "new": "新增",
    "gone": "删去",
    "split": "拆分",
    "merged": "合并",
}
_OPENING_CHARS = 12
_BLANK_LINES = re.compile(r"\n\s*\n")


def summary(found: Comparison) -> str:
    """The whole comparison in one sentence: 修改 3 处，新增 1 处；其余 40 处未变。"""
    counts = found.counts()
    unchanged = counts.pop("same", 0)
    if not counts:
        return f"两份文字相同，共 {unchanged} 处。" if unchanged else "两份都没有文字。"
    differing = "，".join(f"{CHANGE_WORDS[change]} {count} 处" for change, count in counts.items())
    return f"{differing}；其余 {unchanged} 处未变。"


def heading(pair: ClausePair) -> str:
    """What a pair is called: 第三条, 第三条 → 第四条, or the opening of what has no number."""
    old, new = _name(pair.old), _name(pair.new)
    return old or new if old == new or not (old and new) else f"{old} → {new}"


def wording(clauses: Sequence[Clause]) -> str:
    """The wording of a side, without blank lines."""
    return _BLANK_LINES.sub("\n", "\n".join(each.text for each in clauses))


def _name(clauses: Sequence[Clause]) -> str:
    if not clauses:
        return ""
    if label := joined_label(clauses):
        return label
    text = " ".join(clauses[0].text.split())
    return text if len(text) <= _OPENING_CHARS else f"“{text[:_OPENING_CHARS]}…”"


def grouped(pairs: Sequence[ClausePair]) -> list[tuple[bool, list[ClausePair]]]:
    """The pairs in runs, in order: those that are the same together, with ``True``, and those between."""
    return [(is_same, list(run)) for is_same, run in groupby(pairs, key=lambda each: each.change == "same")]


def run_name(run: Sequence[ClausePair]) -> str:
    """What a run of unchanged clauses is called: 第一条至第五条未变; headings where it has no clause."""
    labels = [label for each in run if (label := joined_label(each.new))]
    named = [label for label in labels if "条" in label] or labels
    if not named:
        return f"{len(run)} 段未变"
    return f"{named[0]}未变" if named[0] == named[-1] else f"{named[0]}至{named[-1]}未变"


def places(pairs: Sequence[ClausePair]) -> dict[ClausePair, str]:
    """Where moved clauses stand now: 现在第七条之后, or 现在最前."""
    found: dict[ClausePair, str] = {}
    before = ""
    for pair in pairs:
        if pair.change == "moved":
            found[pair] = f"现在{before}之后" if before else "现在最前"
        if pair.new:
            before = joined_label(pair.new[-1:]) or before
    return found


def rewording_sentence(found: Rewording, limit: int = 5) -> str:
    """What became of a document's wording, in one line: 第二条“每季度”改为“每月”；另有 2 处."""
    told = [_place(each) for each in found.places[:limit]]
    more = sum(found.counts.values()) - len({each.label for each in found.places[:limit]})
    return "；".join([*told, *([f"另有 {more} 处"] if more > 0 else [])])


def _place(each: Reworded) -> str:
    where = each.label or ("标题或正文" if each.change == "changed" else "一段")
    if each.change != "changed":
        return f"{CHANGE_WORDS[each.change]}{where}" + ("" if each.label else f"“{each.new or each.old}”")
    if not each.old:
        return f"{where}加上“{each.new}”"
    return f"{where}“{each.old}”" + (f"改为“{each.new}”" if each.new else "删去")
