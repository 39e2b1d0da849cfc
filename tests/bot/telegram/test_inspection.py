"""``dangwu doctor`` before a Bot API that knows the bot, does not know it, or cannot be reached."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bot.cli.entry import run
from tests.bot.telegram.fake_api import FakeApi, Fault
from tests.bot.telegram.fake_rules import TOKEN, person, private
from tests.bot.telegram.harness import free_port

HOOK = "https://bot.example.org/hook"


class Doctor:
    """Runs the command; gives its exit status and the checks by name as ``status: message → remedy``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str) -> None:
        self._capsys = capsys
        self.set = lambda name, value: monkeypatch.setenv(f"DANGWU_TELEGRAM__{name}", value)
        self.set("TOKEN", TOKEN)
        self.set("BASE_URL", url)

    def __call__(self) -> tuple[int, dict[str, str]]:
        status = run(["doctor", "--json"])
        out = self._capsys.readouterr().out
        assert TOKEN not in out
        checks = json.loads(out)["checks"]
        return status, {c["name"]: f"{c['status']}: {c['message']} → {c['remedy']}" for c in checks}


@pytest.fixture
def doctor(
    home: Path, api: FakeApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Doctor:
    return Doctor(monkeypatch, capsys, api.url)


def test_a_bot_by_polling_is_known_and_its_privacy_mode_is_explained(doctor: Doctor, api: FakeApi) -> None:
    api.say(private(5), person(5), "党费怎样交？")
    status, found = doctor()
    assert status == 0 and found["令牌"] == "ok: @DangwuTestBot → "
    assert found["隐私模式"].startswith("note: 开着") and "/setprivacy" in found["隐私模式"]
    assert found["推送"] == "ok: 主动轮询，待取的更新 1 条 → "
    assert [call.method for call in api.calls] == ["getMe", "getWebhookInfo"], "nothing is changed"


def test_a_bot_that_hears_everything_is_fine(doctor: Doctor) -> None:
    with FakeApi(reads_all=True).serving() as api:
        doctor.set("BASE_URL", api.url)
        assert doctor()[1]["隐私模式"].startswith("ok")


def test_a_webhook_that_nobody_asked_for_is_a_warning(doctor: Doctor, api: FakeApi) -> None:
    api.webhook = {"url": HOOK}
    status, found = doctor()
    assert status == 0 and found["推送"].startswith("warning") and HOOK in found["推送"]


def test_a_webhook_that_leads_elsewhere_is_a_warning(doctor: Doctor, api: FakeApi) -> None:
    doctor.set("WEBHOOK_URL", HOOK)
    assert doctor()[1]["推送"].startswith(f"warning: 登记的推送地址是 空，设置的是 {HOOK}")
    api.webhook = {"url": HOOK}
    assert doctor()[1]["推送"] == "ok: 已登记推送地址，待取的更新 0 条 → "


@pytest.mark.parametrize(("ago_s", "status"), [(60, "warning"), (7200, "ok")])
def test_a_delivery_that_failed_lately_is_a_warning(
    doctor: Doctor, api: FakeApi, ago_s: int, status: str
) -> None:
    doctor.set("WEBHOOK_URL", HOOK)
    api.webhook = {"url": HOOK}
    reason = "Wrong response from the webhook: 502 Bad Gateway"
    api.webhook_trouble = {"last_error_date": int(time.time()) - ago_s, "last_error_message": reason}
    said = doctor()[1]["推送"]
    assert said.startswith(status) and (reason in said) == (status == "warning")


def test_updates_that_nobody_fetches_are_a_warning(doctor: Doctor, api: FakeApi) -> None:
    for _ in range(101):
        api.say(private(5), person(5), "党费怎样交？")
    assert "待取的更新 101 条，没有人取" in doctor()[1]["推送"]


def test_a_token_that_telegram_does_not_know_is_broken(doctor: Doctor) -> None:
    doctor.set("TOKEN", TOKEN[:-1] + "1")
    status, found = doctor()
    assert status == 1 and found["令牌"].startswith("broken: Telegram 不认这个令牌")


@pytest.mark.parametrize("fault", [Fault(502, "Bad Gateway"), Fault(drops=True)])
def test_trouble_on_the_way_is_a_warning(doctor: Doctor, api: FakeApi, fault: Fault) -> None:
    api.faults["getWebhookInfo"].append(fault)
    status, found = doctor()
    assert status == 0 and found["令牌"].startswith("warning: 格式正确，没有核对")
    assert "DANGWU_TELEGRAM__PROXY" in found["令牌"]


@pytest.mark.parametrize("name", ["BASE_URL", "PROXY"])
def test_a_server_or_a_proxy_that_is_not_there_is_a_warning(doctor: Doctor, name: str) -> None:
    doctor.set(name, f"http://127.0.0.1:{free_port()}")
    status, found = doctor()
    assert status == 0 and found["令牌"].startswith("warning: 格式正确，没有核对：连不上")
