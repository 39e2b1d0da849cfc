"""Every format that can be read, in one table: loaders, uploads, messages and ``dangwu formats`` read it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the name that recognition gives it, its Chinese name, and the endings that it goes by.

    ``module`` of this package reads it; what holds documents instead has none. ``extra`` is the extra of the
    distribution that it needs, ``package`` what that brings.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str = ""
    extra: str = ""
    package: str = ""

    @property
    def is_available(self) -> bool:
        """Whether it can be read with what is installed."""
        return not self.package or find_spec(self.package) is not None


FORMATS = (
    Format("text", "纯文本和 Markdown", (".txt", ".md", ".markdown"), "text"),
    Format("csv", "分隔符文本表格", (".csv", ".tsv"), "delimited"),
    Format("html", "网页", (".html", ".htm"), "html"),
    Format("docx", "Word、WPS 文字", (".docx", ".wps"), "word"),
    Format("doc", "Word 97—2003、WPS 文字", (".doc", ".wps"), "legacy"),
    Format("rtf", "RTF 文档", (".rtf",), "rtf"),
    Format("pdf", "PDF", (".pdf",), "pdf"),
    Format("ofd", "OFD 版式文档", (".ofd",), "ofd"),
    Format("xlsx", "Excel、WPS 表格", (".xlsx", ".et"), "spreadsheet"),
    Format("xls", "Excel 97—2003、WPS 表格", (".xls", ".et"), "legacy"),
    Format("pptx", "PowerPoint、WPS 演示", (".pptx", ".dps"), "slides"),
    Format("ppt", "PowerPoint 97—2003、WPS 演示", (".ppt", ".dps"), "legacy"),
    Format("odt", "OpenDocument 文字", (".odt",), "opendocument"),
    Format("ods", "OpenDocument 表格", (".ods",), "opendocument"),
    Format("odp", "OpenDocument 演示", (".odp",), "opendocument"),
    Format("eml", "邮件，连同附件", (".eml",), "mail"),
    Format("mht", "单个文件的网页", (".mht", ".mhtml"), "mail"),
    Format("zip", "压缩包，里面的资料各算一份", (".zip",)),
    Format("tar", "打包文件，里面的资料各算一份", (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")),
    Format(
        "image",
        "图片和扫描件",
        (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"),
        "picture",
        extra="ocr",
        package="rapidocr",
    ),
)

BY_NAME = {each.name: each for each in FORMATS}
SUFFIXES = tuple(dict.fromkeys(suffix for each in FORMATS for suffix in each.suffixes))
# Text may be called after what it is about to become; a mail saved from a browser is a page and the reverse.
_ALSO_CALLED = {"text": (".csv", ".tsv", ".html", ".htm"), "eml": (".mht", ".mhtml"), "mht": (".eml",)}


def ending_remark(format_name: str, name: str) -> str:
    """One sentence about a name whose ending is that of another format; empty where it is not."""
    lowered = PurePath(name).name.lower()
    ending = next((suffix for suffix in SUFFIXES if lowered.endswith(suffix)), "")
    own = BY_NAME[format_name]
    if not ending or ending in (*own.suffixes, *_ALSO_CALLED.get(format_name, ())):
        return ""
    return f"文件名以 {ending} 结尾，内容其实是{own.title}（{format_name}），已按内容读取"
