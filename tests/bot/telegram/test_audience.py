"""Passages tagged 内部: staff read them in private, and nothing of them goes anywhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bot.telegram import wording
from ingest.pipeline import ingest
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import BOT_NAME, Json, buttons, group, person, private
from tests.bot.telegram.harness import BotProcess, fast_bot
from tests.corpus import write_files

STAFF, MEMBER = 7, 8
CANARY = "雪豹七号"
"""Stands in the title and in every sentence of the internal document, in no question."""
MIXED = (
    "第{n}号密件的联络暗语是什么？",
    "{n}号密件由谁保管？",
    "还有吗？",
    "第三步呢？",
    "社区党建的联络暗语{n}是什么？",
    "值班安排由谁负责？{n}",
    "上面那份文件第{n}条怎么规定？",
    "“三报两查”工作法有哪五个步骤？",
    "什么是值班联络暗语？{n}",
    "公开的值班制度第{n}条是什么？",
)
QUESTIONS = [template.format(n=n) for n in range(50) for template in MIXED]
WAYS = ("/ask {}", "/search {}", f"@{BOT_NAME} {{}}", "/ask {}", f"@{BOT_NAME} {{}}")


def make_corpus(tmp_path: Path) -> Path:
    """Public rules, and internal ones with a procedure of their own."""
    steps = "\n".join(
        f"{n}、{CANARY}{each}。{CANARY}小组当日完成{each}。"
        for n, each in enumerate(("日报", "周报", "月报", "自查", "互查"), start=1)
    )
    secrets = "\n".join(f"第{n}号密件的联络暗语是{CANARY}{n}，由{CANARY}值班室负责保管。" for n in range(50))
    head = f"{CANARY}联络暗语规定\n{CANARY}“三报两查”工作法有五个步骤：\n"
    rules = "\n".join(f"公开的值班安排第{n}条由支部书记负责，每周检查。" for n in range(50))
    folder = write_files(
        tmp_path / "docs", secret=f"{head}{steps}\n{secrets}", rules=f"公开值班制度\n{rules}"
    )
    (folder / "secret.txt.meta.toml").write_text('audience = "内部"\n', encoding="utf-8")
    data_dir = tmp_path / "data"
    store = Store.open(data_dir, create=True)
    ingest([folder], store, None, VectorFolders(store))
    store.close()
    return data_dir


def say_all(api: FakeApi, running: BotProcess, said: Iterator[tuple[Json, Json, str]]) -> None:
    """Say everything at once and wait until each has its reply."""
    asked = [api.say(*each) for each in said]
    running.wait_for(lambda: all(api.replies(each) for each in asked), 120)


def ask_in_groups() -> Iterator[tuple[Json, Json, str]]:
    """The mixed questions by staff and members in twenty groups, and all lists."""
    for n, question in enumerate(QUESTIONS):
        room, who = group(-1 - n % 20), person(STAFF if n % 2 else MEMBER)
        yield room, who, WAYS[n % len(WAYS)].format(question)
    for who in (STAFF, MEMBER):
        for command in ("/topics", "/sources", "/status", "/start", "/feedback"):
            yield group(-who), person(who), command


def ask_in_private(user_id: int) -> Iterator[tuple[Json, Json, str]]:
    for text in (*QUESTIONS[:20], "/topics", "/sources", "/search 联络暗语"):
        yield private(user_id), person(user_id), text


def press_in_group(api: FakeApi, running: BotProcess, shown: list[Json]) -> set[str]:
    """Somebody on the staff presses every button that was seen in private, below a message in a group."""
    below = api.sent(-1)[0]
    pressed = {data for message in shown for data in buttons(message).values()}
    queries = {api.press(below, person(STAFF), data) for data in pressed}

    def confirmed() -> set[str]:
        return {str(call.fields["callback_query_id"]) for call in api.calls_of("answerCallbackQuery")}

    running.wait_for(lambda: queries <= confirmed())
    return {data.partition(":")[0] for data in pressed}


def type_inline(api: FakeApi, running: BotProcess) -> None:
    """Somebody on the staff types questions in another chat."""
    for n, question in enumerate(QUESTIONS[:20]):
        api.push("inline_query", {"id": f"i{n}", "from": person(STAFF), "query": question, "offset": ""})
    running.wait_for(lambda: len(api.calls_of("answerInlineQuery")) == 20)


def test_nothing_internal_leaves_the_private_chats_of_staff(tmp_path: Path) -> None:
    data_dir = make_corpus(tmp_path)
    with (
        FakeApi(is_paced=False, reads_all=True).serving() as api,
        fast_bot(data_dir, api.url, 1000, staff=str(STAFF)) as running,
    ):
        running.wait_for(lambda: api.polls)
        # First where it may be shown, so that whatever is kept of it could come up elsewhere.
        say_all(api, running, ask_in_private(STAFF))
        count = len(api.sent(STAFF))
        first = next(each for each in api.sent(STAFF) if "〔1〕" in buttons(each))
        api.press(first, person(STAFF), buttons(first)["〔1〕"])
        running.wait_for(lambda: len(api.sent(STAFF)) > count)
        shown = api.sent(STAFF)
        say_all(api, running, ask_in_groups())
        say_all(api, running, ask_in_private(MEMBER))
        pressed = press_in_group(api, running, shown)
        type_inline(api, running)
        assert running.stop() == 0
    holding = [c for c in api.calls if CANARY in json.dumps(c.fields, ensure_ascii=False)]
    assert [(c.method, c.chat_id) for c in holding if c.chat_id != STAFF] == []
    assert len(holding) > 15 and pressed >= set("pndfkv"), "every kind of button was tried"
    refused = [c for c in api.calls_of("answerCallbackQuery") if wording.GONE in c.fields.get("text", "")]
    assert len(refused) > 5
