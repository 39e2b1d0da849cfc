"""Everyday words that may stand for each other in a statement without changing what it claims.

Not for searching: there the table of the field is used. No rank, organ, duty or direction belongs here.
"""

from __future__ import annotations

from functools import lru_cache

from retrieval.normalise import search_key
from retrieval.synonyms import expansions

_GROUPS = """
群众 百姓 老百姓 民众 大众
居民 住户 居住者
干部职工 干部和职工
重要 关键 重大 要紧 紧要
关键 核心
充分 全面 完全 切实
目前 当前 现在 如今 眼下 现阶段 当下
困难 难处 困境 难题 难点
问题 难题 课题 毛病
方法 办法 方式 手段 途径 法子
措施 举措 做法 办法
作用 功能 功效 效用
原因 缘由 缘故 起因
目的 目标 宗旨
意义 价值
特点 特征 特色
情况 状况 情形 现状
条件 前提
基础 根基 根本
部分 一部分 局部
成绩 成果 成效 效果 实效
优势 长处 优点
缺点 不足 短处
水平 程度 层次
力量 力度
要求 需求 需要
机会 机遇 时机
领域 方面 范围
事情 事务 事项 事宜
过程 进程
资金 经费 款项
场所 地点 场地
阵地 场所
人员 人士 工作者
年轻人 青年 青年人
老人 老年人 老同志
工作 事务 任务
职责 责任 任务 职能
问题 矛盾
党组织 党的组织
支部 党支部
日常 平时 平日
氛围 气氛 环境
内容 事项
全国 我国
标准 准则
"""


@lru_cache(maxsize=1)
def _everyday() -> list[tuple[str, ...]]:
    lines = (tuple(search_key(word) for word in line.split()) for line in _GROUPS.splitlines())
    return [line for line in lines if line]


@lru_cache(maxsize=4096)
def other_words(word: str) -> tuple[str, ...]:
    """Other ways to say a word (a search key), those of the field first."""
    everyday = [other for group in _everyday() if word in group for other in group if other != word]
    return tuple(dict.fromkeys([*expansions(word), *everyday]))
