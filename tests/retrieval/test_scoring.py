"""Scores: one range, one direction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.scoring import (
    BIGRAMS,
    HEADINGS,
    WORDS,
    Parts,
    PassageTerms,
    TermStatistics,
    bm25,
    dense_part,
    mean_lengths,
    weighted,
)

share = st.floats(min_value=0, max_value=1)


def passage(words: str) -> PassageTerms:
    return PassageTerms((words, words, ""))


STATISTICS = TermStatistics(100, {(WORDS, "议事"): 3, (WORDS, "党员"): 60})


def mark(terms: dict[str, float], words: str, *, mean_length: float = 1.0) -> float:
    return bm25(weighted(terms, STATISTICS, WORDS), passage(words), mean_length)


def test_a_rare_term_says_more_than_a_common_one() -> None:
    terms = {"议事": 1.0, "党员": 1.0}
    rare = mark(terms, "议事 会议", mean_length=2.0)
    common = mark(terms, "党员 会议", mean_length=2.0)
    assert 1 >= rare > common > 0


def test_a_synonym_adds_evidence_but_never_more_than_the_word_itself() -> None:
    own = mark({"议事": 1.0}, "议事")
    synonym = mark({"转正": 1.0, "议事": 0.35}, "议事")
    assert 0 < synonym < own <= 1


def test_a_question_without_terms_scores_nothing() -> None:
    assert mark({}, "议事") == 0


@given(
    st.lists(st.sampled_from(["党", "党员", "员党", "党员党", "1+3"])), st.sampled_from(["党", "党员", "员"])
)
def test_terms_are_counted_whole(terms: list[str], wanted: str) -> None:
    stored = PassageTerms(("", " ".join(terms), ""))
    assert stored.count(BIGRAMS, wanted) == terms.count(wanted)
    assert (stored.lengths[BIGRAMS], stored.bigrams) == (len(terms), frozenset(terms))
    assert (stored.count(HEADINGS, wanted), stored.lengths[HEADINGS]) == (0, 0)


def test_lengths_are_never_zero() -> None:
    assert mean_lengths([]) == (1.0, 1.0, 1.0)


@given(share, share, share, st.one_of(st.just(-1.0), share), st.sampled_from([0.0, 0.25, 0.5]))
def test_every_score_lies_between_0_and_1(w: float, b: float, h: float, dense: float, lift: float) -> None:
    assert 0 <= Parts(w, b, h, dense, lift).score <= 1


@given(share, share)
def test_a_higher_part_never_lowers_the_score(low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert Parts(low, 0.5, 0.5, 0.5).score <= Parts(high, 0.5, 0.5, 0.5).score


def test_the_dense_part_is_cut_at_both_ends_and_absent_without_vectors() -> None:
    assert (dense_part(0.5), dense_part(0.99), dense_part(None)) == (0.0, 1.0, -1.0)
