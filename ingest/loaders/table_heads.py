"""Which row of a table heads its columns, and which tables are forms: a label, its value, and so on."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEAD_CHARS = 30
_PAIRS_SHARE = 0.7
# Words that end a header. Each names what cells hold and is no such thing itself: 党支部 is a value as often.
_HEADERS = re.compile(
    "(?:序号|编号|代码|号码|[学工证账文]号|姓\\s*名|名称|名字|称谓|人员|性\\s*别|民\\s*族|籍\\s*贯|年\\s*龄|[年月]份|学\\s*历|学\\s*位|专\\s*业"
    "|[职身]\\s*[务称份位]|岗位|级别|等级|类别|类型|种类|性质|属性|状态|单\\s*位|部门|所在\\w{1,6}|所属\\w{1,6}|社区|支部|党组织|地\\s*[址点]|住\\s*址|电\\s*话"
    "|手机|联系方式|联系人|邮箱|时\\s*间|日\\s*期|年月|时限|期限|频次|次数|周期|时长|学时|阶段|步骤|环节|程序|流程|项\\s*目|事\\s*项|内\\s*容|主题"
    "|议题|任务|措施|要求|标\\s*准|条件|依据|情\\s*[况形]|情节|行为|处理|方式|方法|办法|形式|结果|备\\s*注|说\\s*明|理由|原因|意见|评价"
    "|金\\s*额|[经党会]费|费用|收入|支出|工资|基数|比例|税率|数\\s*量|人\\s*数|户数|总数|合\\s*计|小\\s*计|总\\s*计|余额|单价|数额|分\\s*值|得\\s*分|扣分|加分|积\\s*分|分数|满分|权重|排名|名次|票数|得票"
    "|责任\\w{1,2}|负责\\w{1,2}|主体|召集人|认定人|承办\\w{0,2}|牵头\\w{0,2}|经办人|审批\\w{0,2}|介绍人|培养人|主持人|主讲人|对象|范围|品牌|目标|成果|进度|证件|文件|材料|会议|活动|课程|奖项|荣誉|地区"
    "|是否\\w{1,8}|有无\\w{1,8}|签\\s*[名字收到])(?:[（(/／].{0,16})?[：:]?"
)
_NUMBER = re.compile(r"[¥￥$+\-−]?\s*\d[\d,，.]*\s*(?:[%％‰]|[\u4e00-\u9fffA-Za-z/]{0,4})")
_DATED = re.compile(r"\d{2,4}\s*[年./\-]\s*\d{1,2}")
_SENTENCE = re.compile("[。；;！？!?]")


def is_number(cell: str) -> bool:
    """Whether a cell states a number or a date, with or without its unit."""
    return bool(_NUMBER.fullmatch(cell) or _DATED.match(cell))


def is_header(cell: str) -> bool:
    """Whether a cell reads as the header of a column: it ends in a word for what such cells hold."""
    return len(cell) <= _HEAD_CHARS and bool(re.search(f"(?:{_HEADERS.pattern})$", cell))


def heads_columns(row: Sequence[str], below: Sequence[Sequence[str]], *, is_first: bool) -> bool:
    """Whether a row heads the columns of the rows ``below`` it.

    Headers are short, distinct and no numbers; they are known for headers, or head columns of numbers. Behind
    rows under another head (``is_first`` is false) all must be known.
    """
    cells = [cell for cell in row if cell and type(cell) is str]
    # A total is a word that heads a column as well: a row of its own begins with it.
    if len(cells) < 2 or not all(map(_may_head, cells)) or len({*cells}) < len(cells):
        return False
    known = sum(map(is_header, cells))
    if not is_first:
        return 3 * known > 2 * len(cells)
    if len(cells) == 2:
        return known == 2 or (known == 1 and is_header(row[-1])) or _counts(row, below[:20])
    return 3 * known >= len(cells) or _counts(row, below[:20])


def is_pairs(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows are a form: every second cell, from the first on, names what the next one holds."""
    labels = [row[n] for row in rows for n in range(0, len(row), 2) if row[n] and type(row[n]) is str]
    values = [row[n] for row in rows for n in range(1, len(row), 2) if row[n] and type(row[n]) is str]
    if not labels or not values:
        return False
    named = sum(cell.endswith(("：", ":")) or is_header(cell) for cell in labels)
    confused = sum(is_header(cell) or cell.endswith(("：", ":")) for cell in values)
    return named >= _PAIRS_SHARE * len(labels) and 4 * confused <= len(values)


def _may_head(cell: str) -> bool:
    return len(cell) <= _HEAD_CHARS and not is_number(cell) and not _SENTENCE.search(cell)


def _counts(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether some column under the row, but the first, holds numbers alone, two or more."""
    for n in range(1, len(row)):
        cells = [other[n] for other in below if n < len(other) and other[n]]
        if row[n] and len(cells) > 1 and all(map(is_number, cells)):
            return True
    return False
