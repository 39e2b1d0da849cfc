"""Roots and the files under them: where each document comes from, what it is called, and its bytes.

What a root shows is what lies in it: a link that leads out of it is left out, unless the root follows links,
and a file that is reached by a link as well is one document, called by its own name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from ingest.sidecar import inherited_by
from retrieval.errors import InputError, SourceError
from retrieval.publication import Root
from retrieval.store import UPLOADS_NAME

if TYPE_CHECKING:
    from ingest.containers import Contents

# The program's own documents, wherever it is installed: moving the installation must not make them vanish.
SEEDS_LOCATION = "dangwu:seeds"
SEEDS_NAME = "seeds"
SIDECAR_SUFFIX = ".meta.toml"
# Stands in a folder for all documents below it.
FOLDER_SIDECAR = f"folder{SIDECAR_SUFFIX}"
_IGNORED_NAMES = frozenset({"provenance.toml", "__pycache__", "__init__.py", "Thumbs.db", "desktop.ini"})
_READ_ATTEMPTS = 3
_HOW = "要收录就写明它指向的路径，或加 --follow-links"
# A pipe that has taken a file's place keeps nobody waiting. Windows has no such flags.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# Going through a folder takes no right to read it where the system makes that difference.
_PASS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to ingest. ``location`` identifies it: its resolved path, or one below ``dangwu:seeds``.

    Nothing is read that lies outside of ``within``; ``None`` allows every place. ``member`` is its path
    inside of the container that ``path`` is, empty for a file by itself.
    """

    location: str
    source: str
    path: Path
    within: Path | None = None
    member: str = ""

    @property
    def document_id(self) -> str:
        """12 hex digits, the same for the same location."""
        return document_id(self.location)

    @property
    def name(self) -> str:
        """Its own name, without any folder."""
        return PurePosixPath(self.member).name if self.member else self.path.name

    @property
    def container_location(self) -> str:
        """The location of the container that it is a member of, or its own."""
        return self.location.removesuffix(f"/{self.member}") if self.member else self.location


@dataclass(frozen=True, slots=True)
class SourceBytes:
    """What one reading of a file gave.

    ``sidecar`` is what ``FILE.meta.toml`` beside it and the sidecars of the folders above it state, ``None``
    where there is none.
    """

    data: bytes
    sidecar: bytes | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that cannot be read; everything below ``location`` stays as it was."""

    location: str
    source: str
    message: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A link that is not followed; what was taken in through it is no longer there."""

    location: str
    source: str
    message: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one scan, by source, what stood in the way, and what was not to be looked at."""

    files: tuple[SourceFile, ...]
    unreadable: tuple[Unreadable, ...]
    left_out: tuple[LeftOut, ...] = ()


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
    paths: Sequence[Path],
    remembered: Sequence[Root],
    seeds: Path,
    *,
    data_dir: Path | None = None,
    follows_links: bool | None = None,
) -> Scope:
    """What to synchronise for ``paths``; without any, the remembered roots, or else ``seeds``.

    A path inside a remembered root is synchronised as a part of it; a path that contains remembered
    roots takes their place. The uploads in ``data_dir`` are always a root of their own, whatever contains
    them. ``follows_links`` is from now on true of the roots that the paths are, ``None`` leaves it as it was.
    InputError for a path that does not exist, or that is no root where that is to be changed.
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
            root = Root(location, _root_name(location), follows_links=bool(follows_links))
            roots = [each for each in roots if each == uploads or not _contains(location, each, seeds)]
        elif follows_links not in (None, root.follows_links):
            if location != root.location or root == uploads:
                _refuse_links(root, uploads)
            former, root = root, replace(root, follows_links=bool(follows_links))
            roots = [root if each == former else each for each in roots]
            parts = {part: root if owner == former else owner for part, owner in parts.items()}
        if root not in roots:
            roots.append(root)
        parts = {
            part: owner for part, owner in parts.items() if owner == uploads or not is_within(part, location)
        }
        if not any(is_within(location, part) and owner == root for part, owner in parts.items()):
            parts[location] = root
    return Scope(tuple(roots), tuple(parts.items()), (), frozenset(named))


def _refuse_links(root: Root, uploads: Root | None) -> None:
    if root == uploads:
        raise InputError("上传的文件里不跟随链接。", remedy="要收录别处的资料，请写明它自己的路径。")
    raise InputError(
        f"跟不跟随链接是整个来源的事：{root.location}。", remedy=f"请写明它：dangwu ingest {root.location}"
    )


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
    place = _legible(_real(actual_path(root.location, seeds)).as_posix())
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
    left_out: list[LeftOut] = []
    for found in _Walk(scope, seeds, exclude).found():
        match found:
            case Unreadable():
                unreadable.append(found)
            case LeftOut():
                left_out.append(found)
            case SourceFile():
                files[found.location] = found
    ordered = sorted(files.values(), key=lambda each: (each.source, each.location))
    return Listing(tuple(ordered), tuple(unreadable), tuple(left_out))


def list_folders(scope: Scope, seeds: Path, *, exclude: Path) -> list[Path]:
    """The folders that ``list_files`` looks into, and the parts that are files."""
    named = {part for part, _ in scope.parts}
    found = list(_Walk(scope, seeds, exclude).found())
    files = [each.path for each in found if isinstance(each, SourceFile) and each.location in named]
    return [each for each in found if isinstance(each, Path)] + files


def read_source(file: SourceFile) -> SourceBytes:
    """The bytes of a file and its sidecar, read again if it changed meanwhile; SourceError otherwise."""
    try:
        above = _folder_sidecars(file)
        # One that is there and cannot be read may say that the document is for internal use.
        own = _sidecar(file.path.with_name(file.path.name + SIDECAR_SUFFIX), file.within)
        if not file.member:
            return SourceBytes(_read_steadily(file.path, file.within), inherited_by(own, above))
        contents = contents_of(file)
    except OSError as exc:
        raise _unreadable(file, exc) from exc
    if contents is None or file.member not in contents.members:
        raise SourceError(f"读不了文件：{file.source}（文件在读取过程中不断变化）", remedy="稍后再运行一次。")
    above += [(file.path.name + SIDECAR_SUFFIX, own)] if own is not None else []
    above += [
        (place, contents.members[place])
        for folder in reversed(PurePosixPath(file.member).parents)
        if (place := str(folder / FOLDER_SIDECAR)) in contents.members
    ]
    sidecar = contents.members.get(file.member + SIDECAR_SUFFIX)
    return SourceBytes(contents.members[file.member], inherited_by(sidecar, above))


def contents_of(file: SourceFile) -> Contents | None:
    """What the container at the path of a file holds; ``None`` where that is a document and no more.

    SourceError where it cannot be read. The last one is kept, for its members are read one after another.
    """
    from ingest.containers import HEAD_BYTES, may_hold_documents

    try:
        with _opened(file.path, file.within) as opened:
            if not may_hold_documents(opened.read(HEAD_BYTES)):
                return None
            state = _state(opened)
        return _unpacked(file.path, file.within, state)
    except OSError as exc:
        raise _unreadable(file, exc) from exc


@lru_cache(maxsize=1)
def _unpacked(path: Path, within: Path | None, _: tuple[int, int]) -> Contents | None:
    from ingest.containers import unpacked
    from ingest.loaders.bounds import check_bytes

    data = _read_steadily(path, within)
    check_bytes(data, path.name)
    return unpacked(data, path.name)


def _unreadable(file: SourceFile, exc: OSError) -> SourceError:
    return SourceError(
        f"读不了文件：{file.source}（{_reason(exc)}）", remedy="检查文件的权限，或把它移出资料文件夹。"
    )


def _folder_sidecars(file: SourceFile) -> list[tuple[str, bytes]]:
    """The sidecars of the folders above a file, the outermost first: those in its root, or its own."""
    source = PurePosixPath(file.source.removesuffix(f"/{file.member}") if file.member else file.source)
    levels = max(1, len(source.parts) - 1)
    places = [folder / FOLDER_SIDECAR for folder in reversed(file.path.parents[:levels])]
    found = ((place, _sidecar(place, file.within)) for place in places)
    return [(f"{place.parent.name}/{place.name}", data) for place, data in found if data is not None]


def _sidecar(place: Path, within: Path | None) -> bytes | None:
    return _read_steadily(place, within) if os.path.lexists(place) else None


def actual_path(location: str, seeds: Path) -> Path:
    """The place on the disk of a location."""
    if is_within(location, SEEDS_LOCATION):
        return seeds / location[len(SEEDS_LOCATION) :].lstrip("/")
    return Path(location)


def _whole_scope(roots: tuple[Root, ...], seeds: Path) -> Scope:
    present = [root for root in roots if actual_path(root.location, seeds).exists()]
    vanished = tuple(root for root in roots if root not in present)
    return Scope(roots, tuple((root.location, root) for root in present), vanished)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name in a folder, or a root: where it is found, and the place without links that it stands for.

    ``is_linked``: a link leads to it or to a folder above it.
    """

    path: Path
    location: str
    place: Path
    root: Root
    is_linked: bool

    @property
    def source(self) -> str:
        return f"{self.root.name}{self.location[len(self.root.location.rstrip('/')) :]}".lstrip("/")

    def below(self, name: str) -> _Entry:
        path, place = self.path / name, self.place / name
        location = f"{self.location.rstrip('/')}/{_legible(name)}"
        if path.is_symlink():
            return _Entry(path, location, _real(path), self.root, is_linked=True)
        return _Entry(path, location, place, self.root, is_linked=self.is_linked)


class _Walk:
    """One look at the parts of a scope: every place once, whatever links lead to it."""

    def __init__(self, scope: Scope, seeds: Path, exclude: Path) -> None:
        self._scope = scope
        self._seeds = seeds
        self._exclude = _real(exclude)
        self._places = {root: _real(actual_path(root.location, seeds)) for root in scope.roots}
        self._visited = {self._exclude}

    def found(self) -> Iterator[SourceFile | Unreadable | LeftOut | Path]:
        """What is found, depth first in order of name; a folder is a path."""
        for part, root in self._scope.parts:
            path = actual_path(part, self._seeds)
            place, below = _real(path), self._places[root] / part[len(root.location) :].lstrip("/")
            pending = [_Entry(path, part, place, root, is_linked=place != below)]
            while pending:
                entry = pending.pop()
                found, names = self._look(entry)
                if found:
                    yield found
                pending.extend(entry.below(name) for name in reversed(names))

    def _look(self, entry: _Entry) -> tuple[SourceFile | Unreadable | LeftOut | Path | None, list[str]]:
        """What an entry is, ``None`` if that is found elsewhere, and the names in it."""
        if entry.is_linked:
            refusal = self._refusal(entry)
            if refusal or self._is_listed(entry.place):
                return refusal, []
        if entry.place in self._visited:
            return None, []
        self._visited.add(entry.place)
        try:
            if not entry.path.is_dir():
                return self._file(entry), []
            return entry.path, sorted(each.name for each in entry.path.iterdir() if not is_ignored(each.name))
        except OSError as exc:
            return Unreadable(entry.location, entry.source, f"读不了（{_reason(exc)}）"), []

    def _file(self, entry: _Entry) -> SourceFile | Unreadable:
        if not entry.path.is_file() and entry.path.exists():
            return Unreadable(entry.location, entry.source, "不是普通文件")
        base = self._places[entry.root]
        within = base.parent if base == entry.place else base
        return SourceFile(entry.location, entry.source, entry.path, None if _follows(entry.root) else within)

    def _refusal(self, entry: _Entry) -> LeftOut | Unreadable | None:
        """Why what a link leads to is not to be looked at, if so."""
        base, problem = self._places[entry.root], _stat_problem(entry.path)
        message = ""
        if problem and problem.errno == errno.ELOOP:
            return Unreadable(entry.location, entry.source, "链接绕成了圈")
        if entry.place.is_relative_to(self._exclude) and not base.is_relative_to(self._exclude):
            message = "链接通向程序的数据目录，不收录"
        elif not _follows(entry.root) and not entry.place.is_relative_to(base):
            message = f"链接通向来源之外（{entry.place}），没有跟随；{_HOW}"
        if message:
            return LeftOut(entry.location, entry.source, message)
        if problem:
            return Unreadable(entry.location, entry.source, f"链接指向的 {entry.place} {_reason(problem)}")
        return None

    def _is_listed(self, place: Path) -> bool:
        """Whether a place is found under its own name, now or when its own root is looked at."""
        return any(
            place.is_relative_to(base) and not any(map(is_ignored, place.relative_to(base).parts))
            for base in self._places.values()
        )


def _follows(root: Root) -> bool:
    # Installers that save room put links in the place of the program's own files.
    return root.follows_links or root.location == SEEDS_LOCATION


def _stat_problem(path: Path) -> OSError | None:
    try:
        path.stat()
    except OSError as exc:
        return exc
    return None


def _real(path: Path) -> Path:
    """The place of a path, without links; of one that goes round in circles as far as it goes."""
    # Path.resolve raises for a circle, and not the same in every Python.
    return Path(os.path.realpath(path))


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


def _read_steadily(path: Path, within: Path | None) -> bytes:
    for _ in range(_READ_ATTEMPTS):
        with _opened(path, within) as file:
            before = _state(file)
            data = file.read()
            if _state(file) == before and len(data) == before[0]:
                return data
    raise OSError("文件在读取过程中不断变化")


def _state(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _opened(path: Path, within: Path | None) -> BinaryIO:
    """A regular file; OSError for anything else, and for what lies outside of ``within``."""
    descriptor = os.open(path, _READ) if within is None else _open_below(within, _real(path))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("不是普通文件")
    return os.fdopen(descriptor, "rb")


def _open_below(folder: Path, place: Path) -> int:
    """Open a place below a folder step by step: a link put in the way meanwhile leads nowhere."""
    if folder not in place.parents:
        raise OSError("链接通向来源之外")
    if os.open not in os.supports_dir_fd:  # Windows
        return os.open(place, _READ)
    *above, name = place.relative_to(folder).parts
    at = os.open(folder, _PASS)
    try:
        for each in above:
            inner = os.open(each, _PASS | _NO_LINK, dir_fd=at)
            os.close(at)
            at = inner
        return os.open(name, _READ | _NO_LINK, dir_fd=at)
    finally:
        os.close(at)


def _reason(exc: OSError) -> str:
    return exc.strerror or str(exc)
