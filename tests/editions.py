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


@dataclass(frozen=True, slots=True)
class Declared:
    """A rule and what became of it, by what the texts say alone.

    ``leading`` is the paper that gives the ``value`` in force; ``lapsed`` and ``not_in_force`` are papers.
    """

    title: str
    asked: str
    value: str
    papers: tuple[Paper, ...]
    leading: str
    lapsed: tuple[str, ...]
    not_in_force: tuple[str, ...]


# How a later text ends the earlier one: the earlier title, the later title, what is added to either text,
# what stands in a third paper. ``{s}`` is the subject, ``{t}`` the thing, ``{p}`` its present value.
_NEW = "本规定自2018年6月1日起施行。"
_WAYS: tuple[tuple[str, str, str, str, str], ...] = (
    ("{s}工作规定", "{s}工作规定", "本规定自2010年6月1日起施行。", _NEW, ""),
    ("{s}工作规定（试行）", "{s}工作规定", "", "", ""),
    ("{s}暂行办法", "{s}工作规定", "", _NEW + "《{s}暂行办法》同时废止。", ""),
    ("{s}暂行办法", "{s}工作规定", "", _NEW + "2010年印发的《{s}暂\n行办法》同时\n废止。", ""),
    ("{s}暂行办法", "{s}工作规定", "", "",
     "关于印发《{s}工作规定》的通知\n各党支部：\n现将《{s}工作规定》印"
     "发给你们，请遵照执行。《{s}暂行办法》不再执行。\n2018年5月20日"),
    ("{s}暂行办法", "{s}工作规定", "", "",
     "关于废止一批文件的决定\n经研究，决定废止以下文件。\n决定废止的文件目录"
     "\n1.《某项检查办法》\n2.《{s}暂行办法》\n2018年5月20日"),
    ("{s}暂行办法", "{s}工作规定", "", "",
     "文件清理结果\n序号 | 文件名称 | 处理意见\n1 | {s}暂行办法 | 废止\n2 | {s}工作规定 | 继续有效"),
    ("{s}暂行办法", "{s}工作规定", "本办法自2010年6月1日起施行，有效期五年。", _NEW, ""),
    ("{s}工作规定", "", "本规定自2010年6月1日起施行。", "",
     "关于修改《{s}工作规定》的决定\n一、第三条修改为：“第三条"
     " {t}为{p}。”\n二、本决定自2018年6月1日起施行。"),
    ("{s}工作规定", "{s}工作规定", "本规定自2010年6月1日起施行。", "本规定自2027年1月1日起施行。", ""),
    ("{s}暂行办法", "{s}工作规定", "", _NEW + "自施行之日起，停止执行《{s}暂行办法》。", ""),
    ("{s}暂行办法", "{s}工作规定", "", _NEW + "本规定代替《{s}暂行办法》。", ""),
    ("临组发〔2010〕7号\n{s}暂行办法", "{s}工作规定", "", _NEW + "临组发〔2010〕7号文件同时废止。", ""),
    ("{s}工作规定", "{s}工作规定（2018年修订）", "", "", ""),
    ("{s}工作规定", "{s}工作规定", "本规定自2010年6月1日起施行。", _NEW, "{s}工作规定\n第一条 {t}为九百次。"
     "\n第二条 本规定自1990年6月1日起施行。"),
)  # fmt: skip
_COMING, _CHANGED = 9, 8


def declared_pairs() -> Iterator[Declared]:
    """Fifteen rules, each ended in another way, without any sidecar; see ``_WAYS``."""
    for at, ((subject, thing, asked, former, present), way) in enumerate(zip(PAIRS, _WAYS, strict=True)):
        before, after, old_note, new_note, third = (
            each.format(s=subject, t=thing, p=present) for each in way
        )
        names = old, new, other = f"{at:02}_old", f"{at:02}_new", f"{at:02}_other"
        number, _, title = before.rpartition("\n")
        texts = [
            (f"{number}\n" if number else "") + rule(subject, thing, former, title=title, note=old_note),
            rule(subject, thing, present, title=after, note=new_note) if after else "",
            third,
        ]
        papers = tuple(Paper(name, text) for name, text in zip(names, texts, strict=True) if text)
        is_chain = at == len(_WAYS) - 1
        lapsed = () if at in (_COMING, _CHANGED) else (old, other) if is_chain else (old,)
        out = (new,) if at == _COMING else (old,) if at == _CHANGED else lapsed
        leading = old if at == _COMING else other if at == _CHANGED else new
        value = former if at == _COMING else present
        yield Declared(after or title, asked, value, papers, leading, lapsed, out)


def _of(place: str, value: str) -> str:
    return rule(f"{place}党员积分", "党员积分清零的间隔", value, title="党员积分管理办法")


_TRIAL = rule("支部评星", "支部评星的次数", "一次", title="支部评星办法（征求意见稿）")
LOOKALIKES = (
    # Two towns and two firms with one model rule, of different years.
    Paper("l01", _of("西桥镇", "一年"), 'date = "2015"\n'),
    Paper("l02", _of("东桥镇", "两年"), 'date = "2019"\n'),
    Paper("l03", _of("宏达公司", "三年"), 'date = "2020"\n'),
    Paper("l04", _of("清江县", "四年") + "\n中共清江县委\n2021年3月1日"),
    # One title, no body named, and nothing in common.
    Paper("l05", "党员学习制度\n第一条 每月十五日集中学习。"
     "\n第二条 学习由宣传委员组织，缺席者补课。", 'date = "2014"\n'),
    Paper("l06", "党员学习制度\n第一条 建立线上课堂，党"
     "员自选课程。\n第二条 年底凭学时评优。", 'date = "2022"\n'),
    # A notice of every year.
    Paper("l07", "关于召开组织生活会的通知\n各支部：\n请于1月底前召开。\n2023年1月3日"),
    Paper("l08", "关于召开组织生活会的通知\n各支部：\n请于2月底前召开。\n2024年1月3日"),
    # A draft, an explanation, rules for carrying out, an addition: none replaces the rule.
    Paper("l09", rule("支部评星", "支部评星的次数", "两次", title="支部评星办法"), 'date = "2016"\n'),
    Paper("l10", _TRIAL, 'date = "2023"\n'),
    Paper("l11", "《支部评星办法》解读\n该办法自2016年起施行，旧的做法不再沿用。", 'date = "2024"\n'),
    Paper("l12", "《支部评星办法》实施细则\n第一条 依照《支部评星办法》，制定本细则。", 'date = "2020"\n'),
    Paper("l13", "支部评星办法补充规定\n第一条 《支部评星办法》未作规定的，依照本规定。", 'date = "2021"\n'),
    # Who proposes, reports or lists what is kept.
    Paper("l14", "关于文件清理的建议\n建议废止《支部评"
     "星办法》，拟同时废止《党员学习制度》。", 'date = "2024"\n'),
    Paper("l15", "继续有效的文件目录\n1.《支部评星办法》\n2.《党员学习制度》", 'date = "2024"\n'),
    Paper("l16", "文件清理结果\n序号 | 文件名称 | 处理意见\n1 | 支部评星办法 | 继续有效", 'date = "2024"\n'),
    Paper("l17", "某地废止《支部评星办法》引热议\n近日，"
     "记者采访了某地。《支部评星办法》同时废止。", 'kind = "新闻"\n'),
    # Similar titles, a term that is not the rule's own, a copy on a later page.
    Paper("l18", rule("农村支部评星", "评星的次数", "三次", title="农村支部评星办法"), 'date = "2022"\n'),
    Paper("l19", "组织关系介绍信管理办法\n第一条 介绍"
     "信自2015年1月1日起有效期三个月。", 'date = "2015-01-01"\n'),
    Paper("l20", rule("支部评星", "支部评星的次数", "两次", title="支部评星办法"), 'date = "2025"\n'),
)  # fmt: skip


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
