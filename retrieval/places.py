"""The places and bodies that words name: 西桥镇 is not 北桥镇, however alike what is said of both.

Every row of ``data/demands.tsv`` of the tests is an example.
"""

from __future__ import annotations

import re

_PLACE = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,4}?)(?:社区|街道|开发区|自治区|自治州|省|市|区|县|镇|乡|村)(?![民级委政域里间长内])"
)
# What stands before a level without being a name: 我们社区, 城市社区, 有多少社区, 每个乡镇.
_NO_NAME = re.compile(
    r"[我你他她各全本该此每某哪几这那两个级区市县镇乡村省和与及或在对把将到为的了是从向以由让给问"
    r"有多少年底时叫去来做设建选管归咋啥住带]"
    r"|城市|农村|街道|社区|基层|所有|加强|推进|组织|单位|党|什么|怎|如何|请|关于|行政|自然|老旧|居民|常|直辖|配备"
    r"|自治|讲|会上|[城社]$"
)
# Of running text only what stands right before the level is sure to be of the name: 规范西桥镇.
_BODY = re.compile(
    r"(?<=(?P<name>[\u4e00-\u9fff]{2}))(?:社区|街道|开发区|省|市|区|县|镇|乡|村|大学|学院|中学|小学|医院|集团|公司|银行)"
    r"(?![民级委政域里间长内镇村])"
)
_PARTED = re.compile(r"[和与跟及、，,]")


def places_named(question: str) -> tuple[str, ...]:
    """The places and bodies that a simplified text names, without their level: 西桥 of 西桥镇."""
    parts = _PARTED.split(question)
    found = (match["name"] for part in parts for match in _PLACE.finditer(part))
    return tuple(dict.fromkeys(name for name in found if not _NO_NAME.search(name)))


def bodies_named(text: str) -> frozenset[str]:
    """The last two characters of the names of places and bodies in a simplified running text."""
    found = (match["name"] for match in _BODY.finditer(text))
    return frozenset(name for name in found if not _NO_NAME.search(name))
