"""What the processes of the rot tests need and what takes long to load, once for all of them."""

from __future__ import annotations

import chromadb  # noqa: F401

import tests.corpus  # noqa: F401
from bot.answering.answerer import Answerer  # noqa: F401
from bot.cli import checks, upkeep_checks  # noqa: F401
from bot.compose import Application  # noqa: F401
from retrieval.question import analyse

analyse("社区党员议事会有哪五个议事程序？")
