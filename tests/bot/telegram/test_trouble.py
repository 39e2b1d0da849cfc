"""Floods, faults, lost connections and kills: every question ends in an answer or a reason."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import httpx

from tests.bot.telegram.fake_api import FakeApi, Fault
from tests.bot.telegram.fake_rules import TOKEN, Json, buttons, group, person, private
from tests.bot.telegram.harness import bot, fast_bot, free_port, sentence

QUESTION = "社区党员议事会有哪五个议事程序？"
_SOURCE = r"^〔(\d)〕(?:《|同上)"


def whole_texts(api: FakeApi, asked: list[Json]) -> list[str]:
    """The texts of the long answers that have arrived to the end, parts put together in order."""
    sent = api.sent(asked[0]["chat"]["id"])
    starts = [n for n, m in enumerate(sent) if m["raw"].get("reply_parameters")]
    blocks = [sent[a:b] for a, b in pairwise([*starts, len(sent)])]
    texts = ["\n".join(m["text"] for m in block) for block in blocks]
    return [text for text in texts if sentence(59)[:8] in text]


def said(text: str) -> str:
    """What a long answer says, without its marks and sources."""
    lines = [line for line in text.split("\n") if line != "出处" and not re.match(_SOURCE, line)]
    return re.sub(r"〔\d〕", "", "".join(lines))


def flood(seconds: int) -> Fault:
    return Fault(429, f"Too Many Requests: retry after {seconds}", parameters={"retry_after": seconds})


def check_ten_at_once(api: FakeApi, private_copy: Path) -> None:
    """Ten answers of 6,000 characters that a group asks for at once arrive in order, each whole and once."""
    with fast_bot(private_copy, api.url, 20, chars=6000) as running:
        running.wait_for(lambda: api.polls)
        asked = [api.say(group(-100), person(50 + n), f"/ask {QUESTION}{n}") for n in range(10)]
        running.wait_for(lambda: len(whole_texts(api, asked)) == 10, 90)
        assert running.stop() == 0
    whole = "".join(sentence(n) for n in range(60))
    for text in whole_texts(api, asked):
        assert said(text) == whole
        assert {"1", "2", "3"} == set(re.findall(_SOURCE, text, re.MULTILINE))
    assert [len(api.replies(each)) for each in asked] == [1] * 10
    assert api.early() == []


def test_ten_long_answers_in_a_group_arrive_whole_within_the_limits(private_copy: Path) -> None:
    with FakeApi(speed=20).serving() as api:
        check_ten_at_once(api, private_copy)
    assert api.refusals(429) == []


def test_ten_long_answers_arrive_whole_however_often_telegram_asks_to_wait(private_copy: Path) -> None:
    with FakeApi(speed=20).serving() as api:
        for seconds in (15, 3, 40, 7, 20):
            api.faults["sendMessage"] += [Fault(times=3), flood(seconds)]
        check_ten_at_once(api, private_copy)
    assert len(api.refusals(429)) == 5


def test_two_hundred_chats_at_once_are_answered_each_in_its_order(private_copy: Path) -> None:
    with FakeApi(speed=20).serving() as api, fast_bot(private_copy, api.url, 20) as running:
        running.wait_for(lambda: api.polls)
        asked = [
            api.say(private(who), person(who), text) for text in (QUESTION, "/help") for who in range(1, 201)
        ]
        running.wait_for(lambda: all(api.replies(each) for each in asked), 90)
        assert running.stop() == 0
    for first, second in zip(asked[:200], asked[200:], strict=True):
        texts = [reply["text"] for reply in api.sent(first["chat"]["id"])]
        assert [text.startswith("共有五个议事程序") for text in texts] == [True, False]
        assert texts == [api.replies(each)[0]["text"] for each in (first, second)]
    assert api.refusals(429) == []


def test_who_asks_too_fast_is_told_once_and_silence_is_announced(private_copy: Path) -> None:
    with FakeApi(speed=20).serving() as api, fast_bot(private_copy, api.url, 20, is_limited=True) as running:
        running.wait_for(lambda: api.polls)
        asked = [api.say(private(5), person(5), "/help") for _ in range(60)]
        running.wait_for(lambda: not api.unconfirmed and running.log.count("turn: ") == 60)
        assert running.stop() == 0
    said = [reply["text"] for each in asked for reply in api.replies(each)]
    answered, told = [sum(words in text for text in said) for words in ("怎样使用", "不再另行提示")]
    # A minute of the bot's is three seconds: with a slow machine some of the sixty come in the next one.
    assert answered >= 20 and answered + told == len(said) and 1 <= told <= answered / 20
    assert all(len(api.replies(each)) <= 1 for each in asked)
    assert api.refusals(429) == []


def test_faults_end_in_an_answer_all_the_same(api: FakeApi, private_copy: Path) -> None:
    with fast_bot(private_copy, api.url, 20) as running:
        running.wait_for(lambda: api.polls)
        api.faults["sendMessage"] += [
            Fault(502, "Bad Gateway"),
            Fault(drops=True),
            Fault(500, "Internal"),
        ]
        api.faults["sendChatAction"].append(Fault(400, "Bad Request: chat action is off", times=99))
        api.faults["getUpdates"].append(Fault(502, "Bad Gateway", times=2))
        asked = api.say(private(5), person(5), QUESTION)
        running.wait_for(lambda: "turn: answer" in running.log)
        assert running.stop() == 0
    (reply,) = api.replies(asked)
    assert "确立议程" in reply["text"]
    assert [c.refused for c in api.calls_of("sendMessage")] == [502, 500, 0]


def test_a_call_that_hangs_is_made_again(api: FakeApi, private_copy: Path) -> None:
    api.faults["sendMessage"].append(Fault(drops=True, delay_s=8.0))
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        asked = api.say(private(5), person(5), QUESTION)
        running.wait_for(lambda: "turn: answer" in running.log)
        assert running.stop() == 0
    assert len(api.replies(asked)) == 1


def test_an_answer_whose_receipt_was_lost_may_arrive_twice_but_never_not_at_all(
    api: FakeApi, private_copy: Path
) -> None:
    api.faults["sendMessage"].append(Fault(mutes=True))
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        asked = api.say(private(5), person(5), QUESTION)
        running.wait_for(lambda: "turn: answer" in running.log)
        assert running.stop() == 0
    assert [reply["text"] for reply in api.replies(asked)] == [api.replies(asked)[0]["text"]] * 2


def test_another_poller_is_named_in_the_log_and_outlasted(api: FakeApi, private_copy: Path) -> None:
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        httpx.post(f"{api.url}/bot{TOKEN}/getUpdates", data={"timeout": 0}, trust_env=False)
        running.wait_for(lambda: api.refusals(409))
        asked = api.say(private(5), person(5), QUESTION)
        running.wait_for(lambda: api.replies(asked))
        assert running.stop() == 0
    assert "another program fetches the updates" in running.log and "Traceback" not in running.log
    assert '"code"' not in running.log, "nobody asked anything, so there is no error to look up"


def test_a_button_below_a_deleted_message_does_no_harm(api: FakeApi, private_copy: Path) -> None:
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        question = api.say(private(5), person(5), "/topics")
        running.wait_for(lambda: api.replies(question))
        (menu,) = api.replies(question)
        del api.messages[5][menu["message_id"]]
        del api.messages[5][question["message_id"]]
        api.press(menu, person(5), buttons(menu)["下一页"])
        running.wait_for(lambda: api.calls_of("answerCallbackQuery"))
        assert running.stop() == 0
    assert [call.refused for call in api.calls_of("editMessageText")] == [400]
    assert '"code"' not in running.log


def test_who_blocked_the_bot_does_not_disturb_the_others(api: FakeApi, private_copy: Path) -> None:
    api.blocked.add(5)
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        api.say(private(5), person(5), QUESTION)
        asked = api.say(private(6), person(6), QUESTION)
        running.wait_for(lambda: api.replies(asked) and api.refusals(403))
        assert running.stop() == 0
    assert "Traceback" not in running.log


def test_a_group_that_migrated_is_answered_where_it_is_now(api: FakeApi, private_copy: Path) -> None:
    api.migrated[-5] = -1005
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        api.say({"id": -5, "type": "group", "title": "x"}, person(5), f"/ask {QUESTION}")
        running.wait_for(lambda: api.sent(-1005))
    assert "确立议程" in api.sent(-1005)[0]["text"]


def test_a_failure_ends_in_a_code_that_the_log_and_the_status_know(api: FakeApi, private_copy: Path) -> None:
    with bot(private_copy, api.url, DANGWU_TELEGRAM__ADMINS="9") as running:
        running.wait_for(lambda: api.polls)
        (private_copy / "dangwu.sqlite3").write_bytes(b"no database" * 1000)
        asked = api.say(private(5), person(5), QUESTION)
        running.wait_for(lambda: api.replies(asked))
        (reply,) = api.replies(asked)
        (code,) = re.findall("[0-9A-F]{4}", reply["text"])
        states = [api.say(private(who), person(who), "/status") for who in (9, 5)]
        running.wait_for(lambda: all(api.replies(each) for each in states))
        for_admin, for_member = [api.replies(each)[0]["text"] for each in states]
        assert f"error {code}" in running.log and "Traceback" not in reply["text"]
        assert code in for_admin and "资料库读不了" in for_admin and code not in for_member


def test_two_kills_leave_no_question_unanswered_and_none_answered_twice(private_copy: Path) -> None:
    with FakeApi(speed=20).serving() as api:
        asked = []
        for n in range(100):
            who = 1 + n % 25
            is_group = who % 5 == 0
            place, text = (group(-who), f"/ask {QUESTION}") if is_group else (private(who), QUESTION)
            asked.append(api.say(place, person(who), text))
        for part in (30, 60):
            with fast_bot(private_copy, api.url, 20) as running:
                running.wait_for(lambda part=part: len(api.sent()) >= part)
                running.kill()
            assert len(api.sent()) < 100
        with fast_bot(private_copy, api.url, 20) as running:
            running.wait_for(lambda: all(api.replies(each) for each in asked), 60)
            assert running.stop() == 0
    endings = Counter(
        tuple(sum(word in m["text"] for m in api.replies(each)) for word in ("确立议程", "中断"))
        for each in asked
    )
    # An excuse that is cut off by the second kill is made again.
    assert all(answers <= 1 and excuses <= 2 and answers + excuses > 0 for answers, excuses in endings)
    assert endings[1, 0] >= 50


def test_what_a_webhook_has_confirmed_survives_a_kill(api: FakeApi, private_copy: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/hook"
    with bot(private_copy, api.url, DANGWU_TELEGRAM__WEBHOOK_URL=url) as running:
        running.wait_for(lambda: api.webhook.get("url") == url)
        secret = {"X-Telegram-Bot-Api-Secret-Token": api.webhook["secret_token"]}
        for n in range(20):
            body = {
                "message_id": 3,
                "date": 1,
                "chat": private(5 + n),
                "from": person(5 + n),
                "text": QUESTION,
            }
            update = {"update_id": 9 + n, "message": body}
            assert httpx.post(url, json=update, headers=secret, trust_env=False).status_code == 200
        running.kill()
    with bot(private_copy, api.url, DANGWU_TELEGRAM__WEBHOOK_URL=url) as running:
        running.wait_for(lambda: all(api.sent(5 + n) for n in range(20)))
        assert running.stop() == 0
    assert all(
        sum("确立议程" in m["text"] for m in api.sent(5 + n)) <= 1 and len(api.sent(5 + n)) <= 2
        for n in range(20)
    )
