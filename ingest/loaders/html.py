"""Web pages: the whole document's text in reading order, one paragraph a line.

Read with lxml and written out by a walk of our own. trafilatura 2.3.1 was tried on the same pages: it
guesses a main part and drops what falls outside it (short clauses, signature lines, table captions),
and its boilerplate model knows little Chinese. A regulation without one clause is worse than a page
with a menu line too many, which the cleaning removes later.
"""

from __future__ import annotations

import re
from typing import Any

from ingest.decoding import decode
from ingest.loaders.bounds import check_tags
from ingest.loaders.page_furniture import drop_furniture
from ingest.loaders.page_metadata import page_metadata
from ingest.loaders.page_text import page_text
from ingest.loaders.refusals import refuse
from ingest.records import Margin, RawDocument

INCOMPLETE = "网页没有结束标记，可能没有保存完整"
_MARKUP_END = re.compile(r"</(?:html|body)\s*>", re.I)


def load(data: bytes, name: str) -> RawDocument:
    """The page's text without scripts, menus and footers; ``metadata`` is what its head says.

    A page whose text is drawn by scripts or pictures alone is refused.
    """
    markup, encoding = decode(data)
    check_tags(markup.count("<"), name)
    tree = parse(markup)
    if tree is None:
        refuse(name, "网页里没有内容", "请在浏览器中打开原网页，全选复制到文档，另存为 docx 或 txt。")
    metadata = page_metadata(tree)
    dropped = drop_furniture(tree)
    text = page_text(tree)
    if not text:
        refuse(name, "网页里没有文字，可能由脚本或图片显示", "请在浏览器中打开原网页，全选复制到文档后另存。")
    margins = tuple(Margin("网页边栏", line) for line in [*dropped, metadata.get("keywords", "")])
    warnings = () if _MARKUP_END.search(markup[-4096:]) or "<html" not in markup.lower() else (INCOMPLETE,)
    return RawDocument(
        text=text, format="html", encoding=encoding, metadata=metadata, warnings=warnings, margins=margins
    )


def parse(markup: str) -> Any:
    """The element tree of a page, however broken; ``None`` if there is no element at all."""
    from lxml import etree, html  # type: ignore[import-untyped]

    # Bytes with a named charset: lxml refuses decoded text that declares an encoding of its own.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(markup.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
