"""200 chats that ask at once: order, time to the answer and memory of the bot as its own process.

``python -m benchmarks.telegram [CHATS] [QUESTIONS]`` from the checkout: the seeds, the bundled model, a Bot
API on the loopback that enforces Telegram's pace at its real speed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import Json, person, private
from tests.bot.telegram.harness import ROOT, bot

QUESTIONS = (
    "社区党员议事会有哪五个议事程序？",
    "什么是社区党建？",
    "四必访是哪四访？",
    "社区党组织怎样服务群众？",
)


def run(chats: int, questions: int) -> None:
    """Ask, wait for the last answer, print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        command = [sys.executable, "-m", "bot", "ingest"]
        subprocess.run(command, check=True, cwd=ROOT, env={"DANGWU_DATA_DIR": str(data_dir)})
        api = FakeApi()
        with api.serving(), bot(data_dir, api.url, DANGWU_EMBEDDING__MODEL="bundled") as running:
            running.wait_for(lambda: api.polls)
            begun, asked = api.now(), []
            for n in range(questions):
                for chat in range(1, chats + 1):
                    asked.append(api.say(private(chat), person(chat), QUESTIONS[(n + chat) % len(QUESTIONS)]))
            running.wait_for(lambda: len(_answers(api)) == len(asked), 600)
            memory = _peak_mb(running.process.pid)
        _report(api, asked, begun, memory)


def _answers(api: FakeApi) -> list[Json]:
    return [m for m in api.sent() if m["raw"].get("reply_parameters")]


def _report(api: FakeApi, asked: list[Json], begun: float, memory: float) -> None:
    waits, out_of_order = [], 0
    for chat in {each["chat"]["id"] for each in asked}:
        numbers = [m["raw"]["reply_parameters"]["message_id"] for m in api.sent(chat) if "raw" in m]
        out_of_order += numbers != sorted(numbers)
    for answer in _answers(api):
        waits.append(answer["sent_at"] - begun)
    cuts = statistics.quantiles(waits, n=100)
    print(
        f"{len(waits)} answers, {out_of_order} chats out of order, {len(api.refusals(429))} refused by pace"
    )
    print(f"seconds to the answer: p50 {cuts[49]:.1f}, p95 {cuts[94]:.1f}, last {max(waits):.1f}")
    print(f"{len(waits) / max(waits):.1f} answers a second, {memory:.0f} MB at most")


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(each for each in status.splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    begun = time.monotonic()
    run(*(int(each) for each in (sys.argv[1:] or ("200", "3"))))
    print(f"{time.monotonic() - begun:.0f} s in all")
