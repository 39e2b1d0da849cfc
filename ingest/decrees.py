"""What makes a document a rule: issuer, 文号, kind, status, when it takes effect.

Everything is read from the document's own words. What a text merely cites (根据《…》, 按照…〔2019〕5号)
is never taken for its own.
"""

from __future__ import annotations

import re

from ingest.dates import DATE, anonymous, read_date
from retrieval.effect import STATES

KINDS = (
    "党章", "准则", "条例", "规定", "办法", "规则", "细则",
    "通知", "意见", "讲话", "经验材料", "论文", "新闻", "其他",
)  # fmt: skip
STATUSES = STATES
RULE_KINDS = frozenset(KINDS[:7])
SEPARATOR = "；"

NUMBER = r"[\u4e00-\u9fff]{1,12}[〔\[【(（]\s*(?:19|20)\d{2}\s*[〕\]】)）]\s*第?\s*\d{1,4}\s*号"
_DECREE = r"(?:[\u4e00-\u9fff]{2,16}令\s*)?第\s*[\d〇一二三四五六七八九十百]{1,5}\s*号"
_OWN_NUMBER_LINE = re.compile(
    rf"[(（\[【]?\s*(?:文件编号|文号|发文字号|发布文号)?[：:]?\s*({NUMBER}|{_DECREE})\s*[)）\]】]?"
)
_PAIR = re.compile(r"[\[【(（]\s*((?:19|20)\d{2})\s*[\]】)）〕]")

# Endings of an office that issues documents; the whole line must be such names.
_OFFICE_END = (
    r"(?:中央|委员会|办公厅|办公室|组织部|宣传部|统战部|政法委|纪委|监委|党委|党组|工委|总支|支部|军委|国务院"
    r"|人民政府|人大常委会|政协|部|委|局|厅|院|署|总会|联合会|工会|团委|学校|大学|公司|集团|银行|党校)"
)
_PLACE = r"[\u4e00-\u9fff]{1,8}(?:省|市|县|区|镇|乡|街道|州|盟|旗)"
_OFFICE_START = rf"(?:中共|中国共产党|中央|国务院|国家|全国|共青团|中华|{_PLACE})"
_OFFICE = rf"{_OFFICE_START}[\u4e00-\u9fff]{{0,24}}?{_OFFICE_END}|国务院|中共中央|中央军委"
_OFFICES_LINE = re.compile(rf"(?:{_OFFICE})(?:[\s、，]+(?:{_OFFICE})){{0,4}}")
_ISSUED_BY = re.compile(
    r"(?:^|[。，,：:\s\d日])((?:中共中央|国务院|中央|中共)[\u4e00-\u9fff、\s]{0,24}?)"
    r"(?:近日|日前)?(?:印发|发布|颁布|公布)了?《"
)

# The letters before the year of a 文号 name the office.
ISSUERS_BY_NUMBER = {
    "中发": "中共中央",
    "中委": "中共中央",
    "中办发": "中共中央办公厅",
    "中办": "中共中央办公厅",
    "厅字": "中共中央办公厅",
    "中组发": "中共中央组织部",
    "中组": "中共中央组织部",
    "组通字": "中共中央组织部",
    "中宣发": "中共中央宣传部",
    "中纪发": "中共中央纪律检查委员会",
    "国发": "国务院",
    "国办发": "国务院办公厅",
}

_NOTE = re.compile(r"[(（]([^()（）]{2,160})[)）]")
_IN_FORCE = r"起?(?:正式)?(?:施行|实施|生效|执行|试行)"
_IN_FORCE_FROM = re.compile(rf"自\s*({anonymous(DATE)})\s*{_IN_FORCE}")
_FROM_ISSUE = re.compile(rf"自\s*(?:发布|印发|公布|颁布|下发)之日{_IN_FORCE}")
# What a title ends in; kinds that are named by their own word come first.
_KIND_ENDINGS = {
    **{kind: kind for kind in KINDS[1:11]},
    "章程": "党章",
    "致辞": "讲话", "讲话稿": "讲话", "发言": "讲话", "发言稿": "讲话",
    "交流材料": "经验材料", "典型材料": "经验材料", "事迹材料": "经验材料", "经验做法": "经验材料",
}  # fmt: skip
_TITLE_TAIL = re.compile(r"(?:\s*[(（【\[〔][^()（）【】\[\]〔〕]{1,40}[)）】\]〕]|\s*(?:全文|原文))+$")


def normal_number(number: str) -> str:
    """A 文号 as officially printed: brackets 〔〕, no white space."""
    return _PAIR.sub(r"〔\1〕", "".join(number.split()))


def number_of_line(line: str) -> str:
    """The 文号 that is all a line says, normalised; empty for any other line."""
    match = _OWN_NUMBER_LINE.fullmatch(line.strip())
    return normal_number(match[1]) if match else ""


def office_of_line(line: str) -> str:
    """The office, or offices separated by spaces, that is all a line says; else empty."""
    line = line.strip().removesuffix("文件").strip()
    if not 3 <= len(line) <= 60 or not _OFFICES_LINE.fullmatch(line):
        return ""
    return " ".join(re.split(r"[\s、，]+", line))


def issuer_of_number(number: str) -> str:
    """The central office that the letters of a 文号 stand for; empty where they are a province's."""
    return ISSUERS_BY_NUMBER.get(number.partition("〔")[0], "")


def issuer_in_words(text: str) -> str:
    """Who, by the text's opening, issued what it quotes: ``中共中央印发《…》``."""
    match = _ISSUED_BY.search(text)
    return " ".join(re.split(r"[、\s]+", match[1].strip())) if match else ""


def kind_of_title(title: str) -> str:
    """The kind that the title ends in, its brackets (试行, 修订) aside; empty if it names none."""
    bare = _TITLE_TAIL.sub("", title.strip().strip("《》"))
    if bare.endswith("章程") and "中国共产党" not in bare:
        return ""
    found = next((kind for ending, kind in _KIND_ENDINGS.items() if bare.endswith(ending)), "")
    return found or ("讲话" if re.search(r"在.{2,40}上的(?:讲话|发言|致辞)", bare) else "")


def status_of(title: str, kind: str, label: str, lapsed: str) -> str:
    """现行, 试行, 已修订, 已废止 or empty: from a database's label, its 失效日期, else the title.

    Only rules are in force or not; a speech has no status.
    """
    words = label + "".join(_NOTE.findall(title))
    if read_date(lapsed) or re.search(r"(?<!未)(?:失效|废止)", words):
        return "已废止"
    if re.search(r"已(?:被)?(?:修改|修订)", words):
        return "已修订"
    if kind not in RULE_KINDS and kind != "意见" and kind != "通知":
        return ""
    if re.search(
        r"[(（【\[]\s*(?:试行|暂行)\s*[)）】\]]|(?:试行|暂行)(?:规定|办法|条例|细则|规则|意见)", title
    ):
        return "试行"
    return "现行" if kind in RULE_KINDS or re.search(r"有效|现行", label) else ""


def effective_date(text: str, issued: str) -> str:
    """When the rule takes effect, ISO 8601: a named day, or the day of issue where the text says so."""
    named = [match[1] for match in _IN_FORCE_FROM.finditer(text)]
    if named:
        return read_date(named[-1])
    return issued if len(issued) == len("YYYY-MM-DD") and _FROM_ISSUE.search(text) else ""
