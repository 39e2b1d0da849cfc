"""The report as a page: complete, harmless whatever documents hold, legible everywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from string import Template

import pytest
from lxml import etree

from bot.rendering import page
from bot.rendering.chart import HEIGHT, WIDTH, draw_curve
from bot.rendering.page import METRIC_NAMES, WARNINGS_MAX, render_page
from bot.rendering.step_names import STEP_NAMES, step_name
from bot.reporting.comparison import compare
from bot.reporting.content import (
    Entry,
    Overview,
    Rated,
    Remark,
    Report,
    Tally,
    Trend,
    Unanswered,
    Unreadable,
    VersionChanges,
    Voices,
)
from ingest.cleaning.steps import STEPS
from ingest.comparing.rewording import reworded
from ingest.records import Edit
from retrieval.evaluation import METRICS
from retrieval.records import Audience, DocumentInfo
from retrieval.snapshot import Holding, Version

AT = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
VERSION = Version(3, "ab" * 32, AT.isoformat(), "维护者", "", 0, "", "1", 2, 9, 9, "", 0)
HOSTILE = (
    "</td></table></details><script>alert(1)</script><img src=https://e.example/x onerror='a()'>\"&"
    "\u202etxt.exe\x00\x1b[31m\ud800" + "长" * 3000 + "W" * 3000
)
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMIUM_ARGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--window-size=1400,900", "--virtual-time-budget=10000",
)  # fmt: skip


def entry(title: str, *, audience: Audience = "公开", quarantine: str | None = None) -> Entry:
    raw = f"{title}\n第一条 \u200b党员{title}\n"
    edits = (Edit("invisible+spaces", raw.index("\u200b"), raw.index("\u200b") + 1, "\u200b", title),)
    info = DocumentInfo(
        "0" * 16, f"docs/{title}.txt", title, "现行", audience, {"kind": "规定", "date": title}
    )  # type: ignore[arg-type]
    return Entry(Holding(info, "text", quarantine, (title,), 4, len(edits)), compare(raw, edits, 10**9))


def report(title: str = "党费收缴规定") -> Report:
    held = title.replace("\ud800", "")  # no stored text holds half a character
    worded = reworded(f"第一条 {held}旧。", f"第一条 {held}新。")
    assert worded is not None
    return Report(
        made_at=AT,
        published_at=AT,
        version=VERSION,
        is_public=False,
        overview=Overview(
            served=2,
            passages=1234,
            kinds=(Tally("规定", 2),),
            statuses=(Tally("现行", 1), Tally("", 1)),
            years=(Tally("2019", 2),),
            edited=2,
            internal=1,
            quarantined=1,
        ),
        repairs=(Tally("invisible", 1200),),
        entries=(entry(title), entry(title, audience="内部")),
        quarantined=(entry(title, quarantine="全是乱码" + title),),
        unreadable=(Unreadable(title, title),),
        voices=Voices(
            refused=1,
            unanswered=(Unanswered(title, 3, AT, (title,)),),
            votes=(Tally("过时", 2),),
            rated=(Rated(title, True, (Tally("过时", 2),), AT, (title,)),),
            remarks=(Remark(title, AT),),
        ),
        trends=(Trend(title, 100, ("v1-aa", "v2-bb", "v3-cc"), {"hit@1": (0.5, None, 0.875)}),),
        left_out=(title,),
        rewordings=(VersionChanges(title, AT, ((title, worded),)),),
    )


EMPTY = replace(
    report(), overview=Overview(0, 0, (), (), (), 0, 0, 0), repairs=(), entries=(), quarantined=(),
    voices=Voices(), trends=(), left_out=(),
)  # fmt: skip


def parsed(html: str) -> etree._Element:
    """The page as strict XML: whatever is not well-formed raises."""
    return etree.fromstring(html.encode())


@pytest.mark.parametrize("content", [report(), EMPTY, report(HOSTILE)], ids=["full", "empty", "hostile"])
def test_the_page_is_well_formed_and_needs_nothing_else(content: Report) -> None:
    root = parsed(render_page(content))
    assert {each.tag for each in root.iter(etree.Element)}.isdisjoint(
        {"script", "img", "link", "iframe", "object"}
    )
    for each in root.iter(etree.Element):
        assert not [name for name in each.attrib if name.startswith("on")]
        for name in ("href", "src", "xlink:href", "action"):
            assert each.get(name, "#").startswith("#")
    style = root.findtext(".//style") or ""
    assert "url(" not in style and "@import" not in style and "http" not in style
    policy = root.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
    assert "default-src 'none'" in policy and "script-src" not in policy


@pytest.mark.parametrize("content", [report(), replace(report(), is_public=True, quarantined=())])
def test_every_link_leads_somewhere(content: Report) -> None:
    root = parsed(render_page(content))
    targets = {each.get("href", "")[1:] for each in root.iter("a")}
    assert targets and targets <= {each.get("id") for each in root.iter(etree.Element)}


def test_what_a_document_holds_is_text_and_shows_what_nobody_sees() -> None:
    html = render_page(report(HOSTILE))
    assert "\u202e" not in html and "\x1b" not in html and "\x00" not in html and "\u200b" not in html
    text = "".join(parsed(html).itertext())
    assert "<script>alert(1)</script>" in text and "⟨U+202E⟩txt.exe⟨U+0000⟩⟨U+001B⟩" in text
    html.encode("utf-8")


def test_a_title_from_right_to_left_turns_no_words_around_it() -> None:
    """Its own letters run as they must; a ``bdi`` keeps what stands beside them out of it."""
    title = "قىزىل بايراق 2014"
    root = parsed(render_page(report(title)))
    beside = [
        *root.xpath("//*[contains(@class, 'title')]"),
        *root.xpath("//td[contains(., '《')]"),
        *root.xpath("//section[@id='feedback']//td[@class='main']"),
    ]
    assert len(beside) >= 8
    for each in beside:
        outside = "".join(each.xpath(".//text()[not(ancestor::bdi)]"))
        assert title in "".join(each.itertext()) and title not in outside


def test_edits_are_marked_and_named() -> None:
    root = parsed(render_page(report()))
    (removed, *_), (added, *_) = (root.xpath(f"//table[@class='compare']//{tag}") for tag in ("del", "ins"))
    assert (removed.text, added.text) == ("⟨U+200B⟩", "党费收缴规定")
    assert removed.get("title") == step_name("invisible+spaces") == "去不可见字符＋整理空格"
    assert "去不可见字符＋整理空格" in root.xpath("string(//*[@class='step'])")


def test_internal_documents_are_marked_and_the_page_warns() -> None:
    text = "".join(parsed(render_page(report())).itertext())
    assert "含 1 份内部资料，请勿外传" in text
    assert len(parsed(render_page(report())).xpath("//*[@class='internal']")) == 2  # the list, the comparison
    public = "".join(parsed(render_page(replace(EMPTY, is_public=True))).itertext())
    assert "不含内部资料" in public and "请勿外传" not in public


def test_a_document_that_was_only_warned_of_tells_its_warnings() -> None:
    warned = entry("党员须知")
    warned = replace(
        warned,
        holding=replace(warned.holding, edits=0, warnings=tuple(f"第 {n} 字处可疑" for n in range(200))),
        comparison=None,
    )
    (details,) = parsed(render_page(replace(report(), entries=(warned,), quarantined=()))).iter("details")
    text = "".join(details.itertext())
    assert f"第 {WARNINGS_MAX - 1} 字处可疑" in text and f"第 {WARNINGS_MAX} 字处可疑" not in text
    assert f"另有 {200 - WARNINGS_MAX} 条警告" in text and "dangwu show --edits" not in text


def test_what_people_said_is_on_the_page() -> None:
    root = parsed(render_page(report()))
    assert root.xpath("string(//section[@id='unanswered']//td[@data-label='次数'])") == "3"
    said = "".join(root.xpath("//section[@id='feedback']")[0].itertext())
    assert "党费收缴规定（拒答）" in said and "过时 2" in said and "2026年5月4日 08:30" in said
    nothing = "".join(parsed(render_page(EMPTY)).xpath("//section[@id='feedback']")[0].itertext())
    assert "没有评价和意见" in nothing


def test_a_part_of_the_edits_says_that_it_is_one() -> None:
    raw = "党 员\n" * 500
    edits = tuple(Edit("spaces", 4 * at + 1, 4 * at + 2, " ", "") for at in range(500))
    partial = replace(entry("长"), comparison=compare(raw, edits, 500))
    text = "".join(parsed(render_page(replace(report(), entries=(partial,)))).itertext())
    assert re.search(r"共 500 处改动，这里列出前 \d+ 处", text)


def test_every_step_and_metric_has_a_name() -> None:
    assert list(STEP_NAMES) == [step.name for step in STEPS]
    assert list(METRIC_NAMES) == list(METRICS)
    assert len(set(STEP_NAMES.values())) == len(STEP_NAMES)


def test_a_curve_leaves_a_gap_where_a_version_has_no_figure() -> None:
    curve = draw_curve((0.0, 1.0, None, 0.5))
    assert len(curve.dots) == 3 and [len(points.split()) for points in curve.lines] == [2]
    assert curve.dots[0][1] > curve.dots[2][1] > curve.dots[1][1]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in curve.dots)
    assert draw_curve((0.5,)).dots == ((WIDTH / 2, HEIGHT / 2),)


STYLE = (Path(page.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
GROUNDS = {
    "ink": "paper", "faint": "paper", "accent": "paper", "on-accent": "accent",
    "removed": "removed-ground", "added": "added-ground",
}  # fmt: skip


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", range(3), ids=["light", "dark", "print"])
def test_text_stands_out_from_its_ground_in_every_scheme(scheme: int) -> None:
    palette = colours(re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[scheme])
    for text, ground in [*GROUNDS.items(), ("faint", "raised"), ("accent", "raised")]:
        dark, light = sorted((luminance(palette[text]), luminance(palette[ground])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(("width", "unfolded"), list(product((360, 1280), (False, True))))
def test_nothing_hangs_over_the_edge_of_the_screen(width: int, unfolded: bool, tmp_path: Path) -> None:
    html = render_page(report(HOSTILE))
    if unfolded:
        html = html.replace('id="unfold"', 'id="unfold" checked="checked"')
    measured = browse(html, width, tmp_path)
    assert measured["scroll"] <= measured["client"] == width
    assert measured["columns"] == (unfolded and width > 704)


PROBE = Template("""
<iframe id="frame" style="width:${width}px;height:800px;border:0"></iframe><pre id="out"></pre><script>
const frame = document.getElementById("frame");
frame.onload = () => {
  const root = frame.contentDocument.documentElement;
  const head = root.querySelector(".compare thead");
  document.getElementById("out").textContent = JSON.stringify({
    scroll: root.scrollWidth, client: root.clientWidth,
    columns: head.checkVisibility() && head.offsetHeight > 0,
  });
};
frame.srcdoc = $html;
</script>""")


def browse(html: str, width: int, folder: Path) -> dict[str, int | bool]:
    """The widths of the page in a real browser, and whether its comparisons show as columns."""
    probe = folder / "probe.html"
    # "<\\/" is the same string to JSON and no end of the script to the browser.
    embedded = json.dumps(html).replace("</", "<\\/")
    probe.write_text(PROBE.substitute(width=width, html=embedded), encoding="utf-8")
    arguments = [*CHROMIUM_ARGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", probe.as_uri()]
    done = subprocess.run(
        [str(CHROMIUM), *arguments], capture_output=True, text=True, check=True, timeout=120
    )
    found = re.search(r'<pre id="out">(.+?)</pre>', done.stdout)
    assert found, done.stderr
    measured: dict[str, int | bool] = json.loads(found[1])
    return measured
