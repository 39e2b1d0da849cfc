"""Collected documents beside the checkout, where they are there: noisy and sound ones."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from ingest.cleaning import clean
from ingest.decoding import decode
from ingest.records import CleanedDocument, RawDocument

SHARED = Path(__file__).parents[4] / "shared"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared corpus is not here")

# What a site added to the collected reports; some of their clean halves carry it too.
ADDED = re.compile(
    r"\A(?:\d{4}-\d\d-\d\d[ \d:]*)?，正文：(?:原标题：)?"
    r"|返回搜狐，查看更多责任编辑：\s*\Z|广告 [^\n×]{1,100} ×"
)


def document(path: Path) -> CleanedDocument:
    text, encoding = decode(path.read_bytes())
    return clean(RawDocument(text=text, format="text", encoding=encoding))


def comparable(text: str) -> str:
    """Without white space, width and style of quotation marks."""
    folded = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\ufeff]", "", re.sub("[“”]", '"', re.sub("[‘’]", "'", folded)))


def files(pattern: str) -> list[Path]:
    return sorted(SHARED.glob(pattern))


@pytest.mark.parametrize("path", files("gold/*.txt"), ids=lambda path: path.stem[:3])
def test_a_seed_agrees_with_the_gold_text(path: Path) -> None:
    seed = document(SHARED / "seeds" / path.name)
    assert comparable(seed.text) == comparable(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", files("corpus/noisy_pairs/*.noisy.txt"), ids=lambda path: path.stem[:2])
def test_a_noisy_document_becomes_its_clean_half(path: Path) -> None:
    half = path.with_name(path.name.replace(".noisy", ".clean")).read_text(encoding="utf-8")
    assert comparable(document(path).text) == comparable(ADDED.sub("", half))


@pytest.mark.parametrize(
    "path",
    [*files("corpus/news/*.txt"), *files("corpus/regulations/*.md"), *files("corpus/formats/*.txt")],
    ids=lambda path: path.stem[:12],
)
def test_nothing_that_the_author_wrote_is_lost_or_gained(path: Path) -> None:
    cleaned = document(path)
    assert comparable(cleaned.text) == comparable(ADDED.sub("", cleaned.raw))
    assert cleaned.quarantine is None


@pytest.mark.parametrize("path", files("corpus/noisy/control*.txt"), ids=lambda path: path.stem[:9])
def test_the_controls_keep_every_annotation(path: Path) -> None:
    cleaned = document(path)
    assert len("".join(cleaned.text.split())) == len("".join(cleaned.raw.split()))
    assert re.findall(r"\(.*?\)", cleaned.text) == re.findall(r"\(.*?\)", cleaned.raw.strip())
    assert cleaned.quarantine is None
