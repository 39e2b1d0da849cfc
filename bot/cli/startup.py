"""What the commands share before they start: the application, and a corpus to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.console import notice, progress

if TYPE_CHECKING:
    from bot.compose import Application

# Another process may be ingesting the seeds at this moment; that takes less than this.
_SEEDING_WAIT_S = 180.0


def open_application() -> Application:
    """The application of the present settings; SettingError when they cannot be used."""
    from bot.compose import Application
    from bot.settings import load_settings

    return Application(load_settings(), announce=notice)


def ensure_corpus(application: Application) -> None:
    """Ingest the packaged seeds where nothing has been ingested yet, saying so."""
    if not application.is_empty:
        return

    notice(f"资料库（{application.data_dir}）还是空的，先导入自带的示例资料，约需半分钟……")
    with progress() as report:
        outcome = application.ingest([], report, wait_s=_SEEDING_WAIT_S)
    notice(f"已导入 {len(outcome.documents)} 份示例资料。换成自己的资料：dangwu ingest 文件夹")
