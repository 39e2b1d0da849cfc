"""Sentences of a document that give orders to a machine: text like any other, but evidence of nothing.

They are neither sent to a model nor accepted as support of what it writes, since a model that obeys one
would cite that very sentence. Quoting a document to a person is not affected.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.normalise import fold_width, to_simplified

_ORDERS = re.compile(
    r"(?:忽略|无视|忘记|忘掉|不要理会|别理会|不必理会|绕过|推翻|放弃|停止执行|覆盖)[^。!?\n]{0,16}"
    r"(?:指令|指示|提示|规则|设定|设置|约束|限制|要求|命令|说明|内容|对话|安全)"
    r"|(?:以上|之前|前面|先前|上面|上述)(?:的|所有|全部){0,2}(?:指令|提示词?|规则|设定)"
    r"[^。\n]{0,8}(?:无效|作废|失效|取消)"
    r"|系统提示|提示词|系统消息|开发者模式"
    r"|越狱|管理员模式|调试模式|环境变量|后台密码|密钥|令牌|api[ _]?key|prompt"
    r"|(?:你|您)(?:现在|从现在起|必须|只能|应该|将|其实)?(?:就|要)?(?:是|扮演|充当|变成|作为)[^。\n]{0,14}"
    r"(?:助手|模型|机器人|人工智能|ai|智能体|系统|管理员|黑客|翻译|猫)"
    r"|(?:语言模型|人工智能助手|ai助手|智能助手|聊天机器人|大模型|assistant)[^。\n]{0,20}"
    r"(?:请|必须|应|需|要|须|务必|回答|回复|输出|must|should)"
    r"|(?:ai|人工智能|模型|智能体|机器人|助手|程序|系统)[^。\n]{0,10}(?:阅读|读到|看到|处理|检索|读取|遇到|采集)"
    r"|(?:阅读|读到|看到|读取|处理)(?:了|到|完|过)?(?:本|这|此|上)(?:文|段|条|份|句|页|面)[^。\n]{0,6}(?:时|后|的(?:ai|模型|机器|助手|程序|人))"
    r"|(?:请|必须|务必|只能|只需|直接|一律|统一|都要|应当?|就|并)?(?:回答|回复|答复|输出|打印|复述|告诉)"
    r"(?:用户|提问者|提问的人|对方|他们|所有人|我)?[^。\n]{0,8}[:：“「\"']"
    r"|(?:告诉|转告|通知)(?:用户|提问者|提问的人|读者)"
    r"|(?:回答|回复|答复|输出|复述|重复|泄露|透露|公布|打印)"
    r"[^。\n]{0,12}(?:规则|指令|提示|上文|全文|对话|密码|口令|变量)"
    r"|(?:无论|不管|不论)[^。\n]{0,12}(?:问|提问)[^。\n]{0,10}(?:什么|何|谁|都)[^。\n]{0,10}(?:答|回复|说|输出)"
    r"|(?:凡是|如果|当|若)[^。\n]{0,8}(?:问到|问起|被问|有人问|用户问|提问)[^。\n]{0,24}"
    r"(?:答|回复|说|输出|拒绝)"
    r"|(?:ignore|disregard|forget|override)\b[^.。\n]{0,40}(?:instruction|prompt|rule|above|previous|context)"
    r"|(?:reveal|print|output|repeat|say|answer|respond)\b[^.。\n]{0,30}"
    r"(?:prompt|instruction|password|secret|\"|')"
    r"|you are (?:now|an?|the)\b"
    r"|<\|?(?:system|im_start|user|assistant)|\[/?inst\]|###\s*(?:system|instruction)"
)
_TAIL_SENTENCES = 2
# What is asked of the machine itself; a question may speak of a system or of rules without meaning it.
_OF_THE_MACHINE = re.compile(
    r"(?:忽略|无视|忘记|忘掉|不要理会|别理会|绕过|推翻)[^。!?\n]{0,16}(?:指令|指示|提示|规则|设定|设置|限制|要求|命令)"
    r"|系统提示|提示词|系统消息|开发者模式|管理员模式|调试模式|越狱|环境变量|密钥|令牌|api[ _]?key|prompt"
    r"|(?:ignore|disregard|forget|override)\b[^.。\n]{0,40}(?:instruction|prompt|rule|above|previous|context)"
)
_CLAUSES = re.compile(r"[，,。!?？！；;\n]+")


def is_order_alone(question: str) -> bool:
    """Whether a question asks nothing but that the machine give itself away or change its rules."""
    clauses = [each for each in _CLAUSES.split(fold_width(to_simplified(question)).lower()) if each.strip()]
    return bool(clauses) and all(_OF_THE_MACHINE.search(each) for each in clauses)


def orders(sentences: Sequence[str]) -> list[bool]:
    """For each of the neighbouring sentences whether it is, or at once follows, an order to a machine.

    The two sentences behind an order count as part of it: what is to be said often stands there.
    """
    flags = [bool(_ORDERS.search(fold_width(to_simplified(each)))) for each in sentences]
    return [any(flags[max(0, place - _TAIL_SENTENCES) : place + 1]) for place in range(len(flags))]
