"""Importing a folder: every case complete or absent, whatever happens, and safe to repeat."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.files import file_sha256
from medopt.image import Image
from medopt.io import read_image
from medopt.project.images import content_sha256, stack_channels
from medopt.project.intake import Source, Staged, as_finding, commit, read_source_label, remove_stale, stage
from medopt.project.label_files import label_sha256
from medopt.project.layouts import CaseFiles, find_cases
from medopt.project.names import safe_name
from medopt.project.project import Project
from medopt.project.records import Finding, ImportSummary
from medopt.project.schema import CASES, CHANNELS, LABEL_VERSIONS

BATCH = 32
"""Cases whose rows are written in one transaction."""

BATCH_SECONDS = 1.0
"""A smaller batch is written after this time, so that a kill loses little."""


@dataclass
class _Outcome:
    """What became of the cases so far; only the main thread writes to it."""

    imported: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    labelled: list[str] = field(default_factory=list)
    left_out: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def summary(self) -> ImportSummary:
        def order(findings: list[Finding]) -> tuple[Finding, ...]:
            return tuple(sorted(findings, key=lambda finding: (finding.case, finding.problem)))

        return ImportSummary(
            imported=tuple(sorted(self.imported)),
            unchanged=tuple(sorted(self.unchanged)),
            left_out=order(self.left_out),
            labelled=tuple(sorted(self.labelled)),
            notes=order(self.notes),
        )


def import_folder(
    project: Project,
    images: str | Path,
    labels: str | Path | None = None,
    *,
    subject_pattern: str | None = None,
    reference: bool = False,
    reporter: Reporter | None = None,
) -> ImportSummary:
    """Take the cases of a folder into the project.

    Parameters
    ----------
    images : folder of image files (see ``layouts``) or of DICOM files
    labels : folder of label files; without one, labels are looked for beside the images
    subject_pattern : regular expression searched in each case's path below ``images`` (no ending, no channel);
        group 1 is the subject. Without it, a folder a subject tells the subject, else every case is its own.
    reference : leave the images where they are and remember their SHA-256; labels are copied all the same

    Returns what was imported, what was there already with equal content, and what was left out and why. One bad
    case never keeps out another. Cases that are there are never overwritten: a changed image or label is told.

    Raises MedOptError when a folder is missing or empty, the pattern is wrong, or the project cannot be written
    (unwritable folder, full disk); what was taken in until then stays, and repeating the import goes on.
    """
    reporter = reporter or Silence()
    images, labels = Path(images), None if labels is None else Path(labels)
    pattern = _compile(subject_pattern)
    layout = find_cases(images, labels, project.settings.channels)
    outcome = _Outcome(left_out=list(layout.left_out))
    sources: list[Source] = []
    if layout.cases or layout.left_out:
        sources = _sources(project, layout.cases, pattern, outcome)
        _note_missing_labels(sources, outcome)
    else:
        raise MedOptError(
            "no images found",
            where=images,
            expected="image files, in the folder or in one folder a subject",
            remedy="Check the path",
        )
    remove_stale(project)
    _take_in(project, sources, reference, reporter, outcome)
    for finding in outcome.left_out:
        reporter.emit("message", level="warning", text=f"left out: {finding}")
    return outcome.summary()


# ---- from files to sources ---------------------------------------------------------------------------------------


def _compile(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise MedOptError("the subject pattern is no regular expression", where=pattern, found=str(error)) from error
    if compiled.groups < 1:
        raise MedOptError(
            "the subject pattern has no group",
            where=pattern,
            expected="parentheses around the part that names the subject, such as ^(sub-[0-9]+)_",
        )
    return compiled


def _sources(
    project: Project, cases: Sequence[CaseFiles], pattern: re.Pattern[str] | None, outcome: _Outcome
) -> list[Source]:
    """Hash the files of each case and name its subject."""
    sources = []
    for case in cases:
        subject = case.subject or case.id
        if pattern is not None:
            match = pattern.search(case.key)
            if match is None or not match[1]:
                repair = "Correct the pattern, or the name of the file"
                finding = Finding(
                    case.id, "error", "the subject pattern does not match", pattern.pattern, case.key, repair
                )
                outcome.left_out.append(finding)
                continue
            subject = safe_name(match[1])
        try:
            image_hash = _hash(case.images)
            label_hash = None if case.label is None else _hash((case.label,))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            outcome.left_out.append(Finding(case.id, "error", "a file cannot be read", found=reason))
            continue
        read = _Reader(case.images, tuple(project.settings.channels), case.id)
        sources.append(Source(case.id, subject, image_hash, read, case.images, case.label, label_hash))
    if sources and pattern is None and all(case.subject is None for case in cases):
        outcome.notes.append(
            Finding(
                "",
                "note",
                "every case counts as a subject of its own",
                repair="If several cases come from one person, import with a subject pattern, so that a person never "
                "stands in training and test at once",
            )
        )
    return sources


def _hash(paths: tuple[Path, ...]) -> str:
    if len(paths) == 1:
        return file_sha256(paths[0])
    return hashlib.sha256(" ".join(file_sha256(path) for path in paths).encode()).hexdigest()


def _note_missing_labels(sources: list[Source], outcome: _Outcome) -> None:
    if any(source.label for source in sources):
        outcome.notes += [
            Finding(source.id, "note", "no label for this image", repair="Label it in MedOptLabel")
            for source in sources
            if source.label is None
        ]


@dataclass(frozen=True)
class _Reader:
    """Reads the image of a case from its files, one a channel or one for all."""

    files: tuple[Path, ...]
    channels: tuple[str, ...]
    case_id: str

    def __call__(self) -> tuple[Image, Mapping[str, str]]:
        parts = [read_image(path) for path in self.files]
        if len(parts) > 1 or len(self.channels) == 1:
            parts = [_grey(part) for part in parts]
        image = stack_channels(parts, f"case {self.case_id}")
        if image.channels != len(self.channels):
            raise MedOptError(
                "wrong number of channels",
                where=f"case {self.case_id}",
                expected=f"{len(self.channels)} ({', '.join(self.channels)})",
                found=str(image.channels),
            )
        return image, {}


def _grey(image: Image) -> Image:
    """The one channel of a grey picture that is stored as red, green and blue."""
    if image.channels == 3 and (image.array == image.array[:1]).all():
        return Image(image.array[:1], image.geometry)
    return image


# ---- from sources into the project ---------------------------------------------------------------------------------


def _take_in(
    project: Project, sources: Sequence[Source], reference: bool, reporter: Reporter, outcome: _Outcome
) -> None:
    with project.catalogue.read() as connection:
        known = {row.key: row for row in connection.execute(select(CASES))}
    progress = Progress(reporter, "import", len(sources))
    batch: list[Staged] = []
    written = time.monotonic()
    workers = ThreadPoolExecutor(max_workers=min(8, (os.cpu_count() or 1) + 1), thread_name_prefix="import")
    futures: dict[Future[Staged | Finding | str], Source] = {
        workers.submit(_handle, project, source, known.get(source.id.lower()), reference): source for source in sources
    }
    try:
        for future in as_completed(futures):
            source, result = futures.pop(future), future.result()
            if isinstance(result, Staged):
                batch.append(result)
            elif isinstance(result, Finding):
                outcome.left_out.append(result)
            else:
                (outcome.labelled if result == "labelled" else outcome.unchanged).append(source.id)
            if len(batch) >= BATCH or time.monotonic() - written > BATCH_SECONDS:
                _write(project, batch, outcome)
                written = time.monotonic()
            progress.advance()
        _write(project, batch, outcome)
    finally:
        workers.shutdown(wait=True, cancel_futures=True)
        for future in futures:
            if future.done() and not future.cancelled() and future.exception() is None:
                result = future.result()
                if isinstance(result, Staged):
                    result.discard()
        for staged in batch:
            staged.discard()


def _write(project: Project, batch: list[Staged], outcome: _Outcome) -> None:
    """Take the batch in for good and empty it."""
    if not batch:
        return
    taken = {finding.case: finding for finding in commit(project, batch)}
    outcome.left_out += taken.values()
    for staged in batch:
        if staged.source.id in taken:
            staged.discard()
            continue
        outcome.imported.append(staged.source.id)
        if staged.label_facts is not None:
            outcome.labelled.append(staged.source.id)
            if staged.label_facts["voxels"] == 0:
                outcome.notes.append(Finding(staged.source.id, "warning", "the label is empty"))
    batch.clear()


def _handle(project: Project, source: Source, known: Row[Any] | None, reference: bool) -> Staged | Finding | str:
    """What becomes of one case: written and waiting, left out, or "unchanged" / "labelled" where it is known."""
    try:
        if known is not None:
            return _compare(project, source, known)
        image, attributes = source.read()
    except MedOptError as error:
        return as_finding(source.id, error)
    try:
        label = read_source_label(project, source, image.geometry)
    except MedOptError as error:
        return as_finding(source.id, error)
    return stage(project, source, image, attributes, label, reference)


def _compare(project: Project, source: Source, known: Row[Any]) -> Finding | str:
    """Look whether a case that is there has changed outside; take in a label that it had not."""
    if source.image_sha256 != known.image_source_sha256 and not _same_voxels(project, source, known.id):
        return Finding(
            source.id,
            "error",
            "the image has changed since it was imported",
            "the image that is in the project",
            "other voxels or another grid",
            "Import it under another name; the image in the project is untouched",
        )
    if source.label is None or source.label_sha256 == known.label_source_sha256:
        return "unchanged"
    with project.catalogue.read() as connection:
        versions = connection.execute(
            select(LABEL_VERSIONS.c.content_sha256).where(LABEL_VERSIONS.c.case_id == known.id)
        ).scalars()
        contents = set(versions)
    label = read_source_label(project, source, project.case(known.id).geometry)
    if label is None or label_sha256(label) in contents:
        return "unchanged"
    if contents:
        return Finding(
            source.id,
            "error",
            "the project has another label for this case",
            "the label that is in the project",
            "other voxels",
            "Save it as a new version in MedOptLabel if it is better; the label in the project is untouched",
        )
    project.labels.save(known.id, label, annotator=None, source="import", source_sha256=source.label_sha256)
    return "labelled"


def _same_voxels(project: Project, source: Source, case_id: str) -> bool:
    """True when the image has the voxels and the grid of the one in the project, though its file differs."""
    image, _ = source.read()
    query = select(CHANNELS.c.content_sha256).where(CHANNELS.c.case_id == case_id).order_by(CHANNELS.c.position)
    with project.catalogue.read() as connection:
        contents = list(connection.execute(query).scalars())
    same_grid = project.case(case_id).geometry.is_close(image.geometry)
    return same_grid and contents == [content_sha256(channel) for channel in image.array]
