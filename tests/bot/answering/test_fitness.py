"""What a question wants, and whether a text holds it."""

from __future__ import annotations

import pytest

from bot.answering.fitness import (
    asks_for_absent,
    explains,
    holds,
    holds_phrase,
    members,
    names_a_locality,
)
from bot.answering.kinds import asked
from retrieval.normalise import search_key
from retrieval.question import analyse


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("社区党员议事会有哪五个议事程序?", "list"),
        ("党支部的基本任务有哪些", "list"),
        ("全省有多少个社区?", "number"),
        ("城镇化率是多少", "number"),
        ("预备期多长?", "period"),
        ("发展对象公示几个工作日?", "period"),
        ("党小组会多久开一次?", "period"),
        ("条例从哪天起施行?", "date"),
        ("莫愁新寓社区党委是哪一年成立的?", "date"),
        ("会议在哪里召开?", "place"),
        ("支部大会由谁主持?", "person"),
        ("什么是社区党建?", "definition"),
        ("“1+3”社区党组织体系是什么?", "definition"),
        ("为什么要抓楼宇党建?", "why"),
        ("整改情况要作为什么的重要内容?", "other"),
        ("会议传达精神是几月几号?", "date"),
        ("不合格党员怎么处理?", "how"),
        ("党支部（）对积极分子进行一次考察。", "blank"),
        ("支部工作条例第十三条怎么规定?", "clause"),
        ("培训班是哪几天举办的?", "date"),
        ("有的书记咋觉得抓党建不如抓经济?", "why"),
    ],
)
def test_the_kind_of_a_question_is_told(question: str, kind: str) -> None:
    assert asked(analyse(question)).kind == kind


def test_counts_measures_and_items_are_read_off_the_question() -> None:
    assert asked(analyse("“四必访”是指哪四必访?")).count == 4
    assert asked(analyse("在“八有”之外又新增了哪“四有”?")).count == 4
    assert asked(analyse("经费要纳入哪几级的预算?")).noun == "预算"
    assert asked(analyse("发展党员的总要求是哪十六个字?")).count == 0
    assert asked(analyse("“五种服务模式”都有哪些?")).subject == "5种服务模式"
    assert asked(analyse("五种服务模式有哪些?")).subject == "5种服务模式"
    assert asked(analyse("啥叫公推直选")).subject == "公推直选"
    assert asked(analyse("“协会+党委”模式解决什么问题?")).subject is None
    assert asked(analyse("阵地由哪些组成?")).toward == ("", "")
    assert asked(analyse("“微平台”在“线下”有哪些服务?")).subject is None
    assert asked(analyse("给街道党工委哪三项权?")).noun == "权"
    assert asked(analyse("报告要向谁报告?")).toward == ("向", "报告")
    assert asked(analyse("申请入党需要几名介绍人?")).measure == "名"
    assert asked(analyse("入党要几个人介绍?")).measure == "人"
    assert asked(analyse("多少人以上要设支委会?")).bound == "以上"
    assert asked(analyse("议事程序的第三步是什么?")).item == 3
    assert asked(analyse("第二十四条规定了什么?")).clause == 24
    assert asked(analyse("总要求是哪十六个字?")).characters == 16
    assert asked(analyse("三个“新”是什么?")).shared == "新"
    assert asked(analyse("对“专人、专职、兼职”的要求是什么?")).quoted == ("专人", "专职", "兼职")
    assert asked(analyse("党支部书记是谁?")).name
    assert not asked(analyse("党支部书记是谁选出来的?")).name
    assert asked(analyse("社区成立于什么时候?")).deed == "成立"


@pytest.mark.parametrize(
    ("question", "text", "is_held"),
    [
        ("申请入党需要几名介绍人?", "发展对象应当有两名正式党员作入党介绍人。", True),
        ("申请入党需要几名介绍人?", "（一）入党介绍人的任务是介绍情况。", False),
        ("社区党委选了几个委员?", "公推直选,选出5位委员。", True),
        ("全市有多少户居民?", "居民代表3人参加,社区有党员96人。", False),
        ("多少人以上要设支委会?", "有正式党员 7 人以上的党支部，应当设立党支部委员会。", True),
        ("多少人以上要设支委会?", "党支部委员会由 3 至 5 人组成。", False),
        ("城镇化率是多少?", "常住人口城镇化率56.8%。", True),
        ("发展对象公示几个工作日?", "公示时间为5个工作日。", True),
        ("会长的工资是多少?", "会长由老党员担任,共有五个程序。", False),
        ("60岁以上的占多少?", "60周岁以上人员占58.9%。", True),
        ("社区党委是哪一年成立的?", "*年12月经批准成立党委。", False),
        ("预备期多长?", "预备党员的预备期为一年。", True),
        ("任期几年?", "每年进行党务工作者培训。", False),
        ("党小组会几次?", "党小组会一般每月召开。", True),
        ("社区工作者每月工资多少?", "聘任社区工作人员341人,落实待遇。", False),
        ("广场一共有几层楼?", "组建3年多,解决困难5件。", False),
        ("主题党日要开几个小时?", "每月固定1天开展主题党日。", False),
        ("听党课多少个学时?", "全年不少于24个学时。", True),
        ("书记最多连任几届?", "每届任期5年。", False),
        ("多少名党员以上要设党总支?", "党总支17名流动党员参加。", False),
        ("每年来过冬的有多少人啊?", "每年还有100多万“候鸟人群”。", True),
        ("有多少社区连专项钱都没有?", "全省65个社区没有服务群众专项经费。", True),
        ("党委书记叫什么名字?", "选出书记、副书记。", False),
    ],
)
def test_the_thing_wanted_is_told_from_its_like(question: str, text: str, is_held: bool) -> None:
    assert holds(asked(analyse(question)), search_key(text)) is is_held


@pytest.mark.parametrize(
    ("text", "subject", "is_explained"),
    [
        ("推动“三会一课”和“两学一做”学习教育常态化制度化。", "两学一做", False),
        ("以邓小平理论和“三个代表”重要思想为指导。", "三个代表", False),
        ("规划建设“一厅一校十室”。", "一厅一校十室", False),
        ("四必访:生病住院必访、困难家庭必访。", "四必访", True),
        ("通过自购、自建、联建、租赁、置换等“五种途径”,创建阵地。", "五种途径", True),
        ("形成了以街道党工委为核心,社区党总支为主体的“1+3”社区党组织体系。", "1+3", True),
        ("要“众星拱月”,“月”就是党。", "众星拱月", True),
        ("新增“四有”,即有简介、有经验、有电教片、有视频系统。", "四有", True),
        ("树立“大党建”理念,以党建工作为统领开展好各项工作。", "大党建", True),
    ],
)
def test_an_explanation_is_told_from_a_mention(text: str, subject: str, is_explained: bool) -> None:
    assert explains(search_key(text), "", search_key(subject)) is is_explained


@pytest.mark.parametrize(
    ("text", "characters", "is_held"),
    [
        ("按照控制总量、优化结构、提高质量、发挥作用的总要求", 16, True),
        ("按照“抓基础、筑平台、谋发展、求实效”的思路", 12, True),
        ("基层社会结构、生产方式和组织形态发生变化", 16, False),
        ("按照控制总量、优化结构、提高质量的总要求", 16, False),
    ],
)
def test_a_phrase_of_so_many_characters_is_found(text: str, characters: int, is_held: bool) -> None:
    assert holds_phrase(search_key(text), characters) is is_held


def test_members_of_enumerations_are_counted() -> None:
    assert 5 in members(search_key("自购、自建、联建、租赁、置换等途径"))
    assert 2 in members(search_key("实行了“年度工作报告制”和“班子成员职务任期制”两项制度"))
    assert 8 not in members(search_key("在过去“八有”的基础上,新增“四有”"))


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("几年来，我街道各社区做了许多服务工作。", False),
        ("街道社区党组织推进工作。", False),
        ("马驹桥街道设立了服务站。", True),
        ("海口市的街道设立了服务站。", True),
    ],
)
def test_a_street_that_is_named_is_told_from_any_street(text: str, is_named: bool) -> None:
    assert names_a_locality("街道", text) is is_named


def test_a_list_of_what_is_nowhere_mentioned_is_absent() -> None:
    question = asked(analyse("民主评议党员分哪几个等次?"))
    assert asks_for_absent(question, search_key("党支部每年开展1次民主评议党员。"))
    assert not asks_for_absent(question, search_key("评议分优秀、合格等次。"))
