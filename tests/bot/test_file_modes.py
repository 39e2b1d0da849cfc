"""What the program writes is for its owner alone, and the doctor tells of what is not."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.entry import run
from tests.command import ROOT, document, output
from tests.corpus import run_ingest, write_files

LEAVE = "请假的手续\n党员外出应当向支部请假，并说明去向和时间。\n"
SESSION = (
    """
dangwu ingest docs && echo 换一句话。 >> docs/leave.txt && dangwu ingest docs
dangwu ask 外出怎么请假 ; dangwu ask 食堂几点开门 ; dangwu tag leave 内部
echo 请假怎么办 | dangwu chat ; dangwu eval questions.jsonl ; dangwu report ; dangwu report --public -o r.html
dangwu ingest docs --check questions.jsonl
""",
    """
dangwu backup b.zip && dangwu restore b.zip --yes && dangwu remove docs/leave.txt --purge && dangwu gaps
""",
)
QUESTION = '{"id": "1", "type": "fact", "doc": ["leave"], "question": "外出怎么请假", "must": ["支部"]}\n'


def wide(*places: Path) -> list[str]:
    """Which of these files, and of those below them, others may read or write."""
    found = [each for place in places for each in (place, *place.rglob("*"))]
    return [str(each) for each in found if stat.S_IMODE(each.stat().st_mode) & 0o077]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_every_command_writes_for_its_owner_alone(tmp_path: Path) -> None:
    """In a shell that would let everybody read and write."""
    write_files(tmp_path / "docs", leave=LEAVE)
    (tmp_path / "questions.jsonl").write_text(QUESTION, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DANGWU_DATA_DIR": str(tmp_path / "data")}
    held = []
    for part in SESSION:
        script = f"umask 000; {part.replace('dangwu ', f'{sys.executable} -m bot ')}"
        done = subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True)
        assert done.returncode == 0 and b"Traceback" not in done.stderr
        held.append(len(list((tmp_path / "data").rglob("*"))))
        assert (
            wide(*(tmp_path / name for name in ("data", "b.zip", "r.html") if (tmp_path / name).exists()))
            == []
        )
    assert held[0] > 8 and (tmp_path / "b.zip").is_file() and (tmp_path / "r.html").is_file()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_what_is_new_in_a_folder_that_is_open_to_all_is_for_its_owner_alone(tmp_path: Path) -> None:
    """New vectors begin as a copy of the last ones."""
    docs = write_files(tmp_path / "docs", **{f"d{n}": f"题{n}\n第{n}条" for n in range(8)})
    run_ingest(tmp_path / "data", docs)
    for path in (tmp_path / "data", *(tmp_path / "data").rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    before = set((tmp_path / "data" / "vectors").rglob("*"))
    write_files(docs, d0="题0\n第0条，修订过")
    former = os.umask(0o077)
    try:
        run_ingest(tmp_path / "data", docs)
    finally:
        os.umask(former)
    new = set((tmp_path / "data" / "vectors").rglob("*")) - before
    assert any(path.name == "header.bin" for path in new) and wide(*new) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_the_doctor_names_what_others_may_read_and_how_to_narrow_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ingest", str(write_files(home / "docs", leave=LEAVE))]) == 0
    (home / "data" / "dangwu.sqlite3").chmod(0o644)
    output(capsys)
    assert run(["doctor", "--json"]) == 0
    (check,) = (each for each in document(capsys)["checks"] if each["name"] == "权限")
    assert check["status"] == "warning" and "dangwu.sqlite3" in check["message"]
    subprocess.run(["/bin/sh", "-c", check["remedy"].split("运行 ")[1].split("，")[0]], check=True)
    assert run(["doctor", "--json"]) == 0
    assert not [each for each in document(capsys)["checks"] if each["name"] == "权限"]
