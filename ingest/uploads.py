"""Files that maintainers send in: planned where they wait, put in place when confirmed.

They wait in a folder of their own, under their own names, a sidecar beside them. The plan reads them there
as if they lay among the uploads already; what is confirmed is moved, not copied or fetched again, so the
very bytes that were shown are ingested.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ingest.loaders.formats import SUFFIXES
from ingest.loaders.refusals import CHECK_REMEDY, refuse
from ingest.parts import IngestParts, Progress, no_progress
from ingest.plan import DocumentChange
from ingest.sidecar import with_audience
from ingest.sources import SIDECAR_SUFFIX, Listing, Scope, SourceFile, is_ignored, is_within, uploads_root
from ingest.survey import shaped, survey_of
from retrieval.errors import PlanOutdated, StoreError
from retrieval.leftovers import OCR_NAME
from retrieval.publication import NewRevision, manifest, roots
from retrieval.records import Audience
from retrieval.store import Store

# File systems take 255 bytes, of which the sidecar beside the file needs some.
NAME_BYTES_MAX = 200
_RENAME = "请改成普通的文件名再发送。"
_TAKEN = frozenset({"new", "changed", "moved"})


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """What would become of the files that wait in ``folder``.

    ``documents`` are theirs, in the order of their sources, with what cleaning made of each. ``others`` are
    documents that go at the same time because no root holds them any more. ``basis`` names the files and
    the state of the corpus that the plan was made for.
    """

    folder: Path
    documents: tuple[tuple[DocumentChange, NewRevision | None], ...]
    others: tuple[DocumentChange, ...]
    basis: str

    @property
    def accepted(self) -> tuple[str, ...]:
        """The names of the files to ingest: what is held back or unreadable would only do harm there."""
        taken = (_sent_name(change) for change, _ in self.documents if change.change in _TAKEN)
        return tuple(dict.fromkeys(taken))


def checked_name(name: str) -> str:
    """The name as a file among the uploads will bear it; SourceError where it cannot, or is no document's."""
    plain = unicodedata.normalize("NFC", name.strip())
    shown = "".join(c for c in plain if not _is_hidden(c))[:60]
    if not plain:
        refuse("文件", "没有名字", _RENAME)
    if any(map(_is_hidden, plain)):
        refuse(shown, "的名字里有看不见的字符，可能是伪装", _RENAME)
    if "/" in plain or "\\" in plain or plain.startswith("."):
        refuse(shown, "的名字里有路径，不收", _RENAME)
    if len(plain.encode()) > NAME_BYTES_MAX:
        refuse(shown, "的名字太长", _RENAME)
    if is_ignored(plain):
        refuse(shown, "是说明文件或临时文件，不是资料", CHECK_REMEDY)
    if not plain.lower().endswith(SUFFIXES):
        kinds = "、".join(suffix[1:] for suffix in SUFFIXES)
        refuse(shown, "不是可以收录的文件", f"可以收录 {kinds}；其他格式请另存为其中一种再发送。")
    return plain


def add_waiting(folder: Path, name: str, data: bytes, audience: Audience | None, data_dir: Path) -> None:
    """Let a file wait in ``folder``, the sidecar of its place beside it, which states the audience given."""
    place = _place(data_dir, name + SIDECAR_SUFFIX)
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        sidecar = place.read_bytes() if place.is_file() else b""
        if audience:
            sidecar = with_audience(sidecar, audience)
        if sidecar:
            _write(folder / (name + SIDECAR_SUFFIX), sidecar)
        _write(folder / name, data)


def plan_uploads(
    folder: Path, store: Store, parts: IngestParts, *, progress: Progress = no_progress
) -> UploadPlan:
    """What ingesting the files that wait in ``folder`` would change; nothing is written."""
    parts = replace(parts, ocr_home=store.data_dir / OCR_NAME)
    names = _waiting(folder)
    basis = _basis(folder, names, store, parts)
    root = uploads_root(store.data_dir)
    files = tuple(_as_upload(folder, name, store.data_dir) for name in names)
    known = roots(store)
    scope = Scope(
        roots=(*known, *([] if root in known else [root])),
        parts=tuple((file.location, root) for file in files),
        vanished=(),
        named=frozenset(file.location for file in files),
    )
    survey = survey_of(scope, Listing(files, ()), store, parts, progress)
    changes = list(shaped(survey, store, parts, progress))

    def is_ours(change: DocumentChange) -> bool:
        is_upload = PurePosixPath(change.source).parts[0] == root.name
        return is_upload and change.change != "deleted" and _sent_name(change) in names

    return UploadPlan(
        folder,
        tuple(each for each in changes if is_ours(each[0])),
        tuple(change for change, _ in changes if not is_ours(change)),
        basis,
    )


def _sent_name(change: DocumentChange) -> str:
    """The name of the file that was sent; what a container holds came with it."""
    return PurePosixPath(change.source).parts[1]


def places(plan: UploadPlan, data_dir: Path) -> list[Path]:
    """Where the accepted files of a plan will lie."""
    return [_place(data_dir, name) for name in plan.accepted]


@contextmanager
def in_place(plan: UploadPlan, store: Store, parts: IngestParts) -> Iterator[None]:
    """The accepted files among the uploads, and back to where they waited if the block fails.

    PlanOutdated, with nothing moved, where the files or the corpus are no longer what the plan was made
    for; the caller holds the ingest lock. Each file appears whole or not at all, its sidecar before it.
    """
    if _basis(plan.folder, _waiting(plan.folder), store, parts) != plan.basis:
        raise PlanOutdated("资料库在此期间有了变化，原来的计划已不适用。", remedy="请看新的计划再确认。")
    moves = [
        (plan.folder / each, _place(store.data_dir, each))
        for name in plan.accepted
        for each in (name + SIDECAR_SUFFIX, name)
        if (plan.folder / each).is_file()
    ]
    replaced = plan.folder / "replaced"
    done: list[tuple[Path, Path, Path | None]] = []
    try:
        with _writing(_place(store.data_dir, "")):
            replaced.mkdir(exist_ok=True)
            _place(store.data_dir, "").mkdir(exist_ok=True)
            for waiting, place in moves:
                former = replaced / place.name if place.exists() else None
                if former:
                    shutil.copyfile(place, former)
                waiting.replace(place)
                done.append((waiting, place, former))
        yield
    except BaseException:
        for move in reversed(done):
            _move_back(*move)
        raise


def _move_back(waiting: Path, place: Path, former: Path | None) -> None:
    """A file that had a predecessor is never absent from its place: an ingest would take it for deleted."""
    if former:
        shutil.copyfile(place, waiting)
        former.replace(place)
    else:
        place.replace(waiting)


def _waiting(folder: Path) -> list[str]:
    return sorted(
        each.name for each in folder.iterdir() if each.is_file() and not each.name.endswith(SIDECAR_SUFFIX)
    )


def _as_upload(folder: Path, name: str, data_dir: Path) -> SourceFile:
    root = uploads_root(data_dir)
    return SourceFile(f"{root.location}/{name}", f"{root.name}/{name}", folder / name, folder.resolve())


def _place(data_dir: Path, name: str) -> Path:
    return Path(uploads_root(data_dir).location) / name


def _basis(folder: Path, names: Sequence[str], store: Store, parts: IngestParts) -> str:
    """A digest of the files, of those in their places, and of what the corpus holds of each."""
    digest = hashlib.sha256(parts.shaping.encode())
    stored = manifest(store)
    for name in names:
        location = _as_upload(folder, name, store.data_dir).location
        held = sorted(each.fingerprint for each in stored.values() if is_within(each.location, location))
        digest.update(f"\n{name}\n{' '.join(held)}\n".encode())
        for each in (name, name + SIDECAR_SUFFIX):
            for path in (folder / each, _place(store.data_dir, each)):
                content = path.read_bytes() if path.is_file() else b""
                digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise StoreError(
            f"上传的文件写不进 {place}（{exc.strerror or exc}）。", remedy="检查磁盘空间和权限后再试。"
        ) from exc


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
