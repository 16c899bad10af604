"""Taking one case in: read, check against the project, write under a temporary name; then many at once for good."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from medopt.errors import MedOptError
from medopt.files import PARTIAL_PREFIX, file_sha256, sync_folder, unwritable
from medopt.image import Geometry, Image
from medopt.image.label import Label
from medopt.project.catalogue import utc_now
from medopt.project.images import ChannelFile, reference_channels, write_channels
from medopt.project.label_rows import insert_version, label_facts
from medopt.project.project import Project
from medopt.project.records import Finding
from medopt.project.schema import CASES, CHANNELS

STALE_AFTER = 3600.0
"""Seconds after which a temporary file in the store belongs to a process that was killed."""


@dataclass(frozen=True)
class Loaded:
    """An image that was read, attributes that identify nobody, and what the user should know about it."""

    image: Image
    attributes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ReadLabel:
    """A label that was read, and what the user should know about it."""

    label: Label
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class LabelSource:
    """A label as it lies outside the project: the hash of what it says, and how to read it for a grid."""

    sha256: str
    read: Callable[[Geometry], ReadLabel]


@dataclass(frozen=True)
class Source:
    """A case as it lies outside the project; nothing of it has been read but its bytes for the hashes.

    ``attributes`` are known without reading the image. ``about`` names the case in findings where its id does not.
    """

    id: str
    subject: str
    image_sha256: str
    read: Callable[[], Loaded]
    files: tuple[Path, ...] = ()
    label: LabelSource | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    about: str = ""


@dataclass(frozen=True)
class Staged:
    """A case whose files are written, under temporary names, and whose rows wait to be inserted."""

    source: Source
    case_row: dict[str, Any]
    channels: tuple[ChannelFile, ...]
    image_folder: Path | None
    label_file: Path | None
    label_facts: dict[str, Any] | None
    notes: tuple[Finding, ...] = ()

    def discard(self) -> None:
        """Remove what was not taken for good."""
        if self.image_folder is not None:
            shutil.rmtree(self.image_folder, ignore_errors=True)
        if self.label_file is not None:
            self.label_file.unlink(missing_ok=True)


def read_source_label(project: Project, source: Source, geometry: Geometry) -> ReadLabel | None:
    """The label of a source on its image's grid, None when it has none; MedOptError when it does not fit."""
    if source.label is None:
        return None
    found = source.label.read(geometry)
    return ReadLabel(project.labels.kind.check(found.label, geometry, f"case {source.id}"), found.notes)


def stage(project: Project, source: Source, loaded: Loaded, label: ReadLabel | None, reference: bool) -> Staged:
    """Write one checked case under temporary names.

    Raises MedOptError when the disk is full or the folder cannot be written; nothing is left behind then.
    """
    image = loaded.image
    folder: Path | None = None
    label_file: Path | None = None
    mark = f"{PARTIAL_PREFIX}{os.urandom(4).hex()}-{source.id}"
    try:
        if reference:
            channels = reference_channels(image, source.files, project.folder)
        else:
            folder = project.folder / "images" / mark
            channels = write_channels(image, project.settings.channels, folder, f"images/{source.id}")
        facts = None
        if label is not None:
            kind = project.labels.kind
            label_file = project.folder / "labels" / (mark + kind.suffix)
            kind.write(label.label, label_file)
            facts = label_facts(kind, label.label, label_file, source="import")
    except BaseException:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        if label_file is not None:
            label_file.unlink(missing_ok=True)
        raise
    row = {
        "id": source.id,
        "key": source.id.lower(),
        "subject": source.subject,
        "geometry": json.dumps(image.geometry.to_json()),
        "attributes": json.dumps({**source.attributes, **loaded.attributes}, ensure_ascii=False, sort_keys=True),
        "image_source_sha256": source.image_sha256,
        "label_source_sha256": None if source.label is None else source.label.sha256,
        "time": utc_now(),
    }
    notes = loaded.notes + (label.notes if label is not None else ())
    return Staged(source, row, channels, folder, label_file, facts, notes)


def commit(project: Project, batch: Sequence[Staged]) -> list[Finding]:
    """Give the files of all cases in ``batch`` their names and insert their rows, in one transaction.

    The rows become true after the files are in place. A finding for every case that another process took in
    meanwhile. On an error none of the batch is in the catalogue, and a repeated import takes it in.
    """
    left_out = []
    with project.catalogue.write() as connection:
        for staged in batch:
            try:
                with connection.begin_nested():
                    connection.execute(insert(CASES).values(**staged.case_row))
            except IntegrityError:
                left_out.append(_taken(staged.source.id))
                continue
            _insert_files(connection, staged)
            try:
                _put_in_place(project, staged)
            except OSError as error:
                raise unwritable(project.folder / "images" / staged.source.id, error) from error
        try:
            sync_folder(project.folder / "images")
            sync_folder(project.folder / "labels")
        except OSError as error:
            raise unwritable(project.folder, error) from error
    return left_out


def remove_stale(project: Project) -> None:
    """Remove temporary files of imports that were killed a while ago."""
    for part in ("images", "labels"):
        for path in (project.folder / part).glob(f"{PARTIAL_PREFIX}*"):
            try:
                if time.time() - path.stat().st_mtime < STALE_AFTER:
                    continue
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
            except OSError:  # another process was faster, or may not be disturbed
                continue


def _insert_files(connection: Connection, staged: Staged) -> None:
    case_id = staged.source.id
    rows = [
        {
            "case_id": case_id,
            "position": position,
            "path": file.path,
            "component": file.component,
            "referenced": file.referenced,
            "file_sha256": file.file_sha256,
            "content_sha256": file.content_sha256,
        }
        for position, file in enumerate(staged.channels)
    ]
    connection.execute(insert(CHANNELS), rows)
    if staged.label_facts is not None:
        insert_version(connection, case_id, 1, staged.label_facts)


def _put_in_place(project: Project, staged: Staged) -> None:
    case_id = staged.source.id
    if staged.image_folder is not None:
        final = project.folder / "images" / case_id
        if final.exists():  # a case without a row: what an import left that was killed just here
            left = final.with_name(f"{PARTIAL_PREFIX}{os.urandom(4).hex()}-left")
            os.rename(final, left)
            shutil.rmtree(left, ignore_errors=True)
        os.rename(staged.image_folder, final)
    if staged.label_file is not None:
        os.replace(staged.label_file, project.labels.path(case_id))


def _taken(case_id: str) -> Finding:
    return Finding(
        case_id,
        "error",
        "another import took in a case of this name meanwhile",
        repair="Repeat the import; it says whether the two are the same",
    )


def as_finding(source: Source, error: MedOptError) -> Finding:
    """The finding for a case that could not be taken in; the path of the source is not told."""
    found = "; ".join(part for part in (error.found, source.about) if part)
    return Finding(source.id, "error", error.problem, error.expected or "", found, error.remedy or "")


def hash_files(paths: tuple[Path, ...]) -> str:
    """SHA-256 over the bytes of one file, or over the hashes of several in their order; OSError when unreadable."""
    if len(paths) == 1:
        return file_sha256(paths[0])
    return hashlib.sha256(" ".join(file_sha256(path) for path in paths).encode()).hexdigest()
