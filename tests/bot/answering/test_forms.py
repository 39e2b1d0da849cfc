"""Answers whose form differs from the question's: series of examples, counting names, places spoken of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.answering.answerer import Answerer
from ingest.passages import make_passages
from retrieval.retriever import Retriever
from retrieval.store import Store
from tests.corpus import answering, read_plain, run_ingest, write_files

TALK = """全市社区工作座谈会上的讲话
同志们:今天上午,李明书记强调,要准确把握社区工作的新变化,探索社区工作的新举措,解决社区工作面临的新问题。
李明书记提出三个“新”的重要要求,为我们做好社区工作指明了方向。
刚才,青山市市长王强同志发表了热情的致辞;青山市白石镇作了经验介绍,相信大家都有收获。
在看到成绩的同时,也必须看到我市社区工作存在的一些困难和问题。比如,人手不够。有的社区只有两个人。再比如,经费不足。一些社区没有活动经费。还比如,场地太小。
按照“抓基层、打基础、办实事”的工作思路,我市社区工作不断推进。
我认为,不断扩大志愿服务,是当前的一个重要抓手。没有队伍,服务就无从谈起。首先,动员在职党员。党员要带头。其次,吸收退休职工。再次,联系辖区学校。"""

PLACE = """社区建设的两个例子
杨柳社区成立于2005年12月,是一个老小区。
以杨柳社区党委为例:党委下设4个支部,党员人数增加很快。
党员的结构也有变化。
目前社区党员年龄结构为:30岁以下17人,60岁以上的占58.9%。
开展楼道工作有三个途径:一是设好楼长。二是办好议事。三是创新活动载体。办楼道书屋,开邻里厨房,评文明家庭。"""

NEWS = """红枫镇:“三抓三促”强管理
红枫镇针对外出人员多的实际,开展“三抓三促”行动。
抓学习，促管理“常学常新”镇里每月组织一次集中学习。
抓制度，促管理“有章可循”镇里修订了请假办法。
抓特色，促管理“各有所长”镇里办起了果树课堂。
会上党员们踊跃发言。“希望多办夜校。”“应该修一修村口的路。”
镇党群服务中心采用“云上课堂——红枫讲堂”,智慧学习平台——枫叶通正式上线,设信息、流程、活动等板块。"""


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    folder = tmp_path_factory.mktemp("forms")
    documents = write_files(folder / "docs", talk=TALK, place=PLACE, news=NEWS)
    run_ingest(folder / "data", documents, make_passages=make_passages, read_document=read_plain)
    store = Store.open(folder / "data", create=False)
    yield answering(Retriever(store, None, None))
    store.close()


ANSWERED = (
    ("李明书记提出的三个“新”是什么?", ["新变化", "新举措", "新问题"]),
    ("“三抓三促”抓的是哪三样?", ["抓学习，促管理", "抓制度，促管理", "抓特色，促管理"]),
    ("我市社区工作存在哪些困难和问题?", ["人手不够", "经费不足", "场地太小"]),
    ("怎样扩大志愿服务?", ["动员在职党员", "吸收退休职工", "联系辖区学校"]),
    ("我市社区工作的思路是哪九个字?", ["抓基层、打基础、办实事"]),
    ("青山市市长是谁?", ["王强"]),
    ("杨柳社区成立于什么时候?", ["2005年12月"]),
    ("杨柳社区60岁以上的党员占多大比例?", ["58.9%"]),
    ("杨柳社区30岁以下的党员有多少人?", ["30岁以下17人"]),
    ("楼道工作创新活动载体有哪些做法?", ["楼道书屋", "邻里厨房"]),
    ("“枫叶通”是什么?", ["智慧学习平台"]),
    ("红枫镇的会上党员们都提了些啥建议?", ["多办夜校", "修一修村口的路"]),
    ("枫叶通设有哪些板块?", ["信息、流程、活动"]),
    ("社区党委下设几个支部,杨柳社区是哪年成立的?", ["4个支部", "2005年"]),
)


def test_the_answer_is_found_whatever_its_form(answerer: Answerer) -> None:
    """Most of these forms want several sentences, or a small corpus without vectors answers them low."""
    texts = [answerer.answer(question).text for question, _ in ANSWERED]
    whole = [all(w in text for w in wanted) for (_, wanted), text in zip(ANSWERED, texts, strict=True)]
    assert whole.count(True) >= len(ANSWERED) // 3


SILENT_ON = (
    "白石镇介绍了哪些经验?",
    "王强同志的致辞里讲了些什么?",
    "青山市书记是谁?",
    "白石镇镇长是谁?",
    "我市社区工作的思路是哪十六个字?",
    "杨柳社区80岁以上的党员占多大比例?",
    "梧桐社区60岁以上的党员占多大比例?",
    "白石镇成立于什么时候?",
    "“四抓四促”抓的是哪四样?",
    "留党察看最长不超过几年?",
    "青山市白石镇农业银行烟台分行成立于什么时候?",
    "红枫镇正蓝旗有多少个支部?",
    "红枫镇的比赛谁得了第一名?",
    "青山市是哪一年成立的?",
    "党员退党要办什么手续?",
    "作这篇讲话的人是谁?",
    "杨柳社区楼长在哪个单位工作?",
)


def test_a_likeness_of_form_is_no_answer(answerer: Answerer) -> None:
    refused = [answerer.answer(question).status == "refused" for question in SILENT_ON]
    assert refused.count(True) >= 0.7 * len(SILENT_ON)
