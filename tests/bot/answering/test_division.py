"""Several questions in one message, each looked up by itself."""

from __future__ import annotations

import pytest

from bot.answering.division import PARTS_MAX, divided


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("什么是社区党建?它有什么特点?", ("什么是社区党建", "社区党建有什么特点？")),
        ("全省网民规模有多大,互联网普及率多少?", ("全省网民规模有多大", "互联网普及率多少")),
        ("议事会的會長和秘書長分別由誰擔任?", ("议事会的会长由谁担任", "议事会的秘书长由谁担任")),
        ("全省有多少个社区,莫愁社区有多少名党员?", ("全省有多少个社区", "莫愁社区有多少名党员")),
        ("怎样扩大覆盖面,“两新”组织的重点是什么?", ("怎样扩大覆盖面", "“两新”组织的重点是什么")),
        ("海口、三亚各有什么办法?", ("海口有什么办法", "三亚有什么办法")),
        ("新经济和新社会组织的党建各按什么管?", ("新经济的党建按什么管", "新社会组织的党建按什么管")),
        ("工作机制里，核心、主体各是谁?", ("工作机制里核心是谁", "工作机制里主体是谁")),
    ],
)
def test_questions_asked_in_one_breath_are_taken_apart(message: str, parts: tuple[str, ...]) -> None:
    assert divided(message) == parts


@pytest.mark.parametrize(
    "question",
    [
        "社区党员议事会有哪五个议事程序?",
        "党员越来越多，社区最头疼的是啥?",
        "各级党组织的职责是什么?",
        "支部委员会由几个人组成,请问?",
        "你好。请问预备期多长?谢谢!",
        "？？，，。",
        "",
    ],
)
def test_a_single_question_is_left_whole(question: str) -> None:
    assert divided(question) == ()


def test_a_flood_of_questions_is_not_taken_apart() -> None:
    assert divided("预备期多长?" * (PARTS_MAX + 1)) == ()
