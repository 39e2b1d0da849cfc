"""``dangwu topics``: the named procedures and models of the corpus, page by page."""

from __future__ import annotations

import click

from bot.cli.console import print_json, show, width
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command, between


@click.command("topics", cls=Command)
@click.argument("pattern", cls=Argument, nargs=-1, metavar="[字样]")
@click.option(
    "-n", "count", metavar="条数", default="20", callback=between(1, 200), help="每页几条，1 到 200，默认 20"
)
@click.option("--page", metavar="页", default="1", callback=between(1, 100_000), help="第几页，默认 1")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(pattern: tuple[str, ...], count: int, page: int, as_json: bool) -> int:
    """资料里有名字的做法、制度和模式，各附讲得最清楚的那一段，讲得清楚的在前。

    给一个字样，只列名字里有它的，再列说明里有它的；简繁、全半角、数字写法不同也算。
    """
    from bot.rendering.topics import render_topics, topic_page, topics_json
    from retrieval.catalogue import TopicCatalogue
    from retrieval.retriever import STAFF
    from retrieval.topics import matching

    with open_application() as application:
        version, topics = TopicCatalogue(application.open_store()).topics(STAFF)
    wanted = " ".join(pattern).encode("utf-8", "replace").decode("utf-8").strip()
    shown = topic_page(matching(topics, wanted), wanted, page, count)
    if as_json:
        print_json(topics_json(shown, version))
    else:
        show(render_topics(shown, width=width()))
    return 0
