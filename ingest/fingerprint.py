"""What a stored revision and the lexical index depend on besides a file's bytes: the program itself.

The program's part is a digest of the source files that do the work. A version number kept by hand would
be forgotten one day, and a corpus cleaned by an older program would pass for unchanged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import ingest
import retrieval

# These carry documents about and do not shape them.
_CARRIERS = frozenset(
    {
        *("sources.py", "plan.py", "pipeline.py", "fingerprint.py", "report.py", "parts.py", "survey.py"),
        *(
            "publishing.py",
            "upkeep.py",
            "stored.py",
            "revising.py",
            "workers.py",
            "resemblance.py",
            "watching.py",
            "containers.py",
            "members.py",
            "limits.py",
        ),
        "uploads.py",
    }
)
# What cleaning and passage making use of the package below.
_SHARED_MODULES = ("invisible.py", "normalise.py", "sentences.py")
_SHAPING_LIBRARIES = (
    *("OpenCC", "rjieba", "pypinyin", "lxml"),
    *("python-docx", "python-pptx", "openpyxl", "pypdf", "office-oxide", "olefile", "rapidocr"),
)
_LEXICAL_MODULES = frozenset({"invisible.py", "lexical.py", "normalise.py"})
_STATED = "+"
_CODE_SUFFIXES = frozenset({".py", ".pyc", ".pyi"})


def document_fingerprint(raw: bytes, name: str, sidecar: bytes | None, shaping: str) -> str:
    """32 hex digits over a file's bytes, its name, its sidecar and ``shaping``."""
    digest = hashlib.sha256(hashlib.sha256(raw).digest())
    digest.update(hashlib.sha256(sidecar or b"").digest())
    digest.update(f"{name}\n{shaping}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def stated_fingerprint(fingerprint: str, fields: Mapping[str, str]) -> str:
    """The fingerprint of a document of which a maintainer has stated ``fields``; none leaves it as it is."""
    if not fields:
        return fingerprint
    stated = json.dumps(dict(fields), ensure_ascii=False, sort_keys=True)
    return f"{fingerprint}{_STATED}{hashlib.sha256(stated.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def unstated(fingerprint: str) -> str:
    """The fingerprint that the document would have without any stated field."""
    return fingerprint.partition(_STATED)[0]


@cache
def shaping_fingerprint() -> str:
    """Names the cleaning and passage making of this program and of the libraries they use."""
    home = Path(ingest.__file__).parent
    files = [path for path in _files(home) if path.parent != home or path.name not in _CARRIERS]
    shared = [Path(retrieval.__file__).parent / name for name in _SHARED_MODULES]
    return _digest(home.parent, [*files, *shared], _SHAPING_LIBRARIES)


@cache
def lexical_fingerprint() -> str:
    """Names the making of search tokens: its modules, the data beside them and the segmenter."""
    home = Path(retrieval.__file__).parent
    files = [
        path for path in _files(home) if path.name in _LEXICAL_MODULES or path.suffix not in _CODE_SUFFIXES
    ]
    return _digest(home.parent, files, ("rjieba", "OpenCC"))


def _files(home: Path) -> list[Path]:
    return sorted(path for path in home.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _digest(home: Path, files: Iterable[Path], distributions: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    for name in distributions:
        digest.update(f"{name} {_version(name)}\n".encode())
    return digest.hexdigest()[:16]


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
