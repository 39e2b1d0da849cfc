"""Corpora made by code: rules that replace each other, and documents that contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.documents import read_document
from ingest.passages import make_passages
from retrieval.models.embedder import Embedder
from retrieval.retriever import Retriever
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import run_ingest

# What a rule is about, the thing that has a value, the question for it, the former and the present value.
MATTERS = (
    ("流动党员管理", "流动党员向党组织汇报的间隔", "流动党员多长时间汇报一次", "三个月", "一个月"),
    ("党费收缴", "党员不交纳党费的时限", "多久不交党费算自行脱党", "四个月", "六个月"),
    ("党员档案", "党员档案借阅的期限", "党员档案最多借多少天", "十五日", "七日"),
    ("基层组织换届选举", "支部委员会的任期", "支部委员会一届干几年", "二年", "三年"),
    ("党员培训", "党员每年集中培训的时间", "党员每年集中培训多少学时", "二十四学时", "三十二学时"),
    ("党务公开", "党务公开栏更新的间隔", "党务公开栏多久更新", "半年", "一个季度"),
    ("谈心谈话", "书记同委员谈心的次数", "书记每年同委员谈心几次", "一次", "两次"),
    ("组织关系接转", "介绍信的有效期", "组织关系介绍信有效期多长", "九十天", "三十天"),
    ("困难党员帮扶", "困难党员慰问金的标准", "困难党员慰问金是多少", "五百元", "一千元"),
    ("信访答复", "党员来信答复的期限", "党员来信几天内答复", "六十日", "二十日"),
    ("活动场所使用", "活动场所开放的时间", "活动场所每周开放几天", "三天", "六天"),
    ("发展对象公示", "发展对象公示的时间", "发展对象公示几个工作日", "三个工作日", "五个工作日"),
    ("党代表联系群众", "党代表接待群众的次数", "党代表每年接待群众几次", "四次", "六次"),
    ("民主评议", "民主评议的频次", "民主评议多久开展一次", "每两年一次", "每年一次"),
    ("后备干部选拔", "后备干部的最高年龄", "后备干部年龄不超过多少岁", "四十五岁", "四十岁"),
    ("党内表彰", "优秀党员表彰的比例", "优秀党员表彰比例是多少", "百分之十", "百分之五"),
    ("远程教育", "站点播放的时长", "远程教育站点每月播放多久", "八小时", "十二小时"),
    ("党组织经费", "活动经费的标准", "党组织活动经费每人多少", "一百元", "三百元"),
    ("志愿服务", "党员志愿服务的时长", "党员每年志愿服务多少小时", "十小时", "二十四小时"),
    ("述职评议", "述职报告提交的期限", "述职报告提前几天提交", "三日", "十日"),
)
PAIRS = MATTERS[:15]


@dataclass(frozen=True, slots=True)
class Paper:
    """One document as a file and, if need be, its sidecar."""

    name: str
    text: str
    sidecar: str = ""


def rule(subject: str, thing: str, value: str, *, title: str, note: str = "") -> str:
    """A rule of six clauses, the third of which gives ``thing`` its ``value``."""
    return f"""{title}
第一章 总则
第一条 为了规范{subject}工作，根据《中国共产党章程》，制定本规定。
第二条 {subject}工作坚持实事求是、分级负责的原则。
第二章 工作要求
第三条 {thing}为{value}。遇有特殊情况的，由上级党组织研究决定。
第四条 上级党组织每年对{subject}工作检查一次，结果予以通报。
第五条 对违反本规定的，依照有关规定追究责任。
第三章 附则
第六条 本规定由组织部门负责解释。{note}"""


def edition_pairs() -> Iterator[tuple[Paper, Paper]]:
    """Fifteen pairs of an old rule, of 2010, and the one of 2018 that replaced it, in three ways."""
    for at, (subject, thing, _, former, present) in enumerate(PAIRS):
        title = f"{subject}工作规定"
        old, note, supersedes = title, "", ""
        if at % 3 == 1:
            old, note = f"{title}（试行）", f"《{title}（试行）》同时废止。"
        if at % 3 == 2:
            old, supersedes = f"{subject}暂行办法", f'supersedes = ["{subject}暂行办法"]\n'
        effect = f"本规定自2018年6月1日起施行。{note}"
        yield (
            Paper(f"{at:02}_old", rule(subject, thing, former, title=old), 'date = "2010-03-01"\n'),
            Paper(
                f"{at:02}_new",
                rule(subject, thing, present, title=title, note=effect),
                f'date = "2018-05-20"\n{supersedes}',
            ),
        )


LOWER = ("通知", "讲话", "经验材料", "新闻", "论文")


def conflicts() -> Iterator[tuple[Paper, Paper]]:
    """Twenty pairs of a rule and a lower document that states another value."""
    for at, (subject, thing, _, other, value) in enumerate(MATTERS):
        kind = LOWER[at % len(LOWER)]
        lower = f"""某区{subject}工作
近年来，某区扎实推进{subject}，得到了群众的好评。
经区委研究，{thing}为{other}，各支部都按这个要求抓好落实。
下一步还要继续努力，不断提高水平。"""
        title = f"{subject}工作规定"
        yield (
            Paper(f"{at:02}_rule", rule(subject, thing, value, title=title), 'date = "2018-05-20"\n'),
            Paper(f"{at:02}_lower", lower, f'kind = "{kind}"\ndate = "2020-01-01"\n'),
        )


@contextmanager
def searched(
    folder: Path, papers: Iterable[Paper], embedder: Embedder, **changes: Any
) -> Iterator[Retriever]:
    """A retriever over these papers, read, cleaned and cut as the program does; ``changes`` replace parts."""
    documents = folder / "docs"
    documents.mkdir(parents=True)
    for paper in papers:
        (documents / f"{paper.name}.txt").write_text(paper.text, encoding="utf-8")
        if paper.sidecar:
            (documents / f"{paper.name}.txt.meta.toml").write_text(paper.sidecar, encoding="utf-8")
    run_ingest(
        folder / "data",
        documents,
        embedder=embedder,
        **{"read_document": read_document, "make_passages": make_passages, **changes},
    )
    store = Store.open(folder / "data", create=False)
    vectors = VectorFolders(store)
    yield Retriever(store, embedder, vectors)
    vectors.close()
    store.close()
