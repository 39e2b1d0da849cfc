"""One file to one finished document: ``bytes -> load -> clean -> metadata -> sidecar``."""

from __future__ import annotations

from dataclasses import replace

from ingest.cleaning import clean
from ingest.loaders import load
from ingest.metadata import describe
from ingest.records import CleanedDocument
from ingest.sidecar import read_sidecar
from retrieval.invisible import without_invisible

SIDECAR_SUFFIX = ".meta.toml"


def read_document(data: bytes, name: str, sidecar: bytes | None = None) -> CleanedDocument:
    """The cleaned document with title and metadata complete; the same bytes give the same document.

    ``title`` is the sidecar's, the document's own, or an inferred one (``metadata["title_from"]`` says
    which). The loader's warnings stand before the cleaning's. Raises ``SourceError`` for a file, or a
    sidecar, that cannot be read.
    """
    stated = {} if sidecar is None else read_sidecar(sidecar, name + SIDECAR_SUFFIX)
    raw = load(data, name)
    cleaned = clean(raw, name=name)
    found = {key: _on_one_line(value) for key, value in (describe(raw, cleaned, name) | stated).items()}
    found |= {"ocr": raw.recognised}
    for key in stated.keys() & {"title", "status", "audience"}:
        found[f"{key}_from"] = "附属文件"
    return replace(
        cleaned,
        title=found["title"],
        metadata={key: value for key, value in found.items() if value},
        warnings=tuple(dict.fromkeys((*raw.remarks, *raw.warnings, *cleaned.warnings))),
        format=raw.format,
        encoding=raw.encoding,
        remarks=raw.remarks,
    )


def _on_one_line(value: str) -> str:
    # Properties of a container and names of files hold what no cleaning has looked at.
    return " ".join(without_invisible(value).splitlines())
