"""The words of RTF that say where text is and what it means; all others only shape it."""

from __future__ import annotations

# Groups that hold none of the document's text: tables of fonts, pictures, objects, comments.
NO_TEXT = frozenset(
    b"colortbl stylesheet pict object themedata colorschememapping datastore latentstyles listtable "
    b"listoverridetable revtbl rsidtbl generator xmlnstbl annotation atnid atnauthor atndate atnref "
    b"atrfstart atrfend filetbl mmathPr wgrffmtfilter ftnsep "
    b"ftnsepc ftncn aftnsep aftnsepc aftncn "
    b"nonshppict sp bkmkstart bkmkend pgdsctbl userprops docvar creatim revtim printim operator".split()
)
# Groups that are marked as optional and hold text all the same.
OPTIONAL_TEXT = frozenset(b"shpinst shptxt footnote".split())
RUNNING = {
    b"header": "页眉",
    b"headerl": "页眉",
    b"headerr": "页眉",
    b"headerf": "页眉",
    b"footer": "页脚",
    b"footerl": "页脚",
    b"footerr": "页脚",
    b"footerf": "页脚",
}
PROPERTIES = {b"title": "title", b"author": "author", b"keywords": "keywords"}
SIGNS = {
    b"tab": "\t",
    b"line": "\n",
    b"emdash": "—",
    b"endash": "–",
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
    b"emspace": " ",
    b"enspace": " ",
}
SYMBOLS = {b"~": "\N{NO-BREAK SPACE}", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}"}
# Numbers by which a font names the script of its bytes; that of western ones says nothing.
CHARSETS = {
    128: "cp932",
    129: "cp949",
    134: "gb18030",
    136: "big5hkscs",
    161: "cp1253",
    204: "cp1251",
    238: "cp1250",
}
CODEPAGES = {
    932: "cp932",
    936: "gb18030",
    949: "cp949",
    950: "big5hkscs",
    1250: "cp1250",
    1251: "cp1251",
    1252: "cp1252",
    65001: "utf-8",
}
