"""Files sent to the bot, end to end over HTTP: what gets in, what does not, and what is said of it."""

from __future__ import annotations

import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bot.cli.entry import run
from ingest.loaders.ocr import is_installed
from ingest.sources import SIDECAR_SUFFIX
from retrieval.locking import ingest_lock
from retrieval.store import Store
from tests.bot.telegram.fake_api import FakeApi, Fault
from tests.bot.telegram.fake_rules import Json, group, person, private
from tests.bot.telegram.harness import BotProcess, bot
from tests.hostile import TEXT, a_docx, hostile_contents, hostile_names

ADMIN, OTHER_ADMIN, MEMBER = 9, 8, 5
SPEED = 20.0
FORMATS = Path(__file__).parents[4] / "shared" / "corpus" / "formats"
RULE = "青松社区党委规定：雪松议事厅每月第一个星期三开放，由支部书记主持，议题提前三天公布。"
PAGE = f"雪松议事厅工作规则\n\n{RULE}\n\n议事厅的记录由组织委员保管，保存五年，党员可以随时查阅。\n"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi(speed=SPEED).serving() as running:
        yield running


def admins_bot(api: FakeApi, data_dir: Path, speed: float = SPEED) -> AbstractContextManager[BotProcess]:
    """A bot with two admins, without limits on people, whose clocks run ``speed`` times as fast."""
    module, args = "tests.bot.telegram.harness", (str(speed), "0")
    return bot(data_dir, api.url, module=module, args=args, DANGWU_TELEGRAM__ADMINS=f"{ADMIN},{OTHER_ADMIN}")


@pytest.fixture
def running(api: FakeApi, private_copy: Path) -> Iterator[BotProcess]:
    with admins_bot(api, private_copy) as process:
        process.wait_for(lambda: api.polls)
        yield process


def send(api: FakeApi, name: str | None, data: bytes, **more: object) -> Json:
    return api.send_file(private(ADMIN), person(ADMIN), name, data, **more)


def labels(message: Json) -> dict[str, str]:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    return {button["text"]: button["callback_data"] for row in rows for button in row}


def shown(api: FakeApi, running: BotProcess, sent: Json, word: str) -> Json:
    """The bot's message that replies to a file, once it says ``word``."""
    chat_id = sent["chat"]["id"]

    def found() -> Json | None:
        for message in api.sent(chat_id):
            if message.get("replies_to") == sent["message_id"] and word in message["text"]:
                return message
        return None

    running.wait_for(found)
    message = found()
    assert message is not None
    return message


def choose(api: FakeApi, message: Json, label: str, user_id: int = ADMIN) -> str:
    """Press the button that begins so; gives the id of the press."""
    data = next(data for text, data in labels(message).items() if text.startswith(label))
    return api.press(message, person(user_id), data)


def take_in(api: FakeApi, running: BotProcess, sent: Json) -> str:
    """Confirm the plan of a file; gives what the bot reports."""
    choose(api, shown(api, running, sent, "要导入吗"), "导入")
    return str(shown(api, running, sent, "已导入，现在的回答")["text"])


def answer(api: FakeApi, running: BotProcess, question: str, user_id: int = MEMBER) -> str:
    before = len(api.sent(user_id))
    api.say(private(user_id), person(user_id), question)
    running.wait_for(lambda: len(api.sent(user_id)) > before)
    return str(api.sent(user_id)[-1]["text"])


def toasts(api: FakeApi) -> list[str]:
    """What was said to those who pressed buttons."""
    return [c.fields.get("text") or "" for c in api.calls if c.method == "answerCallbackQuery"]


def uploads(data_dir: Path) -> list[str]:
    folder = data_dir / "uploads"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def sources(data_dir: Path) -> set[str]:
    store = Store.open(data_dir, create=False)
    with store.snapshot() as snapshot:
        found = {each.source for each in snapshot.documents()}
    store.close()
    return found


class TestTakingIn:
    def test_a_regulation_answers_as_soon_as_it_is_confirmed(
        self, api: FakeApi, running: BotProcess, private_copy: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        question = "雪松议事厅什么时候开放？"
        assert "星期三" not in answer(api, running, question)
        sent = send(api, "规则.txt", PAGE.encode())
        plan = shown(api, running, sent, "要导入吗")
        assert all(
            each in plan["text"] for each in ("规则.txt", "新增", "雪松议事厅工作规则", "公开", "清洗")
        )
        assert uploads(private_copy) == [] and "uploads/规则.txt" not in sources(private_copy)
        report = take_in(api, running, sent)
        assert re.search(r"资料版本 v2-", report) and "规则.txt：新增" in report
        assert "星期三" in answer(api, running, question)
        assert uploads(private_copy) == ["规则.txt"] and labels(plan) == {}
        assert running.stop() == 0
        monkeypatch.setenv("DANGWU_DATA_DIR", str(private_copy))
        monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
        assert run(["ingest", "--json"]) == 0
        assert "uploads/规则.txt" in sources(private_copy)
        assert not (private_copy / "incoming").exists() or not list((private_copy / "incoming").iterdir())

    def test_the_same_name_again_replaces_it_and_the_same_bytes_change_nothing(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        take_in(api, running, send(api, "规则.txt", PAGE.encode()))
        later = PAGE.replace("星期三", "星期五").encode()
        assert "更新" in take_in(api, running, send(api, "规则.txt", later))
        assert "星期五" in answer(api, running, "雪松议事厅什么时候开放？")
        same = send(api, "规则.txt", later)
        assert "没有可以导入" in shown(api, running, same, "一样")["text"]

    def test_the_words_beside_a_file_make_it_internal(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        sent = send(api, "规则.txt", PAGE.encode(), caption="内部")
        assert "内部" in shown(api, running, sent, "要导入吗")["text"]
        take_in(api, running, sent)
        assert uploads(private_copy) == ["规则.txt", "规则.txt" + SIDECAR_SUFFIX]
        question = "雪松议事厅什么时候开放？"
        assert "星期三" in answer(api, running, question, ADMIN)
        assert "星期三" not in answer(api, running, question, MEMBER)
        api.say(group(-100), person(ADMIN), f"/ask {question}")
        running.wait_for(lambda: api.sent(-100))
        assert "星期三" not in api.sent(-100)[0]["text"]

    def test_an_album_is_one_plan_and_bad_files_in_it_do_not_stop_the_good_ones(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        album = {"media_group_id": "a1"}
        macros, good = hostile_contents()["a docx with macros"][1](), a_docx()
        first = send(api, "规则.txt", PAGE.encode(), **album)
        send(api, "宏.docx", macros, **album)
        send(api, "第二份.docx", good, caption="两份规则", **album)
        send(api, "规则.txt", b"again", **album)
        plan = shown(api, running, first, "要导入吗")
        assert list(labels(plan)) == ["导入 2 份", "取消"]
        assert all(
            each in plan["text"] for each in ("规则.txt", "宏程序", "第二份.docx", "有两个", "写“内部”")
        )
        assert "第二份.docx" in take_in(api, running, first)
        assert uploads(private_copy) == ["第二份.docx", "规则.txt"]
        assert len(api.sent(ADMIN)) == 2

    def test_a_forwarded_file_is_a_file(self, api: FakeApi, running: BotProcess, private_copy: Path) -> None:
        origin = {"type": "hidden_user", "date": 1, "sender_user_name": "某人"}
        take_in(api, running, send(api, "规则.txt", PAGE.encode(), forward_origin=origin))
        assert uploads(private_copy) == ["规则.txt"]

    def test_a_cancelled_upload_leaves_nothing(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        sent = send(api, "规则.txt", PAGE.encode())
        choose(api, shown(api, running, sent, "要导入吗"), "取消")
        assert labels(shown(api, running, sent, "已取消")) == {}
        running.wait_for(lambda: not list((private_copy / "incoming").iterdir()))
        assert uploads(private_copy) == [] and len(sources(private_copy)) == 5

    @pytest.mark.skipif(not FORMATS.is_dir(), reason="the collected files are not part of the repository")
    def test_every_collected_format_gets_in(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        unreadable = set() if is_installed() else {"chatchat_ocr_test.pdf"}
        for path in sorted(FORMATS.iterdir()):
            sent = send(api, path.name, path.read_bytes())
            if path.name in unreadable:
                refusal = shown(api, running, sent, "没有可以导入")["text"]
                assert "只有图片" in refusal and "OCR" in refusal
                continue
            assert "已导入" in take_in(api, running, sent)
        expected = {f"uploads/{p.name}" for p in FORMATS.iterdir() if p.name not in unreadable}
        assert expected <= sources(private_copy) and len(expected) == 7 - len(unreadable)


def generated() -> dict[str, bytes]:
    """A document of each format, made here."""
    import openpyxl
    import pptx

    book = openpyxl.Workbook()
    for row in (["事项", "规定"], *([f"第{n}项", RULE] for n in range(5))):
        book.active.append(row)
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "雪松议事厅", f"{RULE}\n{TEXT}"
    sheets, slides = io.BytesIO(), io.BytesIO()
    book.save(sheets)
    deck.save(slides)
    page = f"<html><body><h1>雪松议事厅</h1><p>{RULE}</p><p>{TEXT}</p></body></html>"
    return {
        "一.txt": PAGE.encode("gb18030"),
        "二.md": f"# 议事厅\n\n{PAGE}".encode("utf-16"),
        "三.html": page.encode(),
        "四.docx": a_docx(),
        "五.xlsx": sheets.getvalue(),
        "六.pptx": slides.getvalue(),
    }


def test_a_document_of_each_format_gets_in(api: FakeApi, running: BotProcess, private_copy: Path) -> None:
    for name, data in generated().items():
        assert f"{name}：新增" in take_in(api, running, send(api, name, data))
        assert f"uploads/{name}" in sources(private_copy)


def test_no_hostile_file_gets_in_and_each_gets_its_reason(
    api: FakeApi, running: BotProcess, private_copy: Path
) -> None:
    hostile = hostile_contents() | hostile_names()
    assert len(hostile) >= 20
    before = sources(private_copy)
    for what, (name, make) in hostile.items():
        reply = shown(api, running, send(api, name, make()), "没有可以导入")
        assert "不收" in reply["text"] and labels(reply) == {}, what
        assert not any(c in reply["text"] for c in ("\u202e", "Traceback", "Error")), what
    assert sources(private_copy) == before and uploads(private_copy) == []
    assert not list(private_copy.parent.rglob("authorized_keys*")) and running.process.poll() is None
    assert {call.method for call in api.refusals(400)} <= {"setMyCommands"}


class TestWhoMay:
    def test_members_get_one_sentence_in_private_and_groups_silence(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        api.send_file(group(-100), person(MEMBER), "规则.txt", PAGE.encode())
        api.send_file(group(-100), person(ADMIN), "规则.txt", PAGE.encode(), caption="内部")
        api.send_file(private(MEMBER), person(MEMBER), "规则.txt", PAGE.encode())
        running.wait_for(lambda: api.sent(MEMBER) and not api.unconfirmed)
        assert [m["text"] for m in api.sent(MEMBER)] == [
            "只有管理员可以上传资料，这个文件没有保存。提问请直接发文字。"
        ]
        assert api.sent(-100) == [] and not any(call.method == "getFile" for call in api.calls)

    def test_pictures_are_asked_for_as_files(self, api: FakeApi, running: BotProcess) -> None:
        photo = [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]
        for user_id in (ADMIN, MEMBER):
            body = {"message_id": 1, "date": 1, "chat": private(user_id), "from": person(user_id)}
            api.push("message", {**body, "photo": photo})
        running.wait_for(lambda: api.sent(ADMIN) and api.sent(MEMBER))
        assert "以“文件”方式" in api.sent(ADMIN)[0]["text"]
        assert "文件" not in api.sent(MEMBER)[0]["text"]

    def test_only_the_person_who_sent_it_may_press_and_only_once(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        sent = send(api, "规则.txt", PAGE.encode())
        plan = shown(api, running, sent, "要导入吗")
        data = labels(plan)["导入 1 份"]
        api.press(plan, person(OTHER_ADMIN), data)
        api.press({**plan, "chat": private(OTHER_ADMIN)}, person(ADMIN), data)
        api.press(plan, person(ADMIN), "u:0123456789abcdef-00000000:1")
        running.wait_for(lambda: len(toasts(api)) == 3)
        assert uploads(private_copy) == []
        take_in(api, running, sent)
        api.press(plan, person(ADMIN), data)
        running.wait_for(lambda: len(toasts(api)) == 5)
        assert ["失效" in each for each in toasts(api)] == [True, True, True, False, True]

    def test_nobody_keeps_more_than_ten_waiting(self, api: FakeApi, running: BotProcess) -> None:
        sent = [send(api, f"{n}.txt", PAGE.encode()) for n in range(11)]
        running.wait_for(lambda: any("还有 10 次" in m["text"] for m in api.sent(ADMIN)))
        plans = [shown(api, running, each, "要导入吗") for each in sent[:10]]
        assert len({plan["message_id"] for plan in plans}) == 10
        replies = [m["text"] for m in api.sent(ADMIN) if m.get("replies_to") == sent[10]["message_id"]]
        assert len(replies) == 1 and "还有 10 次" in replies[0]


class TestTrouble:
    def test_a_plan_that_no_longer_holds_is_shown_anew(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        first = send(api, "规则.txt", PAGE.encode())
        second = send(api, "规则.txt", PAGE.replace("星期三", "星期五").encode())
        shown(api, running, first, "要导入吗")
        plan = shown(api, running, second, "新增")
        take_in(api, running, first)
        old = labels(shown(api, running, second, "要导入吗"))["导入 1 份"]
        choose(api, plan, "导入")
        again = shown(api, running, second, "看新的计划")
        assert "更新" in again["text"] and labels(again)["导入 1 份"] != old
        assert (private_copy / "uploads" / "规则.txt").read_bytes() == PAGE.encode()
        take_in(api, running, second)
        assert "星期五" in (private_copy / "uploads" / "规则.txt").read_text()

    def test_what_nobody_confirms_in_time_is_dropped(self, api: FakeApi, private_copy: Path) -> None:
        with admins_bot(api, private_copy, 1000) as running:
            sent = send(api, "规则.txt", PAGE.encode())
            assert labels(shown(api, running, sent, "没有确认，已取消")) == {}
            running.wait_for(lambda: not list((private_copy / "incoming").iterdir()))
        assert uploads(private_copy) == []

    def test_another_ingest_is_named_and_the_button_works_again(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        sent = send(api, "规则.txt", PAGE.encode())
        plan = shown(api, running, sent, "要导入吗")
        with ingest_lock(private_copy):
            choose(api, plan, "导入")
            shown(api, running, sent, "另一个进程正在更新资料库")
            assert "〔1〕" in answer(api, running, "社区党员议事会有哪五个议事程序？")
        assert uploads(private_copy) == []
        take_in(api, running, sent)

    def test_progress_is_shown_and_questions_are_answered_while_an_ingest_is_under_way(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        sent = send(api, "规则.txt", PAGE.encode())
        plan = shown(api, running, sent, "要导入吗")
        blocking = sqlite3.connect(private_copy / "dangwu.sqlite3", isolation_level=None)
        blocking.execute("BEGIN IMMEDIATE")
        choose(api, plan, "导入")
        shown(api, running, sent, "清洗 1/1……")
        assert "〔1〕" in answer(api, running, "社区党员议事会有哪五个议事程序？")
        blocking.execute("ROLLBACK")
        shown(api, running, sent, "已导入，现在的回答")
        blocking.close()

    def test_downloads_that_fail_are_tried_again_and_then_refused(
        self, api: FakeApi, running: BotProcess
    ) -> None:
        api.faults["getFile"].append(Fault(502, "Bad Gateway"))
        take_in(api, running, send(api, "规则.txt", PAGE.encode()))
        api.faults["getFile"].append(Fault(502, "Bad Gateway", times=3))
        sent = send(api, "另一份.txt", PAGE.encode())
        assert "请重新发送" in shown(api, running, sent, "没能从 Telegram 下载")["text"]

    def test_a_restart_is_told_to_whoever_was_waiting(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        plan = shown(api, running, send(api, "规则.txt", PAGE.encode()), "要导入吗")
        running.kill()
        with admins_bot(api, private_copy) as second:
            second.wait_for(lambda: any("重新启动过" in m["text"] for m in api.sent(ADMIN)))
            choose(api, plan, "导入")
            second.wait_for(lambda: toasts(api))
            assert second.stop() == 0
        assert uploads(private_copy) == [] and not (private_copy / "incoming").exists()
        with bot(private_copy, api.url) as third:
            third.wait_for(lambda: "is up" in third.log)
            assert sum("重新启动过" in m["text"] for m in api.sent(ADMIN)) == 1

    def test_a_kill_while_it_is_ingested_leaves_the_old_version_and_a_new_try_succeeds(
        self, api: FakeApi, running: BotProcess, private_copy: Path
    ) -> None:
        take_in(api, running, send(api, "规则.txt", PAGE.encode()))
        later = PAGE.replace("星期三", "星期五").encode()
        sent = send(api, "规则.txt", later)
        blocking = sqlite3.connect(private_copy / "dangwu.sqlite3", isolation_level=None)
        blocking.execute("BEGIN IMMEDIATE")
        choose(api, shown(api, running, sent, "要导入吗"), "导入")
        running.wait_for(lambda: (private_copy / "uploads" / "规则.txt").read_bytes() == later)
        running.kill()
        blocking.close()
        with admins_bot(api, private_copy) as second:
            second.wait_for(lambda: any("重新启动过" in m["text"] for m in api.sent(ADMIN)))
            assert "星期三" in answer(api, second, "雪松议事厅什么时候开放？")
            assert "更新" in take_in(api, second, send(api, "规则.txt", later))
            assert "星期五" in answer(api, second, "雪松议事厅什么时候开放？")

    def test_a_message_that_was_deleted_is_sent_again(self, api: FakeApi, running: BotProcess) -> None:
        sent = send(api, "规则.txt", PAGE.encode())
        plan = shown(api, running, sent, "要导入吗")
        del api.messages[ADMIN][plan["message_id"]]
        choose(api, plan, "导入")
        report = shown(api, running, sent, "已导入，现在的回答")
        assert report["message_id"] != plan["message_id"]
