"""A small corpus for conversations: a rule, an account of experience, and an internal notice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ingest.passages import make_passages
from ingest.records import CleanedDocument
from retrieval.store import Store
from tests.corpus import read_plain, run_ingest, write_files

RULE = """社区支部工作细则
第一章 总则
第一条 为了加强党的建设，制定本细则。
第二条 党支部是党的基础组织，担负直接教育党员、管理党员、监督党员的职责。
第二章 工作
第三条 支部党员大会每季度召开1次，由党支部书记召集并主持。
第四条 支部委员会由3至5人组成，每届任期3年。支部委员会的职责是落实上级部署。
第五条 发展党员应当经过下列程序：
（一）本人提出申请；
（二）支部大会讨论；
（三）上级党委审批。"""

EXPERIENCE = """莫愁社区的做法
莫愁社区党员议事会由德高望重的离退休党员任会长,共有五个议事程序:
1、确立议程。收集群众反映较多的问题。
2、制订议程。归纳、分析问题。
3、采纳议程。集体讨论,明确方案。
4、评估议程。征求群众意见。
5、实施议程。组织力量进行实施。
年初收到居民反映种菜的问题,议事会作了研究。
到2016年底,海南省有551个社区,海南省的城镇化率是56.8%。海口市出台选聘社区工作人员的办法;三亚市聘任社区工作人员341人。
通过自购、自建、联建、租赁、置换等“五种途径”,建起了党员活动阵地。
“四必访”是指生病住院必访、困难家庭必访、思想波动必访、逝世党员必访。"""

OTHER = """城东社区的做法
城东社区走访群众,听取群众反映的问题,上门解决困难。
城西社区走访群众,请党员代表一起登门,当场登记困难。"""

SECRET = """内部通报
莫愁社区整改有三个步骤:
1、自查自纠。金桂楼限期30天。
2、银杏验收。组织现场验收。
3、回头复查。半年以后再看。"""

LIST_QUESTION = "莫愁社区党员议事会有哪五个议事程序?"


def make_store(folder: Path) -> Store:
    """A store of these documents below ``folder``, searched by words alone."""
    documents = write_files(folder / "docs", rule=RULE, experience=EXPERIENCE, other=OTHER, secret=SECRET)
    run_ingest(folder / "data", documents, make_passages=make_passages, read_document=_read)
    return Store.open(folder / "data", create=False)


def _read(data: bytes, name: str, sidecar: bytes | None) -> CleanedDocument:
    document = read_plain(data, name, sidecar)
    return replace(document, metadata={"audience": "内部"}) if "secret" in name else document
