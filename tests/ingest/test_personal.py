"""Personal data make a document internal; what only looks like them does not."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from ingest.documents import read_document
from ingest.parts import standard_parts
from ingest.personal import find_personal, is_card_number, is_identity_number
from ingest.pipeline import ingest
from ingest.publishing import Work
from ingest.upkeep import state
from retrieval.records import EVERYONE
from retrieval.store import Store
from retrieval.vectors import VectorFolders

# Made up; the check digits are true.
IDENTITY = "11010519491231002X"
CARD = "6222021234567890128"
ROSTER = "\n".join(
    ["姓名 | 性别 | 出生年月", "王建国 | 男 | 1970.05", "李 红 | 女 | 1982.11", "欧阳明 | 男 | 1990.01"]
)
PHONES = "| 姓名 | 联系电话 |\n|---|---|\n| 王建国 | 84471234 |\n| 李红 | 84471235 |\n| 赵强 | 84471236 |"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"申请人身份证号:{IDENTITY}。", "身份证号 1 个"),
        ("身份证１１０１０５１９４９１２３１００２Ｘ", "身份证号 1 个"),
        ("证号 110105 19491231 002X", "身份证号 1 个"),
        ("老证 110105491231002", "身份证号 1 个"),
        (f"退还党费请汇至 {CARD}", "银行卡号 1 个"),
        ("王 13812345678\n李 139-1234-5678\n赵 15012345678", "手机号 3 个"),
        (ROSTER, "名册 3 人"),
        (ROSTER.replace(" | ", "\t"), "名册 3 人"),
        (ROSTER.replace(" | ", ","), "名册 3 人"),
        (PHONES, "名册 3 人"),
        # A contact that a notice gives away, and what is public by its nature.
        ("联系人:王建国,13812345678,0512-58281234。", ""),
        ("举报电话12371、12380,热线400-123-4567,传真0512-58281234、58281235、58281236", ""),
        ("文号〔2014〕12345678901234567号", ""),
        ("统一社会信用代码 91110000100000000X", ""),
        ("订单号 123456789012345678", ""),
        ("姓名、性别、出生年月由支部登记。\n每名党员填写一份。\n由支部书记签字。", ""),
        ("姓名 | 民族 | 学历\n王建国 | 汉 | 大专\n李红 | 汉 | 本科\n赵强 | 汉 | 高中", ""),
        ("姓名 | 职务\n王建国 | 书记\n李红 | 委员\n赵强 | 委员", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_personal_data_are_found_by_form_check_digit_and_columns(text: str, found: str) -> None:
    assert find_personal(text) == found


@given(st.text(alphabet="0123456789Xx.- 号|姓名\n", max_size=60))
def test_of_any_digits_only_kinds_and_counts_are_told(text: str) -> None:
    told = find_personal(text)
    kinds = r"(?:身份证号|银行卡号|手机号) \d+ 个|名册 \d+ 人"
    assert re.fullmatch(rf"(?:(?:{kinds})(?:、(?:{kinds}))*)?", told)


def test_one_wrong_digit_is_no_number() -> None:
    wrong = [IDENTITY[:at] + str((int(IDENTITY[at]) + 1) % 10) + IDENTITY[at + 1 :] for at in range(17)]
    assert is_identity_number(IDENTITY) and not any(map(is_identity_number, wrong))
    assert is_card_number(CARD) and not is_card_number(CARD[:-1] + "9")


def test_a_roster_is_held_back_until_its_maintainer_says_it_is_public(tmp_path: Path) -> None:
    book = Workbook()
    for line in ROSTER.split("\n"):
        book.active.append(line.split(" | "))
    target = io.BytesIO()
    book.save(target)
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "名册.xlsx").write_bytes(target.getvalue())
    assert read_document(target.getvalue(), "名册.xlsx").metadata["audience_from"] == "含个人信息：名册 3 人"
    store = Store.open(tmp_path / "data", create=True)
    home = VectorFolders(store)
    (change,) = ingest([docs], store, None, home, parts=standard_parts()).documents
    assert change.reason == "新文件；内部（含个人信息：名册 3 人）"
    with store.snapshot(EVERYONE) as public:
        assert public.documents() == []
    state(Work(store, None, home, parts=standard_parts()), change.document_id, {"audience": "公开"})
    with store.snapshot(EVERYONE) as public:
        (info,) = public.documents()
        assert info.metadata["audience_from"] == "标注"
    store.close()
