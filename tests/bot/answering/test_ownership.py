"""Whose number a sentence tells."""

from __future__ import annotations

import pytest

from bot.answering.kinds import asked
from bot.answering.ownership import tells_of
from bot.answering.support import ContentTerm
from retrieval.normalise import search_key
from retrieval.question import analyse


@pytest.mark.parametrize(
    ("question", "owner", "sentence", "is_told"),
    [
        ("海口下沉了多少个编制?", "海口", "2015年8月,海口市委通过方案,将992个编制下沉到城区。", True),
        ("上海聘任了多少名工作人员?", "上海", "三亚市聘任工作人员341名;上海市把书记纳入规划。", False),
        ("银河社区有多少名党员?", "银河", "长青村党总支17名党员、8名代表,银河社区的代表参加活动。", False),
        ("党小组至少有几名党员?", "党小组", "划分党小组51个,1288名党员编入支部。", False),
        ("星火公司党委有多少名党员?", "星火", "共有基层党委1家(星火公司党委),党员共4671名。", False),
        ("长青社区有几个支部?", "长青", "长青社区*年12月成立党委,选出委员,成立5个支部。", True),
        ("听党课多少个学时?", "党课", "培训时间不少于24个学时。", False),
        ("预备期多长?", "预备期", "预备党员的预备期为一年。", True),
    ],
)
def test_a_figure_is_told_of_its_owner(question: str, owner: str, sentence: str, is_told: bool) -> None:
    owners = [ContentTerm(owner, 4.0, (), is_name=False)]
    wanted = asked(analyse(question))
    assert tells_of(wanted, owners, search_key(sentence), "") is is_told


def test_an_owner_may_stand_in_the_heading_above() -> None:
    owners = [ContentTerm("党课", 4.0, (), is_name=False)]
    wanted = asked(analyse("听党课多少个学时?"))
    assert tells_of(wanted, owners, "每年不少于24个学时。", "第3章 党课")
