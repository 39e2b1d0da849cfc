"""ONNX Runtime: every model file of ours is opened and run here, and nowhere else.

A run uses the thread that asks for it and no other. What is shared out are whole batches, one to a thread:
so no thread waits for another within a run, nothing spins, and programs that embed at the same time only
share the processors.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from retrieval.errors import ModelError

# More threads than this hold more memory than they save time.
_THREADS_MAX = 8
_ERRORS_ONLY = 3

Feed = Mapping[str, Any]


class Session:
    """A model file, loaded; ``metadata`` is what was written into it when it was made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            import onnxruntime
        # Where the system lacks a library that it needs.
        except ImportError as exc:
            raise _unusable(path, exc) from exc
        onnxruntime.disable_telemetry_events()
        try:
            self._session = onnxruntime.InferenceSession(
                path, _options(onnxruntime), providers=["CPUExecutionProvider"]
            )
        # Its exceptions share no class but Exception.
        except Exception as exc:
            raise _unusable(path, exc) from exc
        self.metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map

    def run(self, feed: Feed) -> list[Any]:
        """The model's outputs for one batch; ModelError where it cannot compute them."""
        try:
            return list(self._session.run(None, feed))
        except Exception as exc:
            raise _unusable(self._path, exc) from exc

    def run_all(self, feeds: Sequence[Feed]) -> list[list[Any]]:
        """The outputs for each batch, in order; the batches are shared among threads."""
        threads = min(available_processors(), _THREADS_MAX, len(feeds))
        if threads < 2:
            return [self.run(feed) for feed in feeds]
        pool = ThreadPoolExecutor(threads, thread_name_prefix="model")
        try:
            return list(pool.map(self.run, feeds))
        finally:
            pool.shutdown(cancel_futures=True)


def available_processors() -> int:
    """How many processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _options(onnxruntime: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # The files are made in the form that runs fastest. Further optimisation would join additions to
    # normalisations in an operation that takes seven times as long (SkipLayerNormalization, 1.32).
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    # A plan of memory for each shape that was seen: no two batches have the same.
    options.enable_mem_pattern = False
    options.log_severity_level = _ERRORS_ONLY
    return options


def _unusable(path: Path, exc: Exception) -> ModelError:
    reason = str(exc).strip().partition("\n")[0] or type(exc).__name__
    return ModelError(
        f"模型 {path.name} 不能用（{reason}）。", remedy="重新安装程序；在克隆下来的文件夹里：pip install ."
    )
