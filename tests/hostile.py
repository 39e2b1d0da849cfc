"""Files that are made to do harm, each generated here; none is ever stored, and each gets one clear sentence.

They are small on the disk: what is large about them is what they unpack to.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

HostileFile = tuple[str, Callable[[], bytes]]
TEXT = "党支部是党的基础组织，担负直接教育党员、管理党员、监督党员的职责。" * 4
W_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_PROGRAM = b"MZ\x90\x00\x03" + bytes(range(256)) * 8
_MEGABYTE = 1 << 20
TOO_LARGE = 21 * _MEGABYTE


def hostile_contents() -> dict[str, HostileFile]:
    """What it is -> the name that it comes under, and its bytes, which no loader takes."""
    return {
        "an executable called docx": ("通知.docx", lambda: _PROGRAM),
        "an executable that also says it is a pdf": ("通知.pdf", lambda: _PROGRAM[:64] + _pdf(_CATALOGUE)),
        "an ELF program called txt": ("通知.txt", lambda: b"\x7fELF\x02\x01\x01" + b"\0" * 200),
        "a shell script called md": ("通知.md", lambda: b"#!/bin/sh\nrm -rf ~\n" + TEXT.encode()),
        "a zip bomb in a docx": ("炸弹.docx", _bomb),
        "a docx of ten thousand parts": (
            "零件.docx",
            lambda: _with({f"word/media/{n}": b"" for n in range(10_000)}),
        ),
        "a docx whose part is longer than it says": ("谎报.docx", _lying),
        "a docx with macros": ("宏.docx", lambda: _with({"word/vbaProject.bin": b"\0" * 64})),
        "a macro-enabled type without its macros": ("宏二.docx", _macro_type),
        "a spreadsheet with a macro sheet": ("宏表.xlsx", _macro_sheet),
        "an ActiveX control in a docx": ("控件.docx", lambda: _with({"word/activeX/activeX1.bin": _PROGRAM})),
        "an executable embedded in a docx": (
            "内嵌.docx",
            lambda: _with({"word/embeddings/oleObject1.bin": _PROGRAM}),
        ),
        "entities that grow without end": (
            "实体.docx",
            lambda: _with({"word/document.xml": _LAUGHS.encode()}),
        ),
        "an entity that reads a file, in UTF-16": ("外部.docx", _outside),
        "a web page that declares entities": ("实体.html", lambda: _LAUGHS.replace("<w>", "<html>").encode()),
        "parts that climb out of the archive": ("爬升.docx", lambda: _with({"../../etc/cron.d/job": b"x"})),
        "two main parts of one name": ("重名.docx", _twice),
        "a docx of millions of elements": ("元素.docx", _crowded),
        "a page of millions of elements": ("元素.html", lambda: b"<html><body>" + b"<p>x</p>" * 600_000),
        "a spreadsheet of endless size": ("无边.xlsx", _endless_sheet),
        "a spreadsheet that repeats one long text": ("重复.xlsx", _repeating_sheet),
        "a workbook that lists one sheet a thousand times": ("工作簿.xlsx", _repeating_workbook),
        "slides that show one slide a thousand times": ("放映.pptx", _repeating_slides),
        "a docx that refers to one long note everywhere": ("脚注.docx", _repeating_note),
        "a pdf of a hundred thousand pages": ("页数.pdf", _endless_pdf),
        "a pdf page that unpacks to a gigabyte": ("大页.pdf", _swollen_pdf),
        "a pdf whose pages contain themselves": ("循环.pdf", _looping_pdf),
        "a pdf whose forms draw each other without end": ("套叠.pdf", _nested_pdf),
        "a pdf whose pages all draw the same megabytes": ("同页.pdf", _shared_pdf),
        "a pdf of five thousand pages": ("五千页.pdf", _long_pdf),
        "an old Word file whose sectors go round in circles": ("绕圈.doc", _looping_ole),
        "an old Word file cut in half": ("半截.doc", lambda: _real("办法.doc")[:9000]),
        "an old spreadsheet with macros": ("宏.xls", lambda: _renamed(_real("党费.xls"), "_VBA_PROJECT_CUR")),
        "an old Word file that carries a program": (
            "内嵌.doc",
            lambda: _renamed(_real("办法.doc"), "\x01Ole10Native"),
        ),
        "rtf groups that nest without end": (
            "套叠.rtf",
            lambda: b"{\\rtf1" + b"{" * 100_000 + b"}" * 100_001,
        ),
        "rtf that never ends": ("无尽.rtf", lambda: b"{\\rtf1 " + TEXT.encode()),
        "rtf that announces more bytes than there are": ("越界.rtf", lambda: b"{\\rtf1 \\bin999999999 x}"),
        "a sheet that repeats one row a million times": ("重复.ods", _repeating_ods),
        "an OpenDocument text that declares entities": ("实体.odt", _odt_of_entities),
        "an OFD that shows one page a thousand times": ("同页.ofd", _repeating_ofd),
        "an OFD of entities": ("实体.ofd", lambda: _ofd({"OFD.xml": _LAUGHS.encode()})),
        "a mail of a hundred thousand parts": ("碎.eml", _crumbling_mail),
        "a mail in a mail a thousand times": ("套.eml", _nested_mail),
        "a picture that unpacks to gigabytes": ("大图.png", _endless_picture),
    }


def hostile_names() -> dict[str, HostileFile]:
    """The same for what is harmless inside, and refused where people send files by chat."""
    return {
        "a batch file under its own name": ("通知.bat", lambda: b"@echo off\r\ndel *.*\r\n"),
        "a name that leaves the folder": ("../../.ssh/authorized_keys.txt", TEXT.encode),
        "a name with a Windows path": ("..\\..\\启动.txt", TEXT.encode),
        "a name that turns its letters around": ("通知\u202etxt.docx", TEXT.encode),
        "a name that is another file's description": (
            "章程.txt.meta.toml",
            lambda: 'audience = "公开"'.encode(),
        ),
        "a file over the limit": ("巨大.txt", lambda: b"\xe5\x85\x9a" * (TOO_LARGE // 3)),
    }


def _real(name: str) -> bytes:
    return (Path(__file__).parent / "ingest" / "formats" / name).read_bytes()


def _renamed(container: bytes, name: str) -> bytes:
    """A container of old Office in which an entry that nobody needs goes by another name."""
    former = "\x01CompObj".encode("utf-16-le")
    at = container.find(former)
    assert at > 0
    entry = bytearray(container[at : at + 128])
    entry[:64] = name.encode("utf-16-le").ljust(64, b"\0")
    # Its length counts the closing zero.
    entry[64:66] = (2 * len(name) + 2).to_bytes(2, "little")
    return container[:at] + bytes(entry) + container[at + 128 :]


def _looping_ole() -> bytes:
    """Every sector is followed by the first of the directory."""
    whole = bytearray(_real("办法.doc"))
    table = 512 * (int.from_bytes(whole[76:80], "little") + 1)
    directory = whole[48:52]
    whole[table : table + 512] = bytes(directory) * 128
    return bytes(whole)


def _long_pdf() -> bytes:
    count = 5_000
    kids = b" ".join(b"%d 0 R" % (3 + n) for n in range(count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"
    return _pdf(_CATALOGUE, b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count), *[page] * count)


def _repeating_ods() -> bytes:
    content = zipfile.ZipFile(io.BytesIO(_real("党费.ods"))).read("content.xml")
    changed, count = re.subn(
        rb"<table:table-row ", b'<table:table-row table:number-rows-repeated="1000000" ', content
    )
    assert count
    return with_parts(_real("党费.ods"), {"content.xml": changed})


def _odt_of_entities() -> bytes:
    return with_parts(_real("办法.odt"), {"content.xml": _LAUGHS.encode()})


def _ofd(parts: Mapping[str, bytes]) -> bytes:
    return with_parts(_real("办法.ofd"), parts)


def _repeating_ofd() -> bytes:
    content = zipfile.ZipFile(io.BytesIO(_real("办法.ofd"))).read("Doc_0/Document.xml")
    found = re.search(rb"<ofd:Page [^>]*/>|<ofd:Page [^>]*>\s*</ofd:Page>", content)
    assert found
    return _ofd({"Doc_0/Document.xml": content.replace(found[0], found[0] * 1000)})


def _crumbling_mail() -> bytes:
    head = b"From: a@b.cn\nTo: c@d.cn\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    return head + b"--b\nContent-Type: image/png\n\nx\n" * 100_000 + b"--b--\n"


def _nested_mail() -> bytes:
    mail = b"From: a@b.cn\nMIME-Version: 1.0\nContent-Type: text/plain\n\n"
    for _ in range(1000):
        mail = b"From: a@b.cn\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n" + mail
    return mail


def _endless_picture() -> bytes:
    """A PNG whose head says that it has forty thousand rows and columns."""
    head = struct.pack(">LLBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * (4 * _MEGABYTE), 9)
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    body = (
        struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "哈哈哈哈"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><w>&d;</w>'
)


def a_docx(body: str = "") -> bytes:
    """A Word document of one paragraph, or with this body."""
    import docx

    document = docx.Document()
    document.add_paragraph(TEXT)
    buffer = io.BytesIO()
    document.save(buffer)
    if not body:
        return buffer.getvalue()
    main = f'<?xml version="1.0" encoding="UTF-8"?><w:document {W_NS}><w:body>{body}</w:body></w:document>'
    return with_parts(buffer.getvalue(), {"word/document.xml": main.encode()})


def a_workbook() -> bytes:
    """A spreadsheet of one row."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["姓名", "入党时间"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_parts(archive: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The archive with parts replaced or added."""
    source = zipfile.ZipFile(io.BytesIO(archive))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name not in parts:
                target.writestr(name, source.read(name))
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def _with(parts: Mapping[str, bytes]) -> bytes:
    return with_parts(a_docx(), parts)


def _bomb() -> bytes:
    return _with({"word/media/image1.png": b"\0" * (250 * _MEGABYTE)})


def _lying() -> bytes:
    """The directory says that the main part has 2,000 bytes; unpacked it has a hundred megabytes."""
    honest = _with({"word/document.xml": b" " * (100 * _MEGABYTE)})
    size = struct.pack("<L", 100 * _MEGABYTE)
    return honest.replace(size, struct.pack("<L", 2_000))


def _macro_type() -> bytes:
    source = zipfile.ZipFile(io.BytesIO(a_docx()))
    types = source.read("[Content_Types].xml").replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    )
    return _with({"[Content_Types].xml": types})


def _macro_sheet() -> bytes:
    return with_parts(a_workbook(), {"xl/macrosheets/sheet1.xml": b"<xm:macrosheet/>"})


def _outside() -> bytes:
    text = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY f SYSTEM "file:///etc/passwd">]><w>&f;</w>'
    return _with({"word/document.xml": ("\ufeff" + text).encode("utf-16-le")})


def _twice() -> bytes:
    buffer = io.BytesIO(a_docx())
    with zipfile.ZipFile(buffer, "a") as archive:
        main = archive.read("word/document.xml")
        # The library warns of a second part of the same name, so it gets its name afterwards.
        archive.writestr("word/documenX.xml", main)
    return buffer.getvalue().replace(b"word/documenX.xml", b"word/document.xml")


def _crowded() -> bytes:
    """Elements that differ, so that nothing about their compression is odd."""
    return a_docx("".join(f'<w:p w:rsidR="{n * 2654435761 % 2**32:08X}"/>' for n in range(1_000_001)))


def _endless_sheet() -> bytes:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        "</sheetData></worksheet>"
    )
    return with_parts(a_workbook(), {"xl/worksheets/sheet1.xml": sheet.encode()})


def _repeating_sheet() -> bytes:
    """Two hundred thousand cells that share a text of ten thousand characters."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 200_001))
    parts = {
        "xl/sharedStrings.xml": f"<sst {space}><si><t>{'党' * 10_000}</t></si></sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{rows}</sheetData></worksheet>",
    }
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    whole = _declaring(a_workbook(), "xl/sharedStrings.xml", kind)
    return with_parts(whole, {name: part.encode() for name, part in parts.items()})


def _repeating_workbook() -> bytes:
    return _with_copies(a_workbook(), "xl/workbook.xml", rb"<sheet [^>]*/>")


def _repeating_slides() -> bytes:
    import pptx

    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[1]).shapes.title.text = "党课"
    buffer = io.BytesIO()
    deck.save(buffer)
    return _with_copies(buffer.getvalue(), "ppt/presentation.xml", rb"<p:sldId [^>]*/>")


def _with_copies(archive: bytes, part: str, entry: bytes) -> bytes:
    """The archive with one entry of a part repeated a thousand times."""
    content = zipfile.ZipFile(io.BytesIO(archive)).read(part)
    found = re.search(entry, content)
    assert found
    return with_parts(archive, {part: content.replace(found[0], found[0] * 1000)})


def _repeating_note() -> bytes:
    """Fifty thousand references to a note of ten thousand characters."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    text = f"<w:p><w:r><w:t>{'党' * 10_000}</w:t></w:r></w:p>"
    note = f'<w:footnotes {W_NS}><w:footnote w:id="1">{text}</w:footnote></w:footnotes>'
    whole = a_docx('<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>' * 50_000)
    relations = zipfile.ZipFile(io.BytesIO(whole)).read("word/_rels/document.xml.rels")
    entry = f'<Relationship Id="rIdN" Type="{relation}" Target="footnotes.xml"/></Relationships>'
    parts = {
        "word/footnotes.xml": note.encode(),
        "word/_rels/document.xml.rels": relations.replace(b"</Relationships>", entry.encode()),
    }
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    return with_parts(_declaring(whole, "word/footnotes.xml", kind), parts)


def _declaring(archive: bytes, part: str, kind: str) -> bytes:
    """The archive with the kind of a part stated."""
    types = zipfile.ZipFile(io.BytesIO(archive)).read("[Content_Types].xml")
    override = f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'
    return with_parts(archive, {"[Content_Types].xml": types.replace(b"</Types>", override.encode())})


def _pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    body, offsets = b"%PDF-1.5\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


_CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def _endless_pdf() -> bytes:
    """One page that the tree names a hundred thousand times."""
    kids = b"3 0 R " * 100_000
    return _pdf(
        _CATALOGUE,
        b"<</Type/Pages/Kids[%b]/Count 100000>>" % kids,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )


def _swollen_pdf() -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * _MEGABYTE) for _ in range(1024)) + packer.flush()
    return _pdf(
        _CATALOGUE,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(packed), packed),
        _FONT,
    )


def _nested_pdf() -> bytes:
    """Ten levels of forms, each of which draws the next one ten times, by a name in disguise."""
    levels = 10
    draws = b"/#58 % next\nDo\n" * 10
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
    )
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>/Length %d>>"
    return _pdf(
        _CATALOGUE,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page,
        b"<</Length %d>>stream\n%b\nendstream" % (len(draws), draws),
        *(form % (6 + n, len(draws)) + b"stream\n%b\nendstream" % draws for n in range(levels)),
    )


def _shared_pdf() -> bytes:
    """Fifty pages of one program, a megabyte that draws nothing."""
    packed = zlib.compress(b"q Q\n" * (_MEGABYTE // 4), 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    return _pdf(
        _CATALOGUE,
        b"<</Type/Pages/Kids[%b]/Count 50>>" % (b"3 0 R " * 50),
        page,
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(packed), packed),
    )


def _looping_pdf() -> bytes:
    return _pdf(_CATALOGUE, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>")
