"""How fast cleaning is, and that its time grows linearly with the text.

    python -m benchmarks.cleaning [--quick]

Prints megabytes a second for a seed and for sound text of 10 KB to 10 MB, and the seconds for one line of
10 MB made of each character or cue that sets a step to work. With ``--quick``, a tenth of the sizes.
Exits with 1 if a size takes more than three times the time a character of the size before, or a line of
cues more than twenty times that of sound text.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ingest.cleaning import clean
from ingest.records import RawDocument

SEEDS = Path(__file__).parents[1] / "seeds"
SOUND = (
    "各级党组织要认真开展组织生活，对党员进行经常性教育。党员应当学习党的基本知识，积极参与服务活动。\n"
    "支部书记负责召集会议，会议决定的问题应当记录，重要事项提交党员大会讨论决定。\n"
)
CUES = (
    *(
        "?",
        "字?",
        "?鐓",
        "字?jí)",
        "??",
        "(",
        "字(zi)",
        "級(jí)",
        "|",
        "安阳市| ",
        " ",
        "　",
        "\t",
        "1、",
        "\n1、",
    ),
    *(
        "第1页",
        "广告 ",
        "广告 看 ×",
        "×",
        "們",
        "著",
        "隨著",
        "乾",
        "党姐织",
        "毎",
        "3的个",
        "玫策",
        "网,",
        "www.",
    ),
    *(
        "之家,全国天地",
        "时间:",
        "第一条",
        "-",
        "=",
        "_",
        "\ue17a",
        "µ³",
        "å…š",
        "锛",
        "⽤",
        "返回搜狐，查看更多",
    ),
    *("原标题：", "，正文：", "标题 | ", "\r", "\r\n", "\x00", "\u200b", "模9u板", "\n", "- 3 -\n", "本站"),
    "相关阅读\n",
)
GROWTH_MAX = 3.0
CUE_MAX = 20.0


def seconds(text: str) -> float:
    """How long cleaning ``text`` takes, in seconds."""
    start = time.perf_counter()
    clean(RawDocument(text=text, format="text"))
    return time.perf_counter() - start


def filled(unit: str, size: int) -> str:
    """``unit`` over and over, ``size`` bytes of UTF-8 or a little less."""
    return unit * max(1, size // len(unit.encode()))


def main() -> int:
    """Run everything and print it; 0 if growth is linear."""
    scale = 10 if "--quick" in sys.argv[1:] else 1
    clean(RawDocument(text=SOUND, format="text"))  # dictionaries and converters load once
    failures = 0
    for path in sorted(SEEDS.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        size = len(text.encode())
        print(f"seed {path.stem[:3]}      {size / 1e6 / seconds(text):8.2f} MB/s")
    rate = 0.0
    for size in (10_000, 100_000, 1_000_000, 10_000_000 // scale):
        taken = seconds(filled(SOUND, size))
        slower = rate > 0 and taken / size > GROWTH_MAX * rate
        failures += slower
        rate = taken / size
        print(f"sound {size:>10,} {size / 1e6 / taken:8.2f} MB/s{'  NOT LINEAR' if slower else ''}")
    for cue in CUES:
        size = 10_000_000 // scale
        taken = seconds(filled(cue, size))
        slower = taken / size > CUE_MAX * rate
        failures += slower
        print(f"line of {cue!r:<16} {taken:8.2f} s{'  TOO SLOW' if slower else ''}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
