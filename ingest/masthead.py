"""The title on the first page of an official document, as an editor takes it: without what stands around it.

Above it may stand a masthead (中共某县委组织部文件), 文号, marks of secrecy and urgency, a menu; below it
begin the addressee, a note in brackets, or the text. The title itself may go over several lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.audience import is_restriction
from ingest.dates import DATE, anonymous
from ingest.decrees import KINDS, number_of_line, office_of_line

_LINES_MAX = 16
_LINE_CHARS_MAX = 200
_TITLE_LINES_MAX = 4
_TITLE_CHARS_MAX = 110
_MASTHEAD = re.compile(
    r"[\u4e00-\u9fff、（）() ]{2,60}文\s*件|(?:[\u4e00-\u9fff] ){3,}文\s?件|.{2,30}(?:简报|专刊|内参)"
)
_ASIDE = re.compile(
    r"签发人|(?:机密|秘密|绝密)(?:[★☆].*)?$|特急|加急|紧急|平急|份号|[0-9]{6}$|第\s?[\d一二三四五六七八九十]+\s?期"
    r"|(?:发布|发文|成文|更新|上传|印发)(?:时间|日期|机[关构]|单位)"
    r"|(?:来源|作者|索引号|主题词|访问次数|浏览|点击|字号|分享)\s*[:：|]"
    r"|设为首页|加入收藏|网站首页|首页[>＞»›\s|]|(?:您?的?)?(?:当前|现在的?)?位置[:：]|上传(?:人|者|于)"
    r"|.{0,12}(?:上传|整理)于"
)
_SEPARATED = re.compile(r"[^|｜]{1,10}(?:\s*[|｜]\s*[^|｜]{1,10}){1,}")
_DATE_LINE = re.compile(rf"[(（]?\s*{anonymous(DATE)}\s*[)）]?(?:\s*\d{{1,2}}:\d{{2}}.*)?")
_ENDINGS = "|".join((
    *KINDS[1:10], "章程", "决定", "决议", "方案", "计划", "要点", "总结", "报告", "请示", "批复", "函",
    "纪要", "公告", "通告", "通报", "公报", "命令", "制度", "规范", "指南", "手册", "纲要", "规划", "名单",
    "目录", "公示", "须知", "标准", "流程", "守则",
))  # fmt: skip
_ENDS = re.compile(rf"(?:{_ENDINGS})(?:\s*[(（〔【][^()（）]{{1,24}}[)）〕】])*[”》]?$")
_ADDRESSEE = re.compile(r"[^。；]{2,120}[:：]")
_STARTS = re.compile(r"关于|转发|印发|批转")
_NO_TITLE = re.compile(
    r"[。；;！!？?：:，,、]$|^\s*(?:第[一二三四五六七八九十百\d]+[章节条编]|[一二三四五六七八九十]+、|[（(]|\d{1,2}[.、．]|目\s*[录次]$|附件)"
)


def printed_title(lines: Sequence[str]) -> str:
    """The title that stands in the first lines, its own lines put together; empty where none stands there.

    ``lines`` are not blank. It gives a title only where it had to pass over something or to join lines: for
    a page that begins with its title there is nothing to find.
    """
    head = [line[:_LINE_CHARS_MAX].strip("# 　\t*") for line in lines[:_LINES_MAX]]
    start = next((n for n, _ in enumerate(head) if not _is_around(head, n)), len(head))
    if start == len(head) or _NO_TITLE.search(head[start]):
        return ""
    title = "".join(_title_lines(head[start:]))
    return title if (start or title != head[start]) and _ENDS.search(title) else ""


def is_addressee(line: str) -> bool:
    """Whether a line only says whom it is for: 各党支部、各党小组：."""
    bare = line.strip()
    return bool(_ADDRESSEE.fullmatch(bare)) and bool(
        re.match(
            r"各|全[市县区镇乡村校体]|[^，。]{2,40}(?:党委|党组|党总支|党支部|党工委|支部|单位|部门|同志|党员)[:：]$",
            bare,
        )
    )


def _is_around(head: Sequence[str], at: int) -> bool:
    """Whether a line belongs to what stands above a title."""
    line, before = head[at], head[at - 1] if at else ""
    following = head[at + 1] if at + 1 < len(head) else ""
    if is_restriction(line) or number_of_line(line) or _DATE_LINE.fullmatch(line) or _ASIDE.match(line):
        return True
    if _SEPARATED.fullmatch(line) and not _ENDS.search(line):
        return True
    below = next((other for other in head[at + 1 :] if not office_of_line(other)), "")
    if _MASTHEAD.fullmatch(line) or (office_of_line(line) and number_of_line(below)):
        return True
    # A masthead over two lines: 中共清江县委 / 组织部文件; below an office there is its 文号.
    is_split = bool(office_of_line(line)) and bool(_MASTHEAD.fullmatch(following))
    return is_split or (bool(office_of_line(line)) and bool(_MASTHEAD.fullmatch(before)))


def _title_lines(head: Sequence[str]) -> Iterator[str]:
    """The first line and those that go on with it, up to where it ends as titles do."""
    so_far = ""
    for line in head[:_TITLE_LINES_MAX]:
        goes_on = not so_far or (
            not _ENDS.search(so_far)
            and not _NO_TITLE.search(line)
            and not number_of_line(line)
            and not _DATE_LINE.fullmatch(line)
            and (bool(_STARTS.match(so_far) or _STARTS.match(line)) or bool(_ENDS.search(line)))
        )
        if not goes_on or len(so_far + line) > _TITLE_CHARS_MAX:
            return
        so_far += line
        yield line
