"""What a text says of the effect of rules: which it repeals, which clauses it amends, until when it holds.

Everything is taken from the text's own declarations. What it merely cites, keeps in force or proposes to
repeal is never taken for repealed.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator

from ingest.dates import DATE, anonymous, read_date
from ingest.decrees import NUMBER, normal_number
from retrieval.clause_labels import CLAUSE
from retrieval.normalise import numeral_value

TITLE = r"《[^《》]{2,80}(?:《[^《》]{2,60}》[^《》]{0,40})?》"
_TITLE_WITH_NUMBER = re.compile(rf"({TITLE})\s*(?:[(（]?\s*({NUMBER})\s*[)）]?)?")
# What is not done, or not yet: 尚未废止, 拟同时废止, 建议予以废止, 是否废止.
_NOT_DONE = re.compile("建议|拟|未|不予|不得|是否|应否|考虑|可以|[如若]|前$|征求")
_ABOLISHED = re.compile(
    r"(?:(?:同时|即行|现?予以?|自行|一并|相应|自然|宣布)(?:废止|失效|作废)"
    r"|停止(?:执行|施行|使用)(?!《)|不再(?:执行|施行|适用|有效))"
    r"|(?<=[》)）])(?:自[^。；，,]{2,24}起)?(?:废止|失效|作废)(?!的)"
)
# The verb before its objects: 废止《…》《…》, 停止执行《…》.
_ABOLISHES = re.compile(
    r"(?:废止|停止(?:执行|施行|使用)|宣布失效)了?(?:原?由[^《。；]{2,30}(?:印发|发布)的)?"
    rf"(?P<names>(?:{TITLE}(?:\s*[(（][^()（）]{{2,60}}[)）])?[、和及以，,\s]*)+)"
)
_REPLACES = re.compile(r"(?:代替|取代|替代)(?=《)")
_EFFECT = re.compile(
    rf"(?P<title>{TITLE})|起?(?:施行|实施|生效|试行)[，,、]?|(?:印发|发布|公布)(?:之日|后|之时)起?[，,]?"
)
_ABOUT_REPEAL = re.compile("废止|失效|作废|停止[执施使]|不再[执施适有]|[代取替][替代]")
_ABOUT_CHANGE = re.compile("改为|订为|正为|调整为|更改|删[去除]|废止|不再执行")
_SENTENCE = re.compile(r"[^。；;\n]+")
# What one abolition can name reaches back no further than this.
MAX_ABOLITION_CHARS = 1_500
MAX_REPLACED_CHARS = 100
MAX_CHANGE_CHARS = 300

# A line that a printer has broken goes on in the next one: it ends in no stop, and no item begins there.
_BROKEN = re.compile(
    r"(?<![。；;：:！!？?])\n+(?=[^\n|]*(?:\n|$))(?!\s*(?:#|第[^\n]{1,6}[章节条]|[一二三四五六七八九十]+、|[(（][一二三四五六七八九十\d]+[)）]|\d+[.、．]|附件|附则))"
)
# 下列文件同时废止: and 决定废止的党内法规目录: announce a list of what is repealed.
_ANNOUNCES = re.compile(
    r"(?:(?:下列|以下|附件所列)[^。；\n]{0,40}(?:废止|失效|作废|停止执行)|(?:废止|停止执行|宣布失效)(?:下列|以下)[^。；\n]{0,20})[^。；\n]{0,12}[：:。]?$"
    r"|^(?:附件\s*\d*[：:]?\s*)?(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)])?\s*[^。，；\n]{0,20}(?:废止|失效)(?:和宣布失效)?的?[^。，；\n]{0,24}(?:目录|清单|名单|一览表)[^。；\n]{0,12}$"
)
# What ends such a list, because it announces another.
_KEPT = re.compile(
    r"继续有效|(?:保留|修改|修订)的[^。]{0,20}(?:目录|清单|文件)|(?:予以|决定|拟)(?:修改|保留)"
)
_ITEM = re.compile(r"^\s*(?:[-•·]|[(（]?[一二三四五六七八九十\d]{1,4}[)）、.．]|《|[^\n]* \| )")
_LABEL = re.compile(r"^\s*(?:[-•·]|[(（]?[一二三四五六七八九十\d]{1,4}[)）、.．])\s*")
_STATE_CELL = re.compile(r"(?:已|予以|宣布|同时|建议)?(?:废止|失效|宣布失效|作废|停止执行)")
_NAMED_CELL = re.compile(
    r"(?=.*[\u4e00-\u9fff]{5}).{6,80}(?:[定例则法见知程章]|通报|决议)(?:[(（][^()（）]{1,30}[)）])*"
)

_AMENDS_TITLE = re.compile(rf"(?:修改|修订|修正|调整)({TITLE})[^《》]{{0,16}}的(?:决定|通知|决议|公告)")
_AMENDMENT = re.compile(r"^(.{4,60}?)修正案")
_PART = rf"{CLAUSE}(?:第[^条《》。；\n]{{1,6}}[款项])*"
_CLAUSES = rf"{_PART}(?:[、和及]{_PART})*"
_AMENDED = re.compile(
    rf"(?P<clauses>{_CLAUSES})(?:(?!{CLAUSE})[^。；;\n]){{0,60}}?(?:修改为|修订为|修正为|改为|调整为|更改为|予以删[去除]|删[去除]|废止|不再执行)"
    rf"|删[去除](?:{TITLE})?(?P<deleted>{_CLAUSES})"
)
_CLAUSE = re.compile(CLAUSE)

_OWN = (
    r"(?:本(?:规定|办法|细则|条例|规则|准则|通知|意见|方案|制度|文件)"
    r"|施行|实施|执行|生效|试行|印发|发布|公布)"
)
_N = r"[一二三四五六七八九十两\d]{1,3}"
_VALID_UNTIL = re.compile(
    rf"{_OWN}[^。；\n]{{0,30}}?(?:有效期?|施行期|试行期|执行期)限?\s*(?:至|到|截至|截止到?|为[^。；\n]{{0,20}}至)\s*({anonymous(DATE)})"
)
_VALID_YEARS = re.compile(
    rf"{_OWN}[^。；\n]{{0,30}}?(?:有效期|试行期)限?(?:为|是|暂定)?\s*(?P<n>{_N})\s*(?P<unit>年|个月)"
    rf"|(?:之日|日)起试行(?P<m>{_N})\s*(?P<munit>年|个月)"
)


def superseded(text: str, title: str) -> list[str]:
    """Titles with their 文号, and bare 文号, that the text itself declares to be replaced.

    Of a sentence only what stands between the taking effect and the abolition counts, so the rules named as
    its legal ground do not; of a list or a table what is announced, or marked in its row, as repealed.
    """
    found: list[str] = []
    # Most documents repeal nothing, and some are long.
    if _ABOUT_REPEAL.search(text):
        found = [*_in_sentences(_BROKEN.sub("", text)), *_in_lists(text), *_in_rows(text)]
    abolishing = re.fullmatch(
        r"关于(?:决定)?(?:废止|宣布失效|停止执行)(.+)的(?:决定|通知|公告)", title.strip("《》")
    )
    if abolishing:
        found += _named(abolishing[1])
    own = f"《{title.strip('《》')}》"
    return list(dict.fromkeys(name for name in found if name != own))


def _in_sentences(text: str) -> Iterator[str]:
    for match in _SENTENCE.finditer(text):
        sentence, last = match[0], 0
        for end in filter(_is_done, _ABOLISHED.finditer(sentence)):
            yield from _named(
                _after_effect(sentence[max(last, end.start() - MAX_ABOLITION_CHARS) : end.start()])
            )
            last = end.end()
        for start in _REPLACES.finditer(sentence):
            yield from _named(sentence[start.end() : start.end() + MAX_REPLACED_CHARS])
        for verb in filter(_is_done, _ABOLISHES.finditer(sentence)):
            yield from _named(verb["names"])


def _is_done(match: re.Match[str]) -> bool:
    """Whether the words before the verb, titles aside, leave what is abolished abolished."""
    start = match.start()
    before = re.sub(TITLE, "", match.string[max(0, start - MAX_REPLACED_CHARS) : start])
    return not _NOT_DONE.search(re.split("[，,：:]", before)[-1])


def _in_lists(text: str) -> Iterator[str]:
    """What the items name below a line that announces a list of what is repealed."""
    is_listed = False
    for line in filter(None, map(str.strip, text.split("\n"))):
        bare = line.lstrip("# ").strip()
        if _ANNOUNCES.search(bare) and not _KEPT.search(bare):
            is_listed = True
        elif is_listed and (_KEPT.search(bare) or not _ITEM.match(bare)):
            # A heading over the items of the list ends nothing: 一、党内法规（2件）.
            is_listed = not _KEPT.search(bare) and len(bare) <= 20 and not re.search("[。；]", bare)
        elif is_listed:
            yield from _of_item(bare)


def _of_item(line: str) -> list[str]:
    if " | " in line:
        return _of_cells(line)
    named = _named(line)
    if any(name.startswith("《") for name in named):
        return named
    bare, number = _LABEL.sub("", line).strip("。；; "), re.search(NUMBER, line)
    before = bare[: bare.find(number[0])].rstrip("(（ ,，") if number and number[0] in bare else bare
    is_title = len(before) >= 6 and _NAMED_CELL.fullmatch(before)
    mark = f"（{normal_number(number[0])}）" if number else ""
    return [f"《{before}》{mark}"] if is_title else named


def _in_rows(text: str) -> Iterator[str]:
    """What the rows of a table name that are marked as repealed in a cell of their own."""
    for line in text.split("\n"):
        if " | " in line and any(_STATE_CELL.fullmatch(cell.strip()) for cell in line.split(" | ")):
            yield from _of_cells(line)


def _of_cells(row: str) -> list[str]:
    cells = [cell.strip(" |") for cell in row.split(" | ")]
    number = next((found[0] for cell in cells if (found := re.search(NUMBER, cell))), "")
    titles = [cell for cell in cells if re.search(TITLE, cell)] or [
        f"《{cell}》" for cell in cells if _NAMED_CELL.fullmatch(cell) and not re.fullmatch(NUMBER, cell)
    ]
    mark = f"（{normal_number(number)}）" if number else ""
    named = re.search(TITLE, titles[0])[0] if titles else ""  # type: ignore[index]  # found above
    return [named + mark] if named else [normal_number(number)] if number else []


def _after_effect(words: str) -> str:
    """What follows the last ``…施行`` of a sentence, titles aside: there stands what is abolished."""
    cut = 0
    for match in _EFFECT.finditer(words):
        cut = cut if match["title"] else match.end()
    return words[cut:]


def _named(words: str) -> list[str]:
    names = [
        title + (f"（{normal_number(number)}）" if number else "")
        for title, number in _TITLE_WITH_NUMBER.findall(words)
    ]
    return names or [normal_number(number) for number in re.findall(NUMBER, words)]


def amended(text: str, title: str) -> list[str]:
    """What the text changes in other rules, such as ``《某细则》第九条、第十二条``: a title, then clauses.

    The rule is the one that the sentence names, or the one named last in the text, or in its own title.
    """
    if not _ABOUT_CHANGE.search(text):
        return []
    own = _AMENDS_TITLE.search(title) or _AMENDMENT.match(title)
    target = own[1].strip("《》") if own else ""
    found: dict[str, dict[str, None]] = {}
    for match in _SENTENCE.finditer(_outside_quotes(text)):
        sentence = match[0]
        for change in _AMENDED.finditer(sentence):
            end = change.end()
            before = re.findall(TITLE, sentence[max(0, end - MAX_CHANGE_CHARS) : end])
            named = before[-1].strip("《》") if before else target
            if named:
                clauses = _CLAUSE.findall(change["clauses"] or change["deleted"])
                found.setdefault(named, {}).update(dict.fromkeys(clauses))
        announced = re.search(
            rf"(?:对|将|决定)({TITLE})[^。；]{{0,12}}(?:作|做)?(?:如下|以下)?修[改订]", sentence
        )
        target = announced[1].strip("《》") if announced else target
    return [f"《{name}》{'、'.join(clauses)}" for name, clauses in found.items()]


def _outside_quotes(text: str) -> str:
    """The text with what stands in quotation marks blanked: the new wording changes nothing itself."""
    return re.sub(r"“[^“”]*”", lambda match: "“" + "　" * (len(match[0]) - 2) + "”", text)


def expiry(text: str, effective: str, issued: str) -> str:
    """The last day on which the text says that it holds, ISO 8601; empty where it sets no term."""
    until = [match[1] for match in _VALID_UNTIL.finditer(text)]
    if until:
        day = read_date(until[-1])
        return day if len(day) == len("YYYY-MM-DD") else ""
    term, since = next(_VALID_YEARS.finditer(text), None), effective or issued
    if term is None or len(since) != len("YYYY-MM-DD"):
        return ""
    count, unit = (term["n"], term["unit"]) if term["n"] else (term["m"], term["munit"])
    months = (int(count) if count.isdecimal() else 2 if count == "两" else numeral_value(count)) * (
        12 if unit == "年" else 1
    )
    begun = datetime.date.fromisoformat(since)
    month = begun.month - 1 + months
    year, month = begun.year + month // 12, month % 12 + 1
    ends = datetime.date(year, month, min(begun.day, calendar.monthrange(year, month)[1]))
    return (ends - datetime.timedelta(days=1)).isoformat()
