"""Made-up documents of the field for the tests of cleaning, and how two texts are compared."""

from __future__ import annotations

from ingest.cleaning import clean
from ingest.records import CleanedDocument, RawDocument

TITLE = "关于加强机关党建工作的通知"
BODY = """为进一步加强机关党建工作，根据上级党委统一部署，现就有关事项通知如下。
一、总体要求
坚持以习近平新时代中国特色社会主义思想为指导，认真落实新时代党的建设总要求，推动机关党建高质量发展。
二、主要任务
（一）强化政治引领。各支部要严格落实“第一议题”制度，及时跟进学习，不得以文件传阅代替集体学习。
（二）规范组织生活。按期召开组织生活会，认真开展民主评议党员，每名党员都要作对照检查。
（三）建强党务队伍。选配政治素质好、工作能力强的党员担任支部书记，任期内至少参加一次集中轮训。
中共某某区委办公室
2023年7月1日"""
NOTICE = f"{TITLE}\n{BODY}"
TRADITIONAL = (
    "各級黨組織要認真開展組織生活，對黨員進行經常性教育。黨員應當學習黨的基本知識，積極參與服務活動。"
    "支部書記負責召集會議，會議決定的問題應當記錄。基層黨建工作關係執政基礎，要創新載體，發揮作用。"
)
SIMPLIFIED = (
    "各级党组织要认真开展组织生活，对党员进行经常性教育。党员应当学习党的基本知识，积极参与服务活动。"
    "支部书记负责召集会议，会议决定的问题应当记录。基层党建工作关系执政基础，要创新载体，发挥作用。"
)


def cleaned(text: str) -> CleanedDocument:
    """``text`` cleaned as a plain text file."""
    return clean(RawDocument(text=text, format="text"))


def squeezed(text: str) -> str:
    """``text`` without white space, in which editors may differ."""
    return "".join(text.split())
