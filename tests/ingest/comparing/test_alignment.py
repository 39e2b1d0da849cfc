"""Two texts clause by clause: the changes found are those that were made."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.comparing import CHANGES, compare
from ingest.comparing.wording import replacements, stretches

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"
NUMERALS = "一二三四五六七八九十"
BODIES = (
    "为了规范社区党员活动阵地的管理，根据《中国共产党章程》，制定本办法。",
    "活动阵地由社区党组织统一管理。日常开放由值班党员负责。",
    "党员活动室每周二、周五下午开放，遇节假日顺延。开放时间应当在门口公示。",
    "使用活动室的支部应当提前三天登记。登记内容包括时间、人数和用途。",
    "党小组会每季度召开一次，由组长主持。会议情况记入党员手册。",
    "流动党员外出超过六个月的，应当办理活动证，并定期报告外出情况。",
    "经费实行专款专用。每笔支出须经两名以上支部委员签字。",
    "对无故连续三次不参加活动的党员，支部书记应当与其谈话。",
    "活动室的设备损坏的，由责任人照价赔偿；无法查明的，由支部承担。",
    "本办法由街道党工委负责解释，自二〇二三年五月一日起施行。",
)  # fmt: skip


def printed(bodies: list[tuple[str, str]]) -> str:
    return "社区党员活动阵地管理办法\n" + "\n".join(f"{label}　{body}" for label, body in bodies)


def numbered(bodies: list[str]) -> list[tuple[str, str]]:
    return [
        (f"第{NUMERALS[at] if at < 10 else '十' + NUMERALS[at - 10]}条", each)
        for at, each in enumerate(bodies)
    ]


def halves(body: str) -> tuple[str, str]:
    first, stop, second = body.partition("。")
    return first + stop, second


@settings(max_examples=150, deadline=None)
@given(
    at=st.integers(0, 9),
    to=st.integers(0, 9),
    kind=st.sampled_from(["gone", "new", "moved", "split", "merged", "changed", "same"]),
    renumbers=st.booleans(),
)
def test_the_change_found_is_the_one_that_was_made(at: int, to: int, kind: str, renumbers: bool) -> None:
    old = numbered(list(BODIES))
    new = list(old)
    made = Counter({kind: 1})
    if kind == "gone":
        del new[at]
    elif kind == "new":
        new.insert(at, ("第二十条", "党员志愿者的服务时长由社区每年核定并公布。"))
    elif kind == "moved":
        new.insert(to, new.pop(at))
        made = Counter({kind: int(at != to)})
    elif kind == "split":
        first, second = halves(old[at][1])
        new[at : at + 1] = [(old[at][0], first), ("第二十条", second)] if second else [old[at]]
        made = Counter({kind: int(bool(second))})
    elif kind == "merged":
        at = min(at, 8)
        new[at : at + 2] = [(old[at][0], old[at][1] + old[at + 1][1])]
    elif kind == "changed":
        new[at] = (old[at][0], old[at][1].replace("党", "团", 1).replace("活动室", "图书室"))
        made = Counter({kind: int(new[at] != old[at])})
    if renumbers:
        new = numbered([body for _, body in new])
    found = compare(printed(old), printed(new)).counts()
    assert {change: count for change, count in found.items() if change != "same"} == {
        change: count for change, count in made.items() if count and change != "same"
    }


REGULATIONS = [
    *(CORPUS / "regulations").glob("*.md"),
    *(CORPUS / "formats").glob("支部工作条例_utf8bom*.txt"),
]


@pytest.mark.skipif(not REGULATIONS, reason="the shared corpus is not here")
@pytest.mark.parametrize("path", REGULATIONS, ids=lambda path: path.name)
def test_ten_deletions_in_a_real_regulation_are_found_and_no_more(path: Path) -> None:
    text = path.read_text(encoding="utf-8-sig")
    lines = [line for line in text.splitlines() if line.strip()]
    assert set(compare(text, text).counts()) == {"same"}
    starts = [at for at, line in enumerate(lines) if line.lstrip("# ").startswith("第") and "条" in line[:12]]
    chance = random.Random(15)
    for _ in range(20):
        gone = sorted(chance.sample(range(len(starts) - 1), 10))
        ends = {at: _clause_end(lines, starts, at) for at in gone}
        left = [line for n, line in enumerate(lines) if not any(starts[at] <= n < ends[at] for at in gone)]
        found = compare("\n".join(lines), "\n".join(left))
        assert dict(found.counts()) == {"same": len(found.pairs) - 10, "gone": 10}


def _clause_end(lines: list[str], starts: list[int], at: int) -> int:
    for n in range(starts[at] + 1, starts[at + 1]):
        if "章" in lines[n][:12]:
            return n
    return starts[at + 1]


def test_a_clause_with_another_number_and_the_same_wording_is_the_same() -> None:
    found = compare("第一条　甲乙丙丁。\n第二条　戊己庚辛。", "第一条　戊己庚辛。")
    assert [(pair.change, *(each.label for each in (*pair.old, *pair.new))) for pair in found.pairs] == [
        ("gone", "第一条"),
        ("same", "第二条", "第一条"),
    ]


def test_what_has_one_number_and_nothing_else_in_common_is_gone_and_new() -> None:
    old = "第一条　活动阵地由社区党组织统一管理。"
    new = "第一条　每笔支出须经两名委员签字。"
    assert set(compare(old, new).counts()) == {"gone", "new"}


def test_the_json_has_every_key_of_the_contract_on_either_side() -> None:
    rows = [each.as_json() for each in compare("第一条　甲乙丙丁。", "第二条　戊己庚辛。").pairs]
    assert all(list(row) == ["change", "old", "new"] and row["change"] in CHANGES for row in rows)
    assert all(list(row[side]) == ["label", "text"] for row in rows for side in ("old", "new"))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("一般每季度召开1次。", "一般每月召开1次。", [("每季度", "每月")]),
        ("由书记主持。", "由书记主持，委员轮流记录。", [("", "，委员轮流记录")]),
        ("提前3天登记", "提前5个工作日登记", [("3天", "5个工作日")]),
        ("一字未改。", "一字未改。", []),
    ],
)
def test_what_changed_within_a_clause_is_told_by_words(
    old: str, new: str, found: list[tuple[str, str]]
) -> None:
    assert replacements(old, new) == found


@given(
    st.text(alphabet="党员每月季度。，\n12", max_size=60),
    st.text(alphabet="党员每月季度。，\n12", max_size=60),
)
@settings(deadline=None)
def test_the_stretches_joined_are_both_wordings(old: str, new: str) -> None:
    found = stretches(old, new)
    assert "".join(each.old for each in found) == old
    assert "".join(each.new for each in found) == new


def test_a_long_clause_is_compared_by_sentences_first() -> None:
    sentences = [f"党员应当参加第{at}次组织生活，并且按时交纳党费，完成支部分配的任务。" for at in range(300)]
    changed = [*sentences[:150], sentences[150].replace("按时", "按月"), *sentences[151:]]
    assert replacements("".join(sentences), "".join(changed)) == [("按时", "按月")]


ENCODINGS = {"utf8bom": "utf-8-sig", "utf16le": "utf-16", "gb18030": "gb18030"}
PAIRS = Path(__file__).parent / "pairs"
# What was read by eye: the change, the old number, the new one; headings and titles are left out.
READ = {
    "audio": [
        ("changed", "第九条", "第九条"),
        ("changed", "第十一条", "第十一条"),
        ("changed", "第二十条", "第二十条"),
        ("changed", "第二十三条", "第二十三条"),
        ("changed", "第二十五条", "第二十五条"),
        ("changed", "第二十九条", "第二十九条"),
        ("gone", "第三十条", ""),
        ("changed", "第三十二条", "第三十一条"),
        ("changed", "第三十三条", "第三十二条"),
        ("new", "", "第三十五条"),
        ("gone", "第四十一条", ""),
    ],
    "election": [("changed", f"第{n}条", f"第{n}条") for n in "一二三四五"],
}


@pytest.mark.parametrize("name", READ)
def test_a_real_pair_is_told_as_it_was_read_by_eye(name: str) -> None:
    old, new = ((PAIRS / f"{name}_{side}.txt").read_text(encoding="utf-8") for side in ("old", "new"))
    rows = [pair.as_json() for pair in compare(old, new).differing]
    found = [(row["change"], row["old"]["label"], row["new"]["label"]) for row in rows]  # type: ignore[index]
    assert [each for each in found if any(each[1:])] == READ[name]
    assert set(compare(new, new).counts()) == {"same"}


@pytest.mark.skipif(not REGULATIONS, reason="the shared corpus is not here")
def test_three_files_of_one_edition_are_the_same() -> None:
    (first,) = (CORPUS / "regulations").glob("reg01*.md")
    text = first.read_text(encoding="utf-8")
    for path in (CORPUS / "formats").glob("支部工作条例_*.txt"):
        encoding = {"utf8bom": "utf-8-sig", "utf16le": "utf-16", "gb18030": "gb18030"}[
            path.stem.split("_")[1]
        ]
        assert set(compare(text, path.read_text(encoding=encoding)).counts()) == {"same"}


def test_a_line_break_is_no_difference() -> None:
    assert replacements("届满应按期换届。如需延期，应报批。", "届满应按期换届。\n如需延期，应报批。") == []
