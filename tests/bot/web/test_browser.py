"""Journeys in a real browser, with a script and without; skipped where there is no Chromium.

``PICTURES=FOLDER`` leaves a picture of every page there, in each scheme and width.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bot.web.harness import QUESTION, Running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
WIDTHS = (360, 1280)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


def keep(page: Any, name: str) -> None:
    """A picture, where pictures are wanted; the page never is wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_staff_asks_opens_the_source_and_asks_on_by_keyboard(
    site: Running, browser: Any, scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, failures = context.new_page(), []
    page.on("console", lambda said: failures.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(site.base)
    # The field has the focus, and Enter asks.
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer a.ref")
    keep(page, f"answer-{scheme}-{width}")
    page.click("#answer a.ref >> nth=0")
    assert "确立议程" in page.wait_for_selector("#panel mark").inner_text()
    keep(page, f"source-{scheme}-{width}")
    page.keyboard.press("Escape")
    assert page.is_hidden("#panel") and page.evaluate("document.activeElement.className") == "ref"
    page.fill("#question", "那第三步呢？")
    page.keyboard.press("Enter")
    page.locator("#answer h2", has_text="第三步").wait_for()
    assert "采纳议程" in page.inner_text("#answer .answer")
    page.click("#answer .votes button >> nth=0")
    page.wait_for_selector(".flash")
    page.click("#history summary")
    assert page.locator("#history li").count() == 2
    for place in ("library", "topics", "search?q=议事程序"):
        page.goto(f"{site.base}/{place}")
        keep(page, f"{place.partition('?')[0]}-{scheme}-{width}")
    context.close()
    assert failures == []


def test_without_a_script_the_same_journey_is_one_of_pages(site: Running, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(site.base)
    page.fill("#question", QUESTION)
    page.click("form.question button.main")
    page.click("#answer a.ref >> nth=0")
    assert "确立议程" in page.inner_text("mark") and "/source/" in page.url
    page.click("h1 a")
    assert "/library/" in page.url and page.locator(".reading p").count() > 5
    page.goto(site.base)
    page.click(".comment summary")
    page.fill("#comment", "好用")
    page.click(".comment button")
    assert "意见已经记下" in page.inner_text(".flash")
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_maintainer_opens_the_desk_and_takes_a_file_in(
    site: Running, browser: Any, width: int, tmp_path: Path
) -> None:
    file = tmp_path / f"活动室{width}.txt"
    file.write_text(f"党员活动室使用规定\n\n第一条 第{width}号活动室每周三下午开放。\n", encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{site.base}/login?next=/desk&key={site.web.site.owner_key}")
    page.click("button.main")
    keep(page, f"desk-{width}")
    page.set_input_files("#files", file)
    page.click("form.upload button.main")
    page.wait_for_selector("button[value=import]", timeout=60_000)
    keep(page, f"plan-{width}")
    page.click("button[value=import]")
    page.wait_for_selector("button[value=done]", timeout=60_000)
    for place in ("history", "voices", "health", "log"):
        page.goto(f"{site.base}/desk/{place}")
        keep(page, f"desk-{place}-{width}")
    page.goto(f"{site.base}/library")
    assert "党员活动室使用规定" in page.content()
    context.close()
