"""The report as one HTML page that needs nothing else: no script, no remote address.

Every string that reaches the page is escaped, and characters that nobody sees, such as those that turn
the direction of a line, are written as their code points.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.change_words import rewording_sentence
from bot.rendering.chart import HEIGHT, WIDTH, draw_curve, height
from bot.rendering.legible import visible
from bot.rendering.step_names import step_name
from bot.reporting.content import Report
from retrieval.editions import spoken_day
from retrieval.evaluation import LOWER_IS_BETTER

if TYPE_CHECKING:
    from jinja2 import Environment

WARNINGS_MAX = 10
"""How many warnings of a document are written out."""
METRIC_NAMES = {
    "hit@1": "依据在第一段",
    "hit@5": "依据在前五段",
    "complete": "回答完整",
    "cited": "引文完整",
    "citation_valid": "引文一字不差",
    "refused": "如实拒答",
    "false_refusal": "误拒",
}


def render_page(report: Report) -> str:
    """The page, well-formed as XML too."""
    return page_environment().get_template("report.html").render(report=report)


@cache
def page_environment() -> Environment:
    """What all pages are made in: everything escaped, nobody's invisible characters left unseen."""
    # Loads in a tenth of a second, which no other command should pay.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bot.rendering"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "step_name": step_name,
        "metric_name": lambda metric: METRIC_NAMES.get(metric, metric),
        "moment": _moment,
        "rewording": lambda found: rewording_sentence(found, limit=10),
        "spoken_day": spoken_day,
        "number": lambda number: f"{number:,}",
        "share": lambda share: "–" if share is None else f"{share:.2f}",
        "short": lambda version: version.partition("-")[0],
        "marked": lambda text: text.replace("\n", "↵\n"),
    }
    environment.globals |= {
        "draw_curve": draw_curve,
        "height": height,
        "CHART": (WIDTH, HEIGHT),
        "LOWER_IS_BETTER": LOWER_IS_BETTER,
        "WARNINGS_MAX": WARNINGS_MAX,
    }
    return environment


def _shown(value: Any) -> Any:
    """Strings as people can see them; what is markup already was made of such strings."""
    return visible(value) if type(value) is str else value


def _moment(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"
