"""Character error rate of the extra ``ocr`` on rendered pages of three kinds.

    python benchmarks/ocr.py --font /usr/share/fonts/truetype/wqy/wqy-zenhei.ttc [--pages 10]

Ten pages of each: clean print; turned by up to two degrees, noisy, blurred and saved as a poor JPEG, as an
old scanner gives them; and a red head with its rule, and a seal over the signature. The text is that of
the seeds. Counted are the edits that make what was read what was printed, white space and the width of
characters aside: a comma of the seeds may be either, and on paper they look alike.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import time
import unicodedata
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ingest.documents import read_document
from ingest.loaders import load

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
# A4 at 200 dots an inch; 三号 is 16 points, 28 characters a line and 22 lines a page, as GB/T 9704 has it.
WIDTH, HEIGHT = 1654, 2339
SIZE, LEADING, LEFT, TOP = 44, 80, 220, 290
CHARS, LINES = 28, 22
RED = (200, 20, 20)
ISSUER = "中共南湖街道工作委员会"


def pages(count: int, lines: int, start: int) -> list[list[str]]:
    """Lines of printed text, indented where a paragraph begins."""
    text = "\n".join(
        read_document(path.read_bytes(), path.name).text for path in sorted(SEEDS.glob("*.txt"))[:8]
    )
    printed: list[str] = []
    for paragraph in filter(str.strip, text.split("\n")):
        body = "　　" + "".join(paragraph.split())
        printed += [body[at : at + CHARS] for at in range(0, len(body), CHARS)]
    return [printed[start + n * lines : start + (n + 1) * lines] for n in range(count)]


def drawn(lines: list[str], font: Any, top: int = TOP) -> Image.Image:
    """The lines in black on white."""
    page = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        pen.text((LEFT, top + number * LEADING), line, font=font, fill="black")
    return page


def worn(page: Image.Image, lots: random.Random) -> Image.Image:
    """As an old scanner gives it: turned, grey, speckled, blurred, saved poorly."""
    turned = page.rotate(
        lots.uniform(-2, 2), expand=False, fillcolor="white", resample=Image.Resampling.BICUBIC
    )
    noise = Image.effect_noise(turned.size, 40).convert("RGB")
    grey = Image.blend(turned.filter(ImageFilter.GaussianBlur(0.8)), noise, 0.18)
    buffer = io.BytesIO()
    grey.save(buffer, "JPEG", quality=45)
    return Image.open(buffer)


def with_head(lines: list[str], file: str) -> tuple[Image.Image, str]:
    """A first page with red head, rule and a seal over the signature, and what is printed on it."""
    body, signed = lines[: LINES - 8], [ISSUER, "2025年9月1日"]
    page = drawn(body, ImageFont.truetype(file, SIZE), top=820)
    pen = ImageDraw.Draw(page)
    title, number = f"{ISSUER}文件", "南湖工委〔2025〕17号"
    pen.text((WIDTH / 2, 420), title, font=ImageFont.truetype(file, 92), fill=RED, anchor="mm")
    pen.text((WIDTH / 2, 600), number, font=ImageFont.truetype(file, SIZE), fill="black", anchor="mm")
    pen.line((LEFT, 700, WIDTH - LEFT, 700), fill=RED, width=6)
    at = 820 + (len(body) + 1) * LEADING
    for n, line in enumerate(signed):
        pen.text(
            (WIDTH - LEFT - 280, at + n * LEADING),
            line,
            font=ImageFont.truetype(file, SIZE),
            fill="black",
            anchor="mt",
        )
    seal = Image.new("RGBA", page.size, (0, 0, 0, 0))
    ring = ImageDraw.Draw(seal)
    x, y, r = WIDTH - LEFT - 280, at + 60, 170
    ring.ellipse((x - r, y - r, x + r, y + r), outline=(*RED, 150), width=10)
    ring.regular_polygon((x, y, 50), 5, fill=(*RED, 150))
    page.paste(seal, (0, 0), seal)
    return page, "".join([title, number, *body, *signed])


def distance(a: str, b: str) -> int:
    """The least number of insertions, deletions and replacements that make ``a`` into ``b``."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def measure(page: Image.Image, printed: str) -> tuple[int, int, float]:
    """Edits, characters and seconds of one page, read as a user's file is."""
    buffer = io.BytesIO()
    page.convert("RGB").save(buffer, "PNG")
    began = time.perf_counter()
    read = load(buffer.getvalue(), "页.png").text
    took = time.perf_counter() - began
    a, b = ("".join(unicodedata.normalize("NFKC", each).split()) for each in (printed, read))
    return distance(a, b), len(a), took


def main() -> None:
    """Print the rates by kind as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--font", default="/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc")
    parser.add_argument("--pages", type=int, default=10)
    options = parser.parse_args()
    lots, font = random.Random(9704), ImageFont.truetype(options.font, SIZE)
    kinds: dict[str, list[tuple[Image.Image, str]]] = {
        "clean": [(drawn(each, font), "".join(each)) for each in pages(options.pages, LINES, 0)],
        "worn": [(worn(drawn(each, font), lots), "".join(each)) for each in pages(options.pages, LINES, 400)],
        "red head": [with_head(each, options.font) for each in pages(options.pages, LINES, 800)],
    }
    for kind, rendered in kinds.items():
        found = [measure(page, printed) for page, printed in rendered]
        edits, chars = sum(each[0] for each in found), sum(each[1] for each in found)
        seconds = sorted(each[2] for each in found)[len(found) // 2]
        figures = {
            "kind": kind,
            "pages": len(found),
            "chars": chars,
            "edits": edits,
            "cer": round(edits / chars, 5),
        }
        print(json.dumps({**figures, "seconds_median": round(seconds, 2)}), flush=True)


if __name__ == "__main__":
    main()
