"""Scores: one range, one direction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.scoring import (
    BIGRAMS,
    WORDS,
    Parts,
    PassageTerms,
    TermStatistics,
    bm25,
    dense_part,
    mean_lengths,
)

share = st.floats(min_value=0, max_value=1)


def passage(words: str) -> PassageTerms:
    return PassageTerms.from_columns((words, words, ""))


STATISTICS = TermStatistics(100, {(WORDS, "议事"): 3, (WORDS, "党员"): 60})


def test_a_rare_term_says_more_than_a_common_one() -> None:
    terms = {"议事": 1.0, "党员": 1.0}
    rare = bm25(terms, passage("议事 会议"), STATISTICS, WORDS, 2.0)
    common = bm25(terms, passage("党员 会议"), STATISTICS, WORDS, 2.0)
    assert 1 >= rare > common > 0


def test_a_synonym_adds_evidence_but_never_more_than_the_word_itself() -> None:
    own = bm25({"议事": 1.0}, passage("议事"), STATISTICS, WORDS, 1.0)
    synonym = bm25({"转正": 1.0, "议事": 0.35}, passage("议事"), STATISTICS, WORDS, 1.0)
    assert 0 < synonym < own <= 1


def test_a_question_without_terms_scores_nothing() -> None:
    assert bm25({}, passage("议事"), STATISTICS, BIGRAMS, 1.0) == 0


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
