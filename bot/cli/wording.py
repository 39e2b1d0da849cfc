"""Click in Chinese: help pages laid out by cells, and usage errors as sentences."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterable
from typing import Any

import click

from bot.rendering.wrapping import wrap_cells

_HELP = "显示这段说明"
_WIDTH_MAX = 96


class Command(click.Command):
    """A command whose help page is in Chinese and that names superfluous arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        kwargs.setdefault("options_metavar", "[选项]")
        super().__init__(*args, **kwargs)

    def make_parser(self, ctx: click.Context) -> Any:
        # Otherwise click itself complains of them, in English and before we can.
        ctx.allow_extra_args = True
        return super().make_parser(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        if rest and not isinstance(self, click.Group):
            raise click.UsageError(f"多出了参数：{' '.join(rest)}", ctx)
        return rest

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = min(shutil.get_terminal_size().columns, _WIDTH_MAX)
        formatter.write("\n".join(self._help_lines(ctx, width)) + "\n")

    def _help_lines(self, ctx: click.Context, width: int) -> list[str]:
        lines = [f"用法：{ctx.command_path} {' '.join(self.collect_usage_pieces(ctx))}", ""]
        for paragraph in inspect.cleandoc(self.help or "").split("\n"):
            lines += [f"  {line}".rstrip() for line in wrap_cells(paragraph, width - 2)]
        for title, rows in self._help_tables(ctx):
            lines += ["", f"{title}：", *_table_lines(rows, width)]
        return lines

    def _help_tables(self, ctx: click.Context) -> list[tuple[str, list[tuple[str, str]]]]:
        return [
            ("选项", [_option_row(each) for each in self.get_params(ctx) if isinstance(each, click.Option)])
        ]


def between(least: int, most: int) -> Callable[[click.Context, click.Parameter, str], int]:
    """An option's callback that takes a whole number between two bounds."""

    def convert(ctx: click.Context, option: click.Parameter, value: str) -> int:
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise click.BadParameter(f"应是 {least} 到 {most} 之间的整数", ctx, option)
        return int(value)

    return convert


def usage_sentence(error: click.UsageError) -> str:
    """What was wrong with the command line, in Chinese, without the value of any option."""
    match error:
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}{_perhaps(error.possibilities)}"
        case click.BadOptionUsage() if "does not take" in error.message:
            return f"选项 {error.option_name} 后面不能带值"
        case click.BadOptionUsage():
            return f"选项 {error.option_name} 后面缺少值"
        case click.MissingParameter():
            return f"缺少{_parameter_name(error)}"
        case click.BadParameter():
            return f"{_parameter_name(error)}不对：{error.message}"
    return error.message


def _parameter_name(error: click.BadParameter) -> str:
    if isinstance(error.param, click.Option):
        return f"选项 {error.param.opts[-1]} "
    return f"参数“{error.param.make_metavar_text()}”" if isinstance(error.param, Argument) else "参数"


class Argument(click.Argument):
    """A positional argument that is called by its Chinese metavar."""

    def make_metavar_text(self) -> str:
        return (self.metavar or self.name or "").strip(".[]")


def _perhaps(names: Iterable[str] | None) -> str:
    nearest = next(iter(names or ()), "")
    return f"，是不是 {nearest}？" if nearest else ""


def _option_row(option: click.Option) -> tuple[str, str]:
    names = ", ".join([*option.opts, *option.secondary_opts])
    if not option.is_flag and not option.count:
        names += f" {option.metavar or option.type.name}"
    return names, _HELP if "--help" in option.opts else option.help or ""


def _table_lines(rows: list[tuple[str, str]], width: int) -> list[str]:
    from rich.cells import cell_len

    first = max((cell_len(name) for name, _ in rows), default=0) + 4
    lines = []
    for name, text in rows:
        head, *more = wrap_cells(text, width - first)
        lines.append(f"  {name}{' ' * (first - 2 - cell_len(name))}{head}")
        lines += [" " * first + line for line in more]
    return lines
