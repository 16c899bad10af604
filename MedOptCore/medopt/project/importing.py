"""Importing a folder: every case complete or absent, whatever happens, and safe to repeat."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.image import Image
from medopt.project.annotation_labels import LISTED
from medopt.project.images import content_sha256
from medopt.project.import_sources import Wanted, find_sources
from medopt.project.intake import (
    ReadLabel,
    Source,
    Staged,
    as_finding,
    commit,
    read_source_label,
    remove_stale,
    stage,
)
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
    attributes: Mapping[str, str] | None = None,
    annotations: str | None = None,
    skip_classes: Sequence[str] = (),
    reference: bool = False,
    reporter: Reporter | None = None,
) -> ImportSummary:
    """Take the cases of a folder into the project.

    Parameters
    ----------
    images : folder of image files (see ``layouts``) or of DICOM files; or arrays (``.npz``, folder of ``.npy``)
    labels : folder of label files, or a file or folder of annotations (see ``annotation_formats``); without it, labels
        are looked for beside the images, and classes in the names of folders
    subject_pattern : regular expression searched in each case's path below ``images`` (no ending, no channel); the
        group ``subject``, else the first without a name, is the subject, other named groups are attributes. Without
        it, a folder a subject tells the subject, else every case is its own.
    attributes : of every case that is imported, such as its site
    annotations : the name of the format, where it is not recognised
    skip_classes : names in the annotations that are passed over
    reference : leave the images where they are and remember their SHA-256; labels are copied all the same

    Returns what was imported, what was there already with equal content, and what was left out and why. One bad
    case never keeps out another. Cases that are there are never overwritten: a changed image or label is told.

    Raises MedOptError when a folder is missing or empty, the pattern is wrong, or the project cannot be written
    (unwritable folder, full disk); what was taken in until then stays, and repeating the import goes on.
    """
    reporter = reporter or Silence()
    wanted = Wanted(
        Path(images),
        None if labels is None else Path(labels),
        subject_pattern,
        attributes or {},
        annotations,
        tuple(skip_classes),
        reference,
    )
    found = find_sources(project, wanted, reporter)
    sources = found.sources
    outcome = _Outcome(left_out=found.left_out, notes=found.notes)
    _note_missing_labels(sources, outcome)
    remove_stale(project)
    _take_in(project, sources, reference, reporter, outcome)
    for finding in outcome.left_out:
        reporter.emit("message", level="warning", text=f"left out: {finding}")
    return outcome.summary()


def _note_missing_labels(sources: list[Source], outcome: _Outcome) -> None:
    without = [source.id for source in sources if source.label is None]
    repair = "Label it in MedOptLabel"
    if len(without) == len(sources):
        return
    if len(without) > LISTED:
        found = f"{len(without)} of {len(sources)} cases, the first {without[0]}"
        outcome.notes.append(Finding("", "note", "no labels for these images", "", found, repair))
    else:
        outcome.notes += [Finding(case, "note", "no label for this image", repair=repair) for case in without]


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
        outcome.notes += staged.notes
        if staged.label_facts is not None:
            outcome.labelled.append(staged.source.id)
            if staged.label_facts["voxels"] == 0 and project.settings.task == "segmentation":
                outcome.notes.append(Finding(staged.source.id, "warning", "the label is empty"))
    batch.clear()


def _handle(project: Project, source: Source, known: Row[Any] | None, reference: bool) -> Staged | Finding | str:
    """What becomes of one case: written and waiting, left out, or "unchanged" / "labelled" where it is known.

    Faults of the source become findings; faults in writing to the project end the import.
    """
    try:
        if known is None:
            loaded = source.read()
            _check_channels(project, source, loaded.image)
            label = read_source_label(project, source, loaded.image.geometry)
        else:
            compared = _compare(project, source, known)
    except MedOptError as error:
        return as_finding(source, error)
    if known is None:
        return stage(project, source, loaded, label, reference)
    if isinstance(compared, ReadLabel):
        digest = None if source.label is None else source.label.sha256
        project.labels.save(known.id, compared.label, annotator=None, source="import", source_sha256=digest)
        return "labelled"
    return compared


def _check_channels(project: Project, source: Source, image: Image) -> None:
    channels = project.settings.channels
    if image.channels != len(channels):
        raise MedOptError(
            "wrong number of channels",
            where=f"case {source.id}",
            expected=f"{len(channels)} ({', '.join(channels)})",
            found=str(image.channels),
            remedy="Give each case the channels of the project, or make a project with theirs, as in medopt init NAME "
            "--channel red --channel green --channel blue",
        )


def _compare(project: Project, source: Source, known: Row[Any]) -> Finding | ReadLabel | str:
    """Look whether a case that is there has changed outside: "unchanged", how it differs, or its first label."""
    if source.image_sha256 != known.image_source_sha256 and not _same_voxels(project, source, known.id):
        return Finding(
            source.id,
            "error",
            "the image has changed since it was imported",
            "the image that is in the project",
            "other voxels or another grid",
            "Import it under another name; the image in the project is untouched",
        )
    if source.label is None or source.label.sha256 == known.label_source_sha256:
        return "unchanged"
    with project.catalogue.read() as connection:
        versions = connection.execute(
            select(LABEL_VERSIONS.c.content_sha256).where(LABEL_VERSIONS.c.case_id == known.id)
        ).scalars()
        contents = set(versions)
    label = read_source_label(project, source, project.case(known.id).geometry)
    if label is None or project.labels.kind.sha256(label.label) in contents:
        return "unchanged"
    if contents:
        return Finding(
            source.id,
            "error",
            "the project has another label for this case",
            "the label that is in the project",
            f"other {project.labels.kind.unit}",
            "Save it as a new version in MedOptLabel if it is better; the label in the project is untouched",
        )
    return label


def _same_voxels(project: Project, source: Source, case_id: str) -> bool:
    """True when the image has the voxels and the grid of the one in the project, though its file differs."""
    image = source.read().image
    query = select(CHANNELS.c.content_sha256).where(CHANNELS.c.case_id == case_id).order_by(CHANNELS.c.position)
    with project.catalogue.read() as connection:
        contents = list(connection.execute(query).scalars())
    same_grid = project.case(case_id).geometry.is_close(image.geometry)
    return same_grid and contents == [content_sha256(channel) for channel in image.array]
