"""Draws the picture of the README from a real answer: ``python -m tests.draw_chat docs/chat.png``.

The seeds are ingested into a folder of their own, the question is answered, and what Telegram would get is
drawn by Chromium, which has to be installed. Pillow, which makes the file small, comes with python-pptx.
"""

from __future__ import annotations

import html
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.compose import Application
from bot.rendering.telegram import render_answer
from bot.rendering.telegram_keyboards import answer_keyboard
from bot.settings import Settings
from ingest.parts import no_progress
from retrieval.records import EVERYONE
from tests.bot.telegram.preview import STYLE, message_of

QUESTIONS = ("请问议事会有哪五个程序啊", "2024年全市有多少个社区党委？")
_STYLE = """
main { column-width: auto; width: 440px; padding: 16px; }
.asked { background: #e3fdc8; border-radius: 12px 12px 4px 12px; padding: 7px 11px; width: fit-content;
  margin: 0 0 10px auto; box-shadow: 0 1px 1px #0002; }
.answered { margin: 0 24px 16px 0; }
.size { display: none; }
"""
_WIDTH, _HEIGHT = 472, 2000
_MARGIN = 24
_COLOURS = 16


def page(folder: Path) -> str:
    """The questions and what Telegram gets for them, as a page."""
    settings = Settings(data_dir=folder, _env_file=None)
    shown = ""
    with Application(settings, announce=print) as application:
        application.ingest([], no_progress)
        for question in QUESTIONS:
            answer = application.answerer.answer(question, audiences=EVERYONE)
            shown += f'<div class="asked">{html.escape(question)}</div>'
            for part in render_answer(answer, keyboard=answer_keyboard(answer, "a1")):
                shown += f'<div class="answered">{message_of(part)}</div>'
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8">'
        f"<style>{STYLE}{_STYLE}</style><main>{shown}</main></html>"
    )


def main(target: Path) -> None:
    """Draw into ``target``, a PNG."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        sys.exit("Chromium is needed to draw")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "chat.html"
        source.write_text(page(Path(folder) / "data"), encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += ["--force-device-scale-factor=1.5", f"--window-size={_WIDTH},{_HEIGHT}"]
        drawn = Path(folder) / "chat.png"
        subprocess.run([*command, f"--screenshot={drawn}", source.as_uri()], check=True, capture_output=True)
        _shrink(drawn, target)


def _shrink(drawn: Path, target: Path) -> None:
    """The picture without the empty rest of its window, in few colours."""
    from PIL import Image, ImageChops

    picture = Image.open(drawn).convert("RGB")
    background = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
    _, _, _, bottom = ImageChops.difference(picture, background).getbbox() or (0, 0, 0, picture.height)
    cropped = picture.crop((0, 0, picture.width, min(picture.height, bottom + _MARGIN)))
    cropped.quantize(_COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
