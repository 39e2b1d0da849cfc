"""Roots and the files under them: where each document comes from, what it is called, and its bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from retrieval.errors import InputError, SourceError
from retrieval.publication import Root
from retrieval.store import UPLOADS_NAME

# The program's own documents, wherever it is installed: moving the installation must not make them vanish.
SEEDS_LOCATION = "dangwu:seeds"
SEEDS_NAME = "seeds"
SIDECAR_SUFFIX = ".meta.toml"
_IGNORED_NAMES = frozenset({"provenance.toml", "__pycache__", "__init__.py", "Thumbs.db", "desktop.ini"})
_READ_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to ingest. ``location`` identifies it: its resolved path, or one below ``dangwu:seeds``."""

    location: str
    source: str
    path: Path

    @property
    def document_id(self) -> str:
        """12 hex digits, the same for the same location."""
        return document_id(self.location)


@dataclass(frozen=True, slots=True)
class SourceBytes:
    """What one reading of a file gave; ``sidecar`` is the content of ``FILE.meta.toml`` beside it."""

    data: bytes
    sidecar: bytes | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that cannot be read; everything below ``location`` stays as it was."""

    location: str
    source: str
    message: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one scan, by source, and what stood in the way."""

    files: tuple[SourceFile, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one ingest looks at: ``parts`` are the locations to synchronise, each within a root.

    ``roots`` are the roots to remember afterwards; ``vanished`` those that are gone from the disk;
    ``named`` the locations that were asked for by name.
    """

    roots: tuple[Root, ...]
    parts: tuple[tuple[str, Root], ...]
    vanished: tuple[Root, ...]
    named: frozenset[str] = frozenset()

    def covers(self, location: str) -> bool:
        """Whether the absence of a document at ``location`` means that it is to go.

        So it is below the parts that are synchronised, and for documents that no root holds any more. What
        lies in a root inside another one belongs to the inner root.
        """
        owner = _owner(location, self.roots)
        return owner is None or any(owner == root and is_within(location, part) for part, root in self.parts)


def document_id(location: str) -> str:
    """The id of the document at ``location``: 12 hex digits."""
    return hashlib.sha256(location.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def is_within(location: str, ancestor: str) -> bool:
    """Whether ``location`` is ``ancestor`` or lies below it."""
    return location == ancestor or location.startswith(ancestor.rstrip("/") + "/")


def plan_scope(
    paths: Sequence[Path], remembered: Sequence[Root], seeds: Path, *, data_dir: Path | None = None
) -> Scope:
    """What to synchronise for ``paths``; without any, the remembered roots, or else ``seeds``.

    A path inside a remembered root is synchronised as a part of it; a path that contains remembered
    roots takes their place. The uploads in ``data_dir`` are always a root of their own, whatever contains
    them. InputError for a path that does not exist.
    """
    uploads = uploads_root(data_dir) if data_dir else None
    if not paths:
        return _whole_scope(tuple(remembered) or (Root(SEEDS_LOCATION, SEEDS_NAME),), seeds)
    roots = list(remembered)
    parts: dict[str, Root] = {}
    named: set[str] = set()
    for path in paths:
        location = locate(path, roots, seeds)
        named.add(location)
        is_upload = uploads is not None and is_within(location, uploads.location)
        root = uploads if is_upload else _owner(location, roots)
        if root is None:
            root = Root(location, _root_name(location))
            roots = [each for each in roots if each == uploads or not _contains(location, each, seeds)]
        if root not in roots:
            roots.append(root)
        parts = {
            part: owner for part, owner in parts.items() if owner == uploads or not is_within(part, location)
        }
        if not any(is_within(location, part) and owner == root for part, owner in parts.items()):
            parts[location] = root
    return Scope(tuple(roots), tuple(parts.items()), (), frozenset(named))


def uploads_root(data_dir: Path) -> Root:
    """The root of what is sent in by other ways than the disk; its folder need not be there."""
    return Root(_legible((data_dir.resolve() / UPLOADS_NAME).as_posix()), UPLOADS_NAME)


def _owner(location: str, roots: Sequence[Root]) -> Root | None:
    """The innermost root that holds a location."""
    holding = [root for root in roots if is_within(location, root.location)]
    return max(holding, key=lambda root: len(root.location), default=None)


def _root_name(location: str) -> str:
    return SEEDS_NAME if location == SEEDS_LOCATION else PurePosixPath(location).name


def _contains(location: str, root: Root, seeds: Path) -> bool:
    place = _legible(actual_path(root.location, seeds).resolve().as_posix())
    return is_within(root.location, location) or is_within(place, location)


def locate(path: Path, remembered: Sequence[Root], seeds: Path) -> str:
    """The location of a path that exists, named as a remembered root sees it; InputError otherwise."""
    # Not Path.resolve: links inside a root are kept.
    absolute = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100
    try:
        resolved = absolute.resolve(strict=True)
    except (OSError, RuntimeError) as exc:
        raise InputError(f"路径不存在：{path}", remedy="检查路径有没有写错。") from exc
    # Below a root, documents are known by the way that leads to them, links included.
    known = _legible(absolute.as_posix())
    if any(is_within(known, root.location) for root in remembered):
        return known
    home = seeds.resolve()
    if resolved == home or home in resolved.parents:
        inner = resolved.relative_to(home).as_posix()
        return SEEDS_LOCATION if inner == "." else f"{SEEDS_LOCATION}/{inner}"
    return _legible(resolved.as_posix())


def list_files(scope: Scope, seeds: Path, *, exclude: Path) -> Listing:
    """The files of a scope by source, each once; ``exclude``, the data folder, is left out.

    Of the data folder only the uploads are listed, where the scope names them.
    """
    files: dict[str, SourceFile] = {}
    unreadable: list[Unreadable] = []
    visited = {exclude.resolve()}
    for part, root in scope.parts:
        for found in _walk(actual_path(part, seeds), part, root, visited):
            if isinstance(found, Unreadable):
                unreadable.append(found)
            else:
                files[found.location] = found
    ordered = sorted(files.values(), key=lambda each: (each.source, each.location))
    return Listing(tuple(ordered), tuple(unreadable))


def read_source(file: SourceFile) -> SourceBytes:
    """The bytes of a file and its sidecar, read again if it changed meanwhile; SourceError otherwise."""
    try:
        data = _read_steadily(file.path)
        sidecar_path = file.path.with_name(file.path.name + SIDECAR_SUFFIX)
        sidecar = _read_steadily(sidecar_path) if sidecar_path.is_file() else None
    except OSError as exc:
        raise SourceError(
            f"读不了文件：{file.source}（{_reason(exc)}）", remedy="检查文件的权限，或把它移出资料文件夹。"
        ) from exc
    return SourceBytes(data, sidecar)


def actual_path(location: str, seeds: Path) -> Path:
    """The place on the disk of a location."""
    if is_within(location, SEEDS_LOCATION):
        return seeds / location[len(SEEDS_LOCATION) :].lstrip("/")
    return Path(location)


def _whole_scope(roots: tuple[Root, ...], seeds: Path) -> Scope:
    present = [root for root in roots if actual_path(root.location, seeds).exists()]
    vanished = tuple(root for root in roots if root not in present)
    return Scope(roots, tuple((root.location, root) for root in present), vanished)


def _walk(start: Path, location: str, root: Root, visited: set[Path]) -> Iterator[SourceFile | Unreadable]:
    """The files below ``start`` or itself, depth first in order of name; loops of links end."""
    pending = [(start, location, start.resolve())]
    while pending:
        path, location, resolved = pending.pop()
        if path.is_symlink():
            resolved = path.resolve()
        if resolved in visited:
            continue
        visited.add(resolved)
        source = f"{root.name}{location[len(root.location.rstrip('/')) :]}".lstrip("/")
        try:
            if not path.is_dir():
                yield _source_file(path, location, source)
                continue
            names = sorted(each.name for each in path.iterdir() if not is_ignored(each.name))
        except OSError as exc:
            yield Unreadable(location, source, f"读不了（{_reason(exc)}）")
            continue
        pending.extend(
            (path / name, f"{location.rstrip('/')}/{_legible(name)}", resolved / name)
            for name in reversed(names)
        )


def _source_file(path: Path, location: str, source: str) -> SourceFile | Unreadable:
    if not path.is_file() and path.exists():
        return Unreadable(location, source, "不是普通文件")
    return SourceFile(location, source, path)


def _legible(name: str) -> str:
    # File names from Chinese archives are often GBK bytes, which Python keeps as lone surrogates.
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is no document: hidden, temporary, a sidecar, a program's own."""
    return name.startswith((".", "~$")) or name in _IGNORED_NAMES or name.endswith(SIDECAR_SUFFIX)


def _read_steadily(path: Path) -> bytes:
    for _ in range(_READ_ATTEMPTS):
        before = _state(path)
        data = path.read_bytes()
        if _state(path) == before and len(data) == before[0]:
            return data
    raise OSError("文件在读取过程中不断变化")


def _state(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def _reason(exc: OSError) -> str:
    return exc.strerror or str(exc)
