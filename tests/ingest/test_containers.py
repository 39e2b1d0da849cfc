"""Archives and mails: every member a document of its own, names in any encoding, and bounds that hold."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.containers import MAX_MEMBERS, Contents, unpacked
from ingest.documents import read_document
from ingest.loaders import load
from ingest.loaders.mail import is_mail
from retrieval.errors import SourceError
from retrieval.store import Store
from tests.corpus import run_ingest, served
from tests.hostile import a_docx

HOME = Path(__file__).parent / "formats"
TEXT = "党员每月集中学习不少于两次。"
ONE, TWO = (
    f"值班制度\n{day}值班人员应当按时到岗，做好交接记录，不得擅自离开。" for day in ("工作日", "节假日")
)


def a_zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def a_gbk_zip(name: str, data: bytes) -> bytes:
    """As Chinese Windows writes it: the name in GBK and no word about it."""
    placeholder = "x" * len(name.encode("gbk"))
    return a_zip({placeholder: data}).replace(placeholder.encode(), name.encode("gbk"))


def a_tar(members: dict[str, bytes], pack: Callable[[bytes], bytes] = bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return pack(buffer.getvalue())


def opened(data: bytes, name: str = "资料包.zip") -> Contents:
    contents = unpacked(data, name)
    assert contents is not None
    return contents


class TestArchives:
    @pytest.mark.parametrize(
        "name", ["内部/请假制度.txt", "资料\\十九大\\章程.txt", "佛.txt", "党建工作台账/乙.txt"]
    )
    def test_names_in_gbk_are_legible_with_any_separator(self, name: str) -> None:
        assert list(opened(a_gbk_zip(name, TEXT.encode())).members) == [name.replace("\\", "/")]

    def test_the_name_that_info_zip_puts_beside_counts(self) -> None:
        entry = zipfile.ZipInfo("b.txt")
        raw = b"\x01\0\0\0\0" + "乙.txt".encode()
        entry.extra = b"\x75\x70" + len(raw).to_bytes(2, "little") + raw
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(entry, TEXT)
        assert list(opened(buffer.getvalue()).members) == ["乙.txt"]

    @pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
    def test_tar_files_packed_or_not(self, pack: Callable[[bytes], bytes]) -> None:
        contents = opened(a_tar({"制度/甲.txt": TEXT.encode()}, pack), "a.tar.gz")
        assert contents.members == {"制度/甲.txt": TEXT.encode()} and not contents.is_document

    def test_one_packed_file_goes_by_its_own_name(self) -> None:
        assert list(opened(gzip.compress(TEXT.encode()), "制度.txt.gz").members) == ["制度.txt"]

    def test_an_archive_in_an_archive_twice_and_no_further(self) -> None:
        data = a_zip({"文.txt": TEXT.encode()})
        for level in ("丙", "乙", "甲"):
            data = a_zip({f"{level}.zip": data, f"{level}.txt": TEXT.encode()})
        contents = opened(data)
        assert list(contents.members) == ["甲.zip/乙.zip/丙.txt", "甲.zip/乙.txt", "甲.txt"]
        assert "套得太深" in contents.refused["甲.zip/乙.zip/丙.zip"]

    def test_names_lead_nowhere_else(self) -> None:
        contents = opened(
            a_zip({"../../etc/passwd": b"a", "/root/x.txt": b"b", "C:\\y.txt": b"c", "./z.txt": b"d"})
        )
        assert list(contents.members) == ["etc/passwd", "root/x.txt", "y.txt", "z.txt"]

    def test_office_files_are_no_archives(self) -> None:
        assert unpacked(a_docx(), "通知.docx") is None
        assert unpacked((HOME / "办法.odt").read_bytes(), "办法.odt") is None
        assert unpacked((HOME / "办法.ofd").read_bytes(), "办法.ofd") is None
        assert unpacked(TEXT.encode(), "甲.txt") is None

    def test_a_locked_archive_is_refused_once(self) -> None:
        with pytest.raises(SourceError, match="加密"):
            unpacked((HOME / "加密.zip").read_bytes(), "加密.zip")

    def test_links_and_devices_are_left_out(self) -> None:
        buffer = io.BytesIO(a_tar({"甲.txt": b"a"}))
        with tarfile.open(fileobj=buffer, mode="a") as archive:
            link = tarfile.TarInfo("链接.txt")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
        contents = opened(buffer.getvalue(), "a.tar")
        assert list(contents.members) == ["甲.txt"] and "链接" in contents.refused["链接.txt"]


def a_bomb_in_a_bomb() -> bytes:
    layer = a_zip({f"{n}.txt": b"0" * (16 << 20) for n in range(8)})
    return a_zip({f"{n}.zip": layer for n in range(8)})


def a_lying_zip() -> bytes:
    honest = a_zip({"甲.txt": b" " * (100 << 20)})
    return honest.replace((100 << 20).to_bytes(4, "little"), (2_000).to_bytes(4, "little"))


def an_archive_of_itself() -> bytes:
    """Each level holds the one below it ten times; what it would come to is counted as it is unpacked."""
    data = a_zip({"文.txt": b"0" * (4 << 20)})
    for _ in range(2):
        data = a_zip({f"{n}.zip": data for n in range(10)})
    return data


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("套娃.zip", a_bomb_in_a_bomb),
        ("谎报.zip", a_lying_zip),
        ("十层.zip", an_archive_of_itself),
        ("零碎.zip", lambda: a_zip({f"{n}.txt": b"x" for n in range(MAX_MEMBERS + 1)})),
        ("炸弹.tar.gz", lambda: gzip.compress(b"\0" * (300 << 20))),
        ("炸弹.tar.xz", lambda: lzma.compress(b"\0" * (300 << 20))),
        ("坏.zip", lambda: a_zip({"甲.txt": TEXT.encode() * 99})[:-40]),
        ("大.zip", lambda: a_zip({"甲.txt": b"0" * (70 << 20)})),
    ],
)
def test_what_is_meant_to_do_harm_is_refused(name: str, make: Callable[[], bytes]) -> None:
    import resource

    data = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SourceError) as caught:
        unpacked(data, name)
    assert caught.value.remedy or "请" in caught.value.message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 700 << 10


BODY = base64.encodebytes("请于12月5日前报送花名册。".encode("gb18030")).decode()


def a_mail(*parts: str, head: str = "") -> bytes:
    return (
        "From: =?gb2312?B?1cXD9A==?= <zhang@nanhu.gov.cn>\nTo: all@nanhu.gov.cn\n"
        f"Subject: =?GB2312?B?{base64.b64encode('报送花名册'.encode('gb18030')).decode()}?=\n"
        f"Date: Mon, 01 Dec 2025 09:00:00 +0800\nMIME-Version: 1.0\n{head}"
        'Content-Type: multipart/mixed; boundary="b"\n\n'
        f'--b\nContent-Type: text/plain; charset="gb2312"\nContent-Transfer-Encoding: base64\n\n{BODY}\n'
        + "".join(f"--b\n{part}\n" for part in parts)
        + "--b--\n"
    ).encode("utf-8", "surrogateescape")


def attached(disposition: str, data: bytes = TEXT.encode()) -> str:
    head = f"Content-Type: application/octet-stream\nContent-Disposition: attachment; {disposition}"
    return f"{head}\nContent-Transfer-Encoding: base64\n\n{base64.encodebytes(data).decode()}"


class TestMails:
    def test_a_mail_says_who_wrote_what_and_what_is_attached(self) -> None:
        raw = load(a_mail(attached('filename="a.txt"')), "信.eml")
        assert raw.format == "eml" and raw.text.split("\n") == [
            "报送花名册",
            "发件人：张敏 <zhang@nanhu.gov.cn>",
            "收件人：all@nanhu.gov.cn",
            "时间：2025-12-01",
            "请于12月5日前报送花名册。",
            "附件：a.txt",
        ]

    @pytest.mark.parametrize(
        "disposition",
        [
            "filename*=utf-8''%E8%8A%B1%E5%90%8D%E5%86%8C.txt",
            f'filename="=?utf-8?B?{base64.b64encode("花名册.txt".encode()).decode()}?="',
            f'filename="=?GBK?B?{base64.b64encode("花名册.txt".encode("gbk")).decode()}?="',
            'filename="花名册.txt"',
            "filename*0*=utf-8''%E8%8A%B1; filename*1*=%E5%90%8D%E5%86%8C.txt",
            'filename="' + "花名册.txt".encode("gbk").decode("utf-8", "surrogateescape") + '"',
        ],
    )
    def test_chinese_names_of_attachments_however_they_are_written(self, disposition: str) -> None:
        contents = opened(a_mail(attached(disposition)), "信.eml")
        assert contents.is_document and contents.members == {"花名册.txt": TEXT.encode()}

    def test_two_attachments_of_one_name_are_both_kept(self) -> None:
        contents = opened(a_mail(attached('filename="a.txt"'), attached('filename="a.txt"', b"x")), "信.eml")
        assert contents.members == {"a.txt": TEXT.encode(), "2-a.txt": b"x"}

    def test_pictures_in_the_text_are_no_attachments_and_mails_inside_are(self) -> None:
        picture = "Content-Type: image/png\nContent-ID: <1>\nContent-Transfer-Encoding: base64\n\niVBORw0K\n"
        inner = "Content-Type: message/rfc822\nContent-Disposition: attachment; filename=b.eml\n\n"
        inner += a_mail(attached('filename="c.txt"')).decode()
        contents = opened(a_mail(picture, inner.replace('"b"', '"i"').replace("--b", "--i")), "信.eml")
        assert set(contents.members) == {"b.eml", "b.eml/c.txt"}

    def test_a_mail_of_html_alone_is_read_as_a_page(self) -> None:
        mail = "From: a@b.cn\nTo: c@d.cn\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"
        text = load(
            (mail + "<html><body><p>各支部：</p><p>请报名。</p></body></html>").encode(), "a.eml"
        ).text
        assert text.split("\n")[-2:] == ["各支部：", "请报名。"]

    @pytest.mark.parametrize(
        "text",
        [
            "Title: 学习笔记\nDate: 2025-03-01\n\n正文。",
            "From: 甲\nSubject: 乙\n\n正文",
            "主持人: 张敏\n记录: 李强\n\n会议开始。",
            "Content-Type 是什么\n\n答",
        ],
    )
    def test_texts_with_a_head_of_their_own_are_texts(self, text: str) -> None:
        assert not is_mail(text.encode()) and load(text.encode(), "a.txt").text == text

    @pytest.mark.parametrize(
        "head", ["From: <Saved by Blink>\nSnapshot-Content-Location: http://x.cn/\n", ""]
    )
    def test_a_page_saved_as_one_file_reads_as_the_page(self, head: str) -> None:
        page = "<html><head><title>西山</title></head><body><h1>值班制度</h1><p>每日两人。</p></body></html>"
        mht = (
            f"{head}MIME-Version: 1.0\nSubject: x\n"
            'Content-Type: multipart/related; type="text/html"; boundary="b"\n\n--b\n'
            "Content-Type: text/html\n"
            f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(page.encode('gb18030')).decode()}\n"
            "--b\nContent-Type: image/png\nContent-Location: http://x.cn/a.png\n"
            "Content-Transfer-Encoding: base64\n\niVBORw0K\n--b--\n"
        ).encode()
        raw = load(mht, "页.mht")
        assert raw.format == "mht" and raw.text == "值班制度\n每日两人。" and not raw.remarks
        assert unpacked(mht, "页.mht") is None


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


class TestIngest:
    def test_members_are_documents_of_their_own_and_come_and_go_with_their_archive(self, docs: Path) -> None:
        data_dir = docs.parent / "data"
        place = docs / "资料包.zip"
        place.write_bytes(a_zip({"甲.txt": ONE.encode(), "乙/丙.txt": ONE.encode(), "坏.exe": b"MZ\x90\0\3"}))
        report = run_ingest(data_dir, docs, read_document=read_document)
        assert {each.source: each.change for each in report.documents} == {
            "docs/资料包.zip/甲.txt": "new",
            "docs/资料包.zip/乙/丙.txt": "new",
            "docs/资料包.zip/坏.exe": "broken",
        }
        place.write_bytes(a_zip({"甲.txt": TWO.encode()}))
        report = run_ingest(data_dir, docs, read_document=read_document)
        assert {each.source: each.change for each in report.documents} == {
            "docs/资料包.zip/甲.txt": "changed",
            "docs/资料包.zip/乙/丙.txt": "deleted",
        }
        with Store.open(data_dir, create=False).snapshot() as snapshot:
            assert list(served(snapshot)) == ["docs/资料包.zip/甲.txt"]

    def test_an_archive_that_breaks_keeps_what_it_had(self, docs: Path) -> None:
        data_dir = docs.parent / "data"
        place = docs / "资料包.zip"
        whole = a_zip({"甲.txt": ONE.encode()})
        place.write_bytes(whole)
        run_ingest(data_dir, docs)
        place.write_bytes(whole[:-30])
        report = run_ingest(data_dir, docs)
        assert [(each.source, each.change) for each in report.documents] == [("docs/资料包.zip", "broken")]
        with Store.open(data_dir, create=False).snapshot() as snapshot:
            assert list(served(snapshot)) == ["docs/资料包.zip/甲.txt"]

    def test_what_a_folder_says_holds_below_it_unless_something_nearer_says_otherwise(
        self, docs: Path
    ) -> None:
        (docs / "党委").mkdir()
        (docs / "folder.meta.toml").write_text(
            'issuer = "中共南湖街道工委"\naudience = "内部"\n', encoding="utf-8"
        )
        (docs / "甲.txt").write_text(TEXT, encoding="utf-8")
        (docs / "党委" / "乙.txt").write_text(TEXT, encoding="utf-8")
        (docs / "党委" / "乙.txt.meta.toml").write_text('audience = "公开"\ntitle = "乙"\n', encoding="utf-8")
        (docs / "包.zip").write_bytes(
            a_zip({"丙.txt": TEXT.encode(), "folder.meta.toml": 'kind = "办法"'.encode()})
        )
        (docs / "包.zip.meta.toml").write_text('audience = "公开"\ntitle = "不下传"\n', encoding="utf-8")
        data_dir = docs.parent / "data"
        report = run_ingest(data_dir, docs, read_document=read_document)
        assert {each.change for each in report.documents} == {"new"}
        with Store.open(data_dir, create=False).snapshot() as snapshot:
            found = {each.source: dict(each.metadata) for each in snapshot.documents()}
        assert (
            found["docs/甲.txt"]["audience"] == "内部"
            and found["docs/甲.txt"]["issuer"] == "中共南湖街道工委"
        )
        assert found["docs/党委/乙.txt"]["audience"] == "公开" and found["docs/党委/乙.txt"]["title"] == "乙"
        inside = found["docs/包.zip/丙.txt"]
        assert (inside["audience"], inside["kind"]) == ("公开", "办法") and inside["title"] != "不下传"

    def test_a_folder_that_says_what_cannot_be_common_is_told_and_nothing_is_taken_in(
        self, docs: Path
    ) -> None:
        (docs / "folder.meta.toml").write_text('title = "同名"\n', encoding="utf-8")
        (docs / "甲.txt").write_text(TEXT, encoding="utf-8")
        report = run_ingest(docs.parent / "data", docs, read_document=read_document)
        (change,) = report.documents
        assert change.change == "broken" and "title" in change.reason and "issuer" in change.reason
