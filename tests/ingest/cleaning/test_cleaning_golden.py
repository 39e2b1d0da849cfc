"""The five seeds against their golden files, and what may remain in none of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.cleaning import clean
from ingest.cleaning.byteslip import UNKNOWN
from ingest.cleaning.script import is_traditional
from ingest.decoding import decode
from ingest.records import CleanedDocument, RawDocument

ROOT = Path(__file__).parents[3]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
GOLDEN = ROOT / "tests" / "golden"
REMNANTS = re.compile(
    r"\([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]{1,6}\)|[?|�\ue000-\uf8ff]|本站|客服|公务员之家|上传|_第\d+页"
    r"|ICP|Copyright|范文|亚洲|武穴市|展开阅读|随便看|推荐阅读|[姐迗迖毎栽]|福社|的个,仅"
)


def seed(path: Path) -> CleanedDocument:
    text, encoding = decode(path.read_bytes())
    return clean(RawDocument(text=text, format="text", encoding=encoding))


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem[:3])
def test_a_seed_is_cleaned_as_its_golden_file_says(path: Path) -> None:
    assert seed(path).text + "\n" == (GOLDEN / path.name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem[:3])
def test_no_remnant_of_any_defect_stays_in_a_seed(path: Path) -> None:
    text = seed(path).text
    assert REMNANTS.findall(text) == []
    assert UNKNOWN not in text and not is_traditional(text)


@pytest.mark.parametrize(
    ("start", "slips"), [("000", ["象雨后春笋", "不泛少数"]), ("002", ["德高望众", "一交性", "自已"])]
)
def test_the_authors_own_slips_stay_and_are_reported(start: str, slips: list[str]) -> None:
    document = seed(next(path for path in SEEDS if path.name.startswith(start)))
    for slip in slips:
        assert slip in document.text
        assert any(slip in warning for warning in document.warnings)


def test_all_seeds_are_found() -> None:
    assert len(SEEDS) == 5
