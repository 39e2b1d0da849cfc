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
加强 强化 增强 加大
提高 提升 增进
推进 推动 促进 助推
开展 进行 举行 举办 组织
召开 举行
建立 设立 成立 组建 建起
制定 制订 拟定
帮助 协助 帮扶
利用 运用 使用 借助
解决 化解 处理
完善 健全
落实 贯彻 执行
参加 参与
发放 发给
获得 取得 得到
具有 具备 拥有
承担 担负 担当 担任
管理 管好
了解 掌握 知晓 知道
增加 增多
认为 指出 提出 强调
发展 壮大
成为 变成
实行 实施 推行 施行
经过 通过 经由
支持 扶持
说明 表明 显示
关心 关爱 关怀
检查 核查 查看
讨论 商讨 研讨 商议
报告 汇报
征求 听取 征集
收集 搜集 汇集
分析 剖析
明确 确定
符合 适合
严重 突出
丰富 多样
"""


@lru_cache(maxsize=1)
def _everyday() -> list[tuple[str, ...]]:
    lines = (tuple(search_key(word) for word in line.split()) for line in _GROUPS.splitlines())
    return [line for line in lines if line]


@lru_cache(maxsize=4096)
def other_words(word: str) -> tuple[str, ...]:
    """Other ways to say a word (a search key), those of the field first."""
    everyday = [other for group in _everyday() if word in group for other in group if other != word]
    return tuple(dict.fromkeys([*expansions(word, everyday=()), *everyday]))
