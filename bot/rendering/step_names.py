"""What the cleaning steps are called before people who do not read code."""

from __future__ import annotations

from ingest.cleaning.trace import STEP_SEPARATOR

STEP_NAMES = {
    "latin": "还原乱码",
    "utf8-as-gbk": "还原错码",
    "line-ends": "统一换行",
    "invisible": "去不可见字符",
    "spaces": "整理空格",
    "radicals": "还原部首字符",
    "byte-slip": "修复错位字节",
    "entities": "还原网页实体",
    "escapes": "还原转义字符",
    "tags": "去网页标记",
    "markdown": "去 Markdown 标记",
    "jammers": "去论坛干扰码",
    "pinyin": "去夹注的拼音",
    "traditional": "繁体转简体",
    "stray-traditional": "零星繁体字",
    "rules": "去分隔线",
    "contents": "去点线目录",
    "spam": "去违法广告",
    "link-farm": "去成堆的链接",
    "wrapper": "去标题外框",
    "news-frame": "去转载框架",
    "advertisement": "去文中广告",
    "credit": "去网站署名",
    "slogan": "去网站口号",
    "page-header": "去页面抬头",
    "tail": "去页尾链接",
    "furniture": "去网页杂项",
    "page-number": "去页码",
    "page-marker": "去分页标记",
    "hard-wrap": "接合断行",
    "site-suffix": "去标题里的站名",
    "file-suffix": "去标题里的扩展名",
    "repeated-title": "去重复的标题",
    "table-head": "表格逐行带列名",
    "merged-cells": "还原合并单元格",
    "intruder": "去混入的字符",
    "character": "改错字",
    "blank-lines": "整理空行",
}


def step_name(step: str) -> str:
    """The Chinese name of the step, or of several that met in one place, joined by ``＋``."""
    return "＋".join(STEP_NAMES.get(each, each) for each in step.split(STEP_SEPARATOR))
