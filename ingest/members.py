"""Containers among the files of a scan: each member a file of its own, ``mail.eml/附件.docx``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from ingest.containers import Contents
from ingest.sources import Listing, SourceFile, Unreadable, contents_of, is_ignored
from retrieval.errors import SourceError


def with_members(listing: Listing) -> Listing:
    """The listing with what containers hold in their place; what cannot be read is told of one by one."""
    files: list[SourceFile] = []
    unreadable = list(listing.unreadable)
    for file in listing.files:
        try:
            contents = contents_of(file)
        except SourceError as exc:
            unreadable.append(Unreadable(file.location, file.source, exc.message + exc.remedy))
            continue
        if contents is None:
            files.append(file)
            continue
        if contents.is_document:
            files.append(file)
        files += _members(file, contents)
        unreadable += _refused(file, contents)
        if not contents.is_document and not any(map(_is_document, (*contents.members, *contents.refused))):
            unreadable.append(Unreadable(file.location, file.source, "压缩包里没有资料"))
    ordered = sorted(files, key=lambda each: (each.source, each.location))
    return replace(listing, files=tuple(ordered), unreadable=tuple(unreadable))


def _members(file: SourceFile, contents: Contents) -> Iterator[SourceFile]:
    for path in contents.members:
        if _is_document(path):
            location, source = f"{file.location}/{path}", f"{file.source}/{path}"
            yield replace(file, location=location, source=source, member=path)


def _refused(file: SourceFile, contents: Contents) -> Iterator[Unreadable]:
    for path, reason in contents.refused.items():
        if _is_document(path):
            yield Unreadable(f"{file.location}/{path}", f"{file.source}/{path}", reason)


def _is_document(path: str) -> bool:
    return not any(is_ignored(part) or part == "__MACOSX" for part in PurePosixPath(path).parts)
