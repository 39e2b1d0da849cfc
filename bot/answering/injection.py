"""Questions that ask nothing but that the machine give itself away or change its rules."""

from __future__ import annotations

import re

from retrieval.normalise import fold_width, to_simplified

# What is asked of the machine itself; a question may speak of a system or of rules without meaning it.
_OF_THE_MACHINE = re.compile(
    r"(?:忽略|无视|忘记|忘掉|不要理会|别理会|绕过|推翻)[^。!?\n]{0,4}(?:你|以上|之前|前面|上面|先前|上述|所有|一切)"
    r"[^。!?\n]{0,10}(?:指令|指示|提示|规则|设定|设置|限制|要求|命令)"
    r"|系统提示|提示词|系统消息|开发者模式|管理员模式|调试模式|越狱|环境变量|api[ _]?key|api密钥|prompt"
    r"|(?:ignore|disregard|forget|override)\b[^.。\n]{0,40}(?:instruction|prompt|rule|above|previous|context)"
)
_CLAUSES = re.compile(r"[，,。!?？！；;\n]+")


def is_order_alone(question: str) -> bool:
    """Whether a question asks nothing but that the machine give itself away or change its rules."""
    clauses = [each for each in _CLAUSES.split(fold_width(to_simplified(question)).lower()) if each.strip()]
    return bool(clauses) and all(_OF_THE_MACHINE.search(each) for each in clauses)
