"""The label of a quote is the number printed before its clause, whatever is missing or cited between."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.documents import read_document
from ingest.passages import make_passages
from ingest.structure import parse
from ingest.units import cut_units
from retrieval.clause_labels import clause_key
from retrieval.records import SECTION_SEPARATOR

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "corpus"
# Printed in several ways: Markdown, Word with full-width spaces, plain text.
NAMES = (
    SHARED / "regulations" / "reg01_中国共产党支部工作条例（试行）.md",
    SHARED / "regulations" / "reg05_中国共产党发展党员工作细则_含印发通知.md",
    SHARED / "legal" / "物业管理条例.docx",
    SHARED / "legal" / "专利代理条例.docx",
    SHARED / "legal" / "无人驾驶航空器飞行管理暂行条例.docx",
    SHARED / "legal" / "肉制品生产许可审查细则（2023版）.docx",
    *(
        ROOT / "training" / "data" / "documents" / f"{name}.txt"
        for name in ("d01", "d32", "g12", "g18", "g20", "g29")
    ),
)  # fmt: skip
_N = r"[零〇一二三四五六七八九十百\d]+"
_STARTS = re.compile(rf"^[#\s]*(?:第\s?{_N}\s?(条|[编章节])(?:之{_N})?)(?=[\s　:：]|$)")
_CITING = "第九条所称党组织，第十条、第十一条规定的党员，都从其规定。"


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the label of the clause that it is, empty for all others."""
    label, lines = "", []
    for line in text.split("\n"):
        if start := _STARTS.match(line):
            yield label, "\n".join(lines)
            label, lines = (clause_key(line) if start[1] == "条" else ""), []
        lines.append(line)
    yield label, "\n".join(lines)


def torn(pieces: list[tuple[str, str]], dice: random.Random) -> list[tuple[str, str]]:
    """The pieces with clauses left out, put elsewhere, cited and quoted inside others."""
    kept = [piece for piece in pieces if not piece[0] or dice.random() > 0.3]
    clauses = [n for n, (label, _) in enumerate(kept) if label]
    for n in dice.sample(clauses, len(clauses) // 5):
        other = dice.choice(clauses)
        kept[n], kept[other] = kept[other], kept[n]
    for n in dice.sample(clauses, len(clauses) // 4):
        label, words = kept[n]
        _, quoted = dice.choice([piece for piece in pieces if piece[0] and len(piece[1]) < 1_000])
        quoted = quoted.strip().replace("“", "").replace("”", "")
        several = f"修改为：“{quoted}\n第三十条 {quoted}”"
        cited = dice.choice([_CITING, f"“{quoted}”", several, "第四条的期限另定。"])
        kept[n] = label, f"{words.rstrip()}\n{cited}"
    return kept


def wrong(pieces: list[tuple[str, str]]) -> tuple[int, list[tuple[str, ...]]]:
    """How many units of clauses there are, and those whose label is not the one printed before them."""
    text = "\n".join(words for _, words in pieces)
    at, spans = 0, []
    for label, words in pieces:
        spans.append((at, at + len(words), label))
        at += len(words) + 1

    def printed(start: int) -> str:
        return next(label for a, b, label in spans if a <= start <= b)

    found = [
        (printed(unit.start), _clause_of(unit.path), text[unit.start : unit.end][:30])
        for unit in cut_units(text)
    ]
    found += [
        (printed(span.start), _clause_of(span.section.split(SECTION_SEPARATOR)), text[span.start : span.end])
        for span in make_passages(text)
        if span.kind == "clause" and _STARTS.match(text[span.start : span.end].partition("\n")[0])
        and "条" in text[span.start : span.start + 12]
    ]  # fmt: skip
    clauses = [each for each in found if each[0]]
    return len(clauses), [each for each in clauses if each[0] != each[1]]


def _clause_of(path: tuple[str, ...] | list[str]) -> str:
    return next((key for part in reversed(path) if (key := clause_key(part))), "")


@pytest.mark.parametrize("path", NAMES, ids=lambda path: path.stem[:12])
def test_torn_regulations_keep_their_numbers(path: Path) -> None:
    if not path.exists():
        pytest.skip("not in this checkout")
    text = read_document(path.read_bytes(), path.name).text
    pieces = list(blocks(text))
    assert sum(bool(label) for label, _ in pieces) > 10
    total = 0
    for seed in range(10):
        count, mistaken = wrong(torn(pieces, random.Random(seed)))
        total += count
        assert mistaken == [], seed
    assert total > 100


def test_a_text_without_numbers_has_no_labels() -> None:
    text = "支部的一天\n党员们早早来到会议室。\n第九条所称的期限，大家都记得。\n会后大家清扫了街道。"
    assert not any(_clause_of(unit.path) for unit in cut_units(text))
    assert not any(node.kind == "clause" for node in parse(text).walk())


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("第十九条 甲方办理。\n第二十五条 乙方办理。", ["第19条", "第25条"]),
        ("第十二条 甲方。\n第十二条之一 乙方。\n第十二条之二 丙方。", ["第12条", "第12条之1", "第12条之2"]),
        ("第一条　甲方办理。第二条　乙方办理。第三条　丙方依照第二条办理。", ["第1条", "第2条", "第3条"]),
        ("第 3 条 甲方。\n第 8 条 乙方。", ["第3条", "第8条"]),
        ("第一条为了规范工作，制定本办法。\n第二条对党员的要求如下。", ["第1条", "第2条"]),
        ("第一条 甲方。\n第九条规定的期限，从其规定。\n第二条 乙方。", ["第1条", "第1条", "第2条"]),
        ("第一条 甲方：“第五条 乙方。\n第六条 丙方。”\n照此办理。\n第二条 丁方。", ["第1条"] * 3 + ["第2条"]),
    ],
)  # fmt: skip
def test_labels_as_printed(text: str, labels: list[str]) -> None:
    found = {}
    for unit in cut_units(text):
        found.setdefault(unit.start, _clause_of(unit.path))
    assert list(found.values())[: len(labels)] == labels or [*dict.fromkeys(found.values())] == labels


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("第 1 章 引言\n1.1 目的\n规范使用。\n第 2 章 账号\n2.1 开户\n2.2.1 权限\n每个支部一名。",
         ("第 2 章 账号", "2.2.1 权限")),
        ("第一章 总则\n第一条 甲方。\n第九章 附则\n第八十条 乙方。", ("第九章 附则", "第八十条")),
        ("一、时间\n五月。\n七、地点\n会议室。", ("七、地点",)),
        ("1.1 目的\n规范。\n2.1 开户\n填表。", ("2.1 开户",)),
        ("目 录\n一、设置 ........ (1)\n二、生活 ........ (2)\n一、设置\n两名委员。\n二、生活\n每月一次。",
         ("二、生活",)),
    ],
)  # fmt: skip
def test_the_headings_above_the_last_sentence(text: str, path: tuple[str, ...]) -> None:
    assert cut_units(text)[-1].path == path
