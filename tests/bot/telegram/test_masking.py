"""Numbers of people are shown to staff in private alone, whatever the document is marked."""

from __future__ import annotations

import json
from pathlib import Path

from bot.answering.small_talk import small_talk
from ingest.pipeline import ingest
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import BOT_NAME, buttons, group, person, private
from tests.bot.telegram.harness import fast_bot
from tests.corpus import write_files

STAFF, MEMBER = 7, 8
MOBILE, IDENTITY, OFFICE = "13812345678", "11010519491231002X", "0512-58281234"
TEXT = (
    "流动党员报到办法\n流动党员报到由王建国负责登记。\n"
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
    assert MOBILE not in shown[False] and IDENTITY not in shown[False]
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
    assert "流动党员" not in json.dumps([call.fields for call in api.calls], ensure_ascii=False)
