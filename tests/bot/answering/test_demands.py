"""What a question demands for certain; the rows of the table are its examples."""

from __future__ import annotations

from importlib.resources import files

import pytest

from bot.answering.demands import asks_number, count_asked, counts_to, states_number
from retrieval.places import places_named

ROWS = [
    line.partition("\t")[::2]
    for line in files("bot.answering").joinpath("data/demands.tsv").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("question", "places"), ROWS)
def test_the_places_that_a_question_names(question: str, places: str) -> None:
    assert "|".join(places_named(question)) == places.strip()


@pytest.mark.parametrize(
    ("question", "count"),
    [("议事会有哪五个程序", 5), ("哪12项职责", 12), ("有哪些程序", 0), ("哪个程序", 0), ("去了哪里", 0)],
)
def test_how_many_things_are_to_be_named(question: str, count: int) -> None:
    assert count_asked(question) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("通过自购、自建、联建、租赁、置换等“五种途径”", 5),
        ("四必访:生病住院必访、有不满情绪必访、对困难家庭必访、逝世党员必访,精神上给予慰藉。", 4),
        ("认证标志分为强制性认证标志和自愿性认证标志。", 2),
        ("建立了两项制度。", 2),
        ("實行年度報告制、任期制、評議制。", 3),
    ],
)
def test_what_names_so_many_things(text: str, count: int) -> None:
    assert counts_to(text, count)
    assert not counts_to(text, count + 3)


def test_numbers_asked_for_and_stated() -> None:
    assert asks_number("聘任了多少人") and not asks_number("谁来主持")
    assert states_number("聘任341人") and states_number("每半年一次") and not states_number("出台了办法")
