"""What can go wrong, by what the caller does about it.

DangwuError
├── UsageError            exit status 2: the person changes the command or a setting
│   ├── SettingError          an unknown, malformed or impossible setting
│   └── InputError            a missing path, an empty or over-long question
└── WorkError             exit status 1: the work itself failed
    ├── StoreError            the database is damaged, newer than the program, or not writable
    │   └── Damaged               what is stored is not what was written; an ingest or a restore mends it
    ├── StoreBusy             another process holds the ingest lock; a retry helps
    ├── PlanOutdated          what was planned no longer holds; a new plan helps
    ├── EmptyCorpus           nothing has been ingested yet
    ├── ModelError            an embedding model or reranker cannot be used
    └── SourceError           one document cannot be read; the others go on
"""

from __future__ import annotations


class DangwuError(Exception):
    """An expected failure with a sentence for the person and the step that remedies it.

    ``message`` says what happened, ``remedy`` what to do next; both are Chinese and end up on stderr.
    """

    exit_status = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(DangwuError):
    """The command or a setting is wrong; nothing was done."""

    exit_status = 2


class SettingError(UsageError):
    """A setting is unknown, malformed or cannot be met on this machine."""


class InputError(UsageError):
    """A path that does not exist, or a question that cannot be one."""


class WorkError(DangwuError):
    """The work was begun and failed; what was there before is intact."""


class StoreError(WorkError):
    """The database cannot be read or written."""


class Damaged(StoreError):
    """Something that is stored is not what was written any more."""

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy=REPAIR)


REPAIR = "运行 dangwu ingest，会按原来的文件重新收录；文件已经不在的，用 dangwu restore 备份文件 恢复。"
"""How a maintainer mends what has rotted in the store."""


class StoreBusy(WorkError):
    """Another process is ingesting; the same call may succeed later."""


class PlanOutdated(WorkError):
    """Files or corpus have changed since the plan was made; nothing was done."""


class EmptyCorpus(WorkError):
    """No corpus version has been published yet."""


class ModelError(WorkError):
    """A model that was asked for cannot be loaded or does not fit the index."""


class SourceError(WorkError):
    """One source cannot be read; ``position`` is the byte offset of the damage where there is one."""

    def __init__(self, message: str, *, remedy: str = "", position: int | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.position = position
