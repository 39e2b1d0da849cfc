"""What the one place that runs models promises: threads, order, and errors that are ours."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from retrieval.errors import ModelError
from retrieval.models import runtime
from retrieval.models.runtime import Session

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that doubles a column of numbers."""
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "double",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    model.metadata_props.add(key="made", value="here")
    path = tmp_path_factory.mktemp("model") / "double.onnx"
    onnx.save(model, path)
    return path


def test_batches_come_back_in_their_order(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "available_processors", lambda: 3)
    session = Session(path)
    feeds = [{"x": np.arange(n, dtype=np.float32)} for n in range(20)]
    results = session.run_all(feeds)
    assert all(np.array_equal(2 * feed["x"], y) for feed, (y,) in zip(feeds, results, strict=True))
    assert session.metadata == {"made": "here"} and session.run_all([]) == []


def test_no_thread_outlives_a_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "available_processors", lambda: 4)
    session = Session(path)
    before = threading.active_count()
    session.run_all([{"x": np.ones(3, np.float32)}] * 8)
    assert threading.active_count() == before


def test_what_the_runtime_raises_is_a_model_error(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"double\.onnx"):
        Session(path).run({"x": np.ones(3)})
    with pytest.raises(ModelError, match=r"double\.onnx"):
        Session(path).run_all([{"z": np.ones(3, np.float32)}] * 3)
    for content in (b"", path.read_bytes()[:40]):
        broken = tmp_path / "broken.onnx"
        broken.write_bytes(content)
        with pytest.raises(ModelError, match=r"broken\.onnx"):
            Session(broken)
    with pytest.raises(ModelError, match=r"gone\.onnx"):
        Session(tmp_path / "gone.onnx")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_a_question_takes_one_thread_and_waits_for_none() -> None:
    """Threads of a runtime spin while they wait; on shared processors that starves whoever works."""
    code = """
        import os, time
        import onnxruntime  # starts a thread of its own, which sleeps
        import onnxruntime  # starts a thread of its own, which sleeps
        from retrieval.models.bundled import BundledEmbedder
        before = len(os.listdir("/proc/self/task"))
        embedder = BundledEmbedder()
        embedder.query("党")
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(10):
            embedder.query("三会一课是什么？")
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(len(os.listdir("/proc/self/task")) - before, processor <= 1.05 * wall + 0.02)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["0", "True"]


def test_the_runtime_is_imported_by_its_own_module_alone() -> None:
    users = [
        path.relative_to(ROOT).as_posix()
        for package in ("bot", "ingest", "retrieval")
        for path in (ROOT / package).rglob("*.py")
        if "import onnxruntime" in path.read_text(encoding="utf-8")
    ]
    assert users == ["retrieval/models/runtime.py"]
