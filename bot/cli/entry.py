"""The root command: which commands there are, and what becomes of their failures."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import warnings
from collections.abc import Sequence

import click

from bot.cli.console import complain, prepare_logging, prepare_streams, say
from bot.cli.wording import Command, usage_sentence
from retrieval.errors import DangwuError

# The line that --help shows of each command; the modules themselves are not imported for it.
COMMANDS = {
    "ask": "问一个问题，得到带原文出处的回答",
    "chat": "在终端里连续提问",
    "search": "只检索，列出最相关的原文段落",
    "topics": "资料里讲到的做法、制度和模式",
    "ingest": "把文件或文件夹导入资料库",
    "list": "列出收录的资料：日期、机关、效力、格式",
    "formats": "能收录哪些格式的文件",
    "history": "资料库的各个版本：何时、何人、改了什么",
    "rollback": "回到资料库以前的一个版本",
    "show": "查看收录的一份资料：全文、原文、每一处改动",
    "tag": "给一份资料标上内部、公开，或改正标题、日期等",
    "remove": "移除一份资料，所有版本里都不再有",
    "backup": "把资料库和记录备份成一个文件",
    "restore": "从备份恢复",
    "compare": "新旧两份文字逐条对照",
    "clean": "查看一个文件清洗后的样子和每一处改动",
    "eval": "用题目文件评测检索和回答",
    "gaps": "列出没能回答的问题，供补充资料时参考",
    "feedback": "用户对回答的评价和意见，可变成评测题",
    "report": "把资料库的情况写成一个网页文件",
    "doctor": "检查设置、资料库、索引、模型和机器人",
    "bot": "启动 Telegram 机器人",
    "serve": "启动网页和给别的程序的接口",
}
_INTERRUPTED = 130
_CLOSED_PIPE = 141


class Root(Command, click.Group):
    """The commands by name, each imported from the module of the same name when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"bot.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # nosec B101 # narrows a type; no input decides it
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise click.UsageError(f"没有命令 {args[0]}{_nearest(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def _help_tables(self, ctx: click.Context) -> list[tuple[str, list[tuple[str, str]]]]:
        return [("命令", list(COMMANDS.items())), *super()._help_tables(ctx)]


@click.command(cls=Root, subcommand_metavar="命令 [参数]...", invoke_without_command=True)
@click.option("--version", "shows_version", is_flag=True, help="显示版本")
@click.option("-v", "--verbose", is_flag=True, help="在 stderr 上写出详细日志")
@click.pass_context
def root(ctx: click.Context, shows_version: bool, verbose: bool) -> None:
    """党务助手：清洗采集来的党务资料，建成资料库，回答问题时逐句注明原文出处。

    第一次用，直接提问即可：dangwu ask '社区党员议事会有哪五个议事程序？'
    每个命令的说明：dangwu 命令 --help
    """
    prepare_logging(verbose=verbose)
    if shows_version:
        from importlib.metadata import version

        say(f"dangwu {version('dangwu')}")
    elif ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(args: Sequence[str]) -> int:
    """Run one command line; gives the exit status and never raises or shows a traceback."""
    prepare_streams()
    # Libraries warn their own developers; what concerns the person is said by us.
    warnings.simplefilter("ignore")
    # Whatever is written holds documents and questions, by us or by the libraries that we write through:
    # it is for its owner alone.
    former = os.umask(0o077)
    try:
        return _invoke(list(args))
    except BrokenPipeError:
        # Python flushes stdout once more at exit and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CLOSED_PIPE
    finally:
        os.umask(former)


def _invoke(args: list[str]) -> int:
    try:
        with root.make_context("dangwu", args) as ctx:
            status = root.invoke(ctx) or 0
        sys.stdout.flush()
        return status
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.UsageError as exc:
        path = exc.ctx.command_path if exc.ctx else "dangwu"
        complain(f"{usage_sentence(exc).rstrip('。')}。", f"用法见 {path} --help")
        return 2
    except DangwuError as exc:
        complain(exc.message, exc.remedy)
        return exc.exit_status
    except (KeyboardInterrupt, click.Abort):
        return _INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as exc:
        complain(f"系统报告：{exc.strerror or exc}（{exc.filename or '标准输出'}）。", "检查磁盘空间和权限。")
        return 1
    except Exception as exc:
        logging.getLogger(__name__).debug("unexpected failure", exc_info=exc)
        complain(
            f"程序内部出错（{type(exc).__name__}：{exc}）。",
            "运行 dangwu -v 加原来的命令可看到细节，请连同它一起报告。",
        )
        return 1


def _nearest(name: str) -> str:
    import difflib

    nearest = difflib.get_close_matches(name, COMMANDS, n=1)
    return f"，是不是 {nearest[0]}？" if nearest else "。"
