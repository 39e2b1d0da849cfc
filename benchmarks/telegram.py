"""200 chats that ask at once: order, time to the answer and memory of the bot as its own process.

``python -m benchmarks.telegram [--write]`` from the checkout: the seeds, the bundled model, a Bot API on the
loopback that enforces Telegram's pace at its real speed, 30 messages a second over all chats.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import circumstances, table, write_section
from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import person, private
from tests.bot.telegram.harness import ROOT, bot

CHATS = 200
ROUNDS = (1, 3)
QUESTIONS = (
    "社区党员议事会有哪五个议事程序？",
    "什么是社区党建？",
    "四必访是哪四访？",
    "社区党组织怎样服务群众？",
)
HEADER = ["questions a chat", "answers", "out of order", "refused by pace", "p50 s", "p95 s", "last s", "MB"]


def measure(data_dir: Path, rounds: int) -> list[str]:
    """A row of the table: every chat asks its questions at once, and waits for the last answer."""
    api = FakeApi()
    with api.serving(), bot(data_dir, api.url, DANGWU_EMBEDDING__MODEL="bundled") as running:
        running.wait_for(lambda: api.polls)
        begun, asked = api.now(), []
        for n in range(rounds):
            for chat in range(1, CHATS + 1):
                text = QUESTIONS[(n + chat) % len(QUESTIONS)]
                asked.append(api.say(private(chat), person(chat), text))
        running.wait_for(lambda: len(api.sent()) >= len(asked), 600)
        memory = _peak_mb(running.process.pid)
    return _row(api, rounds, begun, memory)


def _row(api: FakeApi, rounds: int, begun: float, memory: float) -> list[str]:
    waits = [answer["sent_at"] - begun for answer in api.sent()]
    out_of_order = sum(_answered(api, chat) != sorted(_answered(api, chat)) for chat in range(1, CHATS + 1))
    cuts = statistics.quantiles(waits, n=100)
    counts = [rounds, len(waits), out_of_order, len(api.refusals(429))]
    return [*map(str, counts), *(f"{each:.1f}" for each in (cuts[49], cuts[94], max(waits))), f"{memory:.0f}"]


def _answered(api: FakeApi, chat: int) -> list[int]:
    """The questions of a chat by number, in the order of their answers."""
    return [int(answer["raw"]["reply_parameters"]["message_id"]) for answer in api.sent(chat)]


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(each for each in status.splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the table in benchmarks/README.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        environment = {**os.environ, "DANGWU_DATA_DIR": str(data_dir)}
        subprocess.run([sys.executable, "-m", "bot", "ingest"], check=True, cwd=ROOT, env=environment)
        rows = [measure(data_dir, rounds) for rounds in ROUNDS]
    body = f"{circumstances()}.\n\n{table(HEADER, rows)}"
    print(body)
    if arguments.write:
        write_section("telegram", body)


if __name__ == "__main__":
    main()
