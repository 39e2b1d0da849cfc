"""Numbers of people are shown to staff in private alone, whatever the document is marked."""

from __future__ import annotations

import json
from pathlib import Path

from bot.answering.answer import Answer, Statement
from bot.answering.privacy import for_readers
from bot.answering.small_talk import small_talk
from bot.rendering.telegram import render_answer
from bot.rendering.telegram_keyboards import answer_keyboard
from ingest.pipeline import ingest
from retrieval.records import EVERYONE, DocumentInfo
from retrieval.records import STAFF as STAFF_READERS
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import BOT_NAME, buttons, group, person, private
from tests.bot.telegram.harness import fast_bot
from tests.corpus import write_files

STAFF, MEMBER = 7, 8
MOBILE, IDENTITY, OFFICE = "13812345678", "11010519491231002X", "0512-58281234"
IN_TITLE = "13912345678"
TEXT = (
    f"流动党员报到办法（王建国{IN_TITLE}）\n流动党员报到由王建国负责登记。\n"
    f"流动党员报到的联系电话是{MOBILE},办公室电话是{OFFICE},王建国身份证号{IDENTITY}。\n"
)
ASKED = "流动党员报到的联系电话是多少？"


def make_corpus(tmp_path: Path) -> Path:
    """A document that its maintainer has called public."""
    folder = write_files(tmp_path / "docs", a=TEXT)
    (folder / "a.txt.meta.toml").write_text('audience = "公开"\n', encoding="utf-8")
    store = Store.open(tmp_path / "data", create=True)
    ingest([folder], store, None, VectorFolders(store))
    store.close()
    return tmp_path / "data"


def test_numbers_of_people_are_masked_outside_of_the_private_chats_of_staff(tmp_path: Path) -> None:
    data_dir = make_corpus(tmp_path)
    with (
        FakeApi(is_paced=False, reads_all=True).serving() as api,
        fast_bot(data_dir, api.url, 1000, staff=str(STAFF)) as running,
    ):
        running.wait_for(lambda: api.polls)
        places = ((group(-1), STAFF), (private(MEMBER), MEMBER), (private(STAFF), STAFF))
        asked = [
            api.say(room, person(who), said.format(ASKED))
            for room, who in places
            for said in ("/ask {}", "/search {}")
        ]
        running.wait_for(lambda: all(api.replies(each) for each in asked))
        for room, who in places:
            below = api.sent(room["id"])[0]
            api.press(below, person(who), buttons(below)["〔1〕"])
        api.push("inline_query", {"id": "i", "from": person(STAFF), "query": ASKED, "offset": ""})
        running.wait_for(lambda: len(api.calls_of("answerCallbackQuery")) == 3)
        running.wait_for(lambda: api.calls_of("answerInlineQuery"))
        assert running.stop() == 0
    shown = {True: "", False: ""}
    for call in api.calls:
        shown[call.chat_id == STAFF] += json.dumps(call.fields, ensure_ascii=False)
    assert not [each for each in (MOBILE, IDENTITY, IN_TITLE) if each in shown[False]]
    assert shown[False].count("〔电话号码〕") >= 6 and OFFICE in shown[False]
    assert shown[True].count(MOBILE) >= 3 and IDENTITY in shown[True]


def test_chat_noise_in_a_group_quotes_no_document(tmp_path: Path) -> None:
    data_dir = make_corpus(tmp_path)
    noise = ("在吗", "你好", "谢谢", "收到！", "👍", "1")
    with (
        FakeApi(is_paced=False, reads_all=True).serving() as api,
        fast_bot(data_dir, api.url, 1000) as running,
    ):
        running.wait_for(lambda: api.polls)
        said = {text: api.say(group(-1), person(MEMBER), f"@{BOT_NAME} {text}") for text in noise}
        alone = api.say(group(-1), person(MEMBER), f"@{BOT_NAME}")
        running.wait_for(lambda: all(api.replies(each) for each in (*said.values(), alone)))
        assert running.stop() == 0
    for text, update in said.items():
        (reply,) = api.replies(update)
        assert reply["text"] == small_talk(text), text
        assert not reply.get("reply_markup"), "nobody has a verdict on a greeting"
    assert "流动党员" not in json.dumps([call.fields for call in api.calls], ensure_ascii=False)


def test_a_number_is_masked_before_a_text_is_cut_or_put_on_a_button() -> None:
    number = "138 1234 5678"
    for before in range(1000, 1030):
        said = Statement("党" * before + number + "。" + "员" * 900)
        answer = Answer("问", "answered", (said,), suggestions=(f"{'怎样登记' * 4}{MOBILE}王建国？",))
        for audiences, is_shown in ((EVERYONE, False), (STAFF_READERS, True)):
            seen = for_readers(answer, audiences)
            parts = render_answer(seen, limit_utf16=1024, keyboard=answer_keyboard(seen, "1"))
            text = "".join(part.plain for part in parts)
            labels = "".join(button.label for row in parts[-1].keyboard for button in row)
            assert ("1234" in text, "138123" in labels) == (is_shown, is_shown)


def test_what_a_record_is_found_by_stays() -> None:
    info = DocumentInfo("013812345678"[1:], "a.txt", f"名单{MOBILE}")
    seen = for_readers(info, EVERYONE)
    assert seen.id == info.id and seen.title == "名单〔电话号码〕"
