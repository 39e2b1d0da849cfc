"""``dangwu ask``: one answer, or one for each line of a question file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.console import complain, notice, print_json, progress, show, width
from bot.cli.questions import QuestionLine, checked_question, read_question_file
from bot.cli.startup import ensure_corpus, open_application
from bot.cli.wording import Argument, Command
from retrieval.errors import WorkError

if TYPE_CHECKING:
    from bot.answering.answer import Answer
    from bot.compose import Application

_SINGLE_ID = "q1"


@click.command("ask", cls=Command)
@click.argument("question", cls=Argument, nargs=-1, metavar="[问题]")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
@click.option(
    "--jsonl",
    "question_file",
    metavar="文件",
    type=click.Path(path_type=Path),
    help='逐行回答一个题目文件，每行 {"id","question",…}；按原顺序逐行输出 JSON',
)
def command(question: tuple[str, ...], as_json: bool, question_file: Path | None) -> int:
    """问一个问题，得到带原文出处的回答。资料里没有的，会如实说没有。

    〔n〕是出处的编号，原文引句列在回答下面，一字不改。资料库还空着时，先导入自带的示例资料。
    """
    if bool(question) == bool(question_file):
        raise click.UsageError("要么给一个问题，要么给 --jsonl 文件")
    if question_file:
        return _ask_file(read_question_file(question_file))
    asked = checked_question(" ".join(question))
    with open_application() as application:
        ensure_corpus(application)
        return _ask_one(application, asked, as_json=as_json)


def _ask_one(application: Application, question: str, *, as_json: bool) -> int:
    from bot.answering.gaps import Gaps

    if not as_json:
        from bot.rendering.terminal import render_answer

        answer = application.answerer.answer(question)
        Gaps(application.data_dir).record(answer)
        show(render_answer(answer, width=width()))
        return 0
    from bot.rendering.json import answer_json

    answer = _answer(application, QuestionLine(1, _SINGLE_ID, question))
    print_json(answer_json(answer, answer_id=_SINGLE_ID))
    return _status(answer)


def _ask_file(lines: list[QuestionLine]) -> int:
    from bot.rendering.json import answer_json

    if not lines:
        notice("题目文件里没有题目。")
    status = 0
    with open_application() as application:
        ensure_corpus(application)
        with progress(beside_results=True) as report:
            for done, line in enumerate(lines, start=1):
                answer = _answer(application, line)
                print_json(answer_json(answer, answer_id=line.id, extra=line.extra), indent=None)
                status = max(status, _status(answer))
                report("answer", done, len(lines))
    return status


def _answer(application: Application, line: QuestionLine) -> Answer:
    """The answer to one line; what prevents it becomes an answer of status ``error``."""
    from bot.answering.answer import Answer

    if line.error:
        return Answer(line.question, "error", message=line.error)
    try:
        return application.answerer.answer(line.question)
    except WorkError as exc:
        return Answer(line.question, "error", message=exc.message)


def _status(answer: Answer) -> int:
    if answer.status != "error":
        return 0
    complain(answer.message)
    return 1
