"""Where the cases of an import come from: files, DICOM series or arrays, and their labels."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from medopt.errors import MedOptError
from medopt.events import Reporter
from medopt.io.annotations import holds_arrays
from medopt.project.annotation_formats import format_names
from medopt.project.annotation_labels import annotation_labels
from medopt.project.array_sources import array_sources
from medopt.project.dicom_sources import dicom_sources
from medopt.project.file_sources import compile_pattern, each_its_own, file_sources
from medopt.project.intake import Source
from medopt.project.layouts import find_cases
from medopt.project.project import Project
from medopt.project.records import Finding


@dataclass(frozen=True)
class Wanted:
    """What the user asked to import; fields as the arguments of ``import_folder``."""

    images: Path
    labels: Path | None = None
    subject_pattern: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    annotations: str | None = None
    skip_classes: tuple[str, ...] = ()
    reference: bool = False


@dataclass
class Found:
    """The cases, and what was left out or is worth a note before any is read."""

    sources: list[Source] = field(default_factory=list)
    left_out: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)


def find_sources(project: Project, wanted: Wanted, reporter: Reporter) -> Found:
    """Find the cases; only hashes are made of the images.

    Raises MedOptError when a folder is missing or holds no images, for a wrong pattern, an unknown format and unknown
    classes, and for what is not possible with DICOM files or arrays.
    """
    compile_pattern(wanted.subject_pattern)  # a wrong one is told before anything is read
    _refuse_unknown_format(project, wanted.annotations)
    if wanted.images.exists() and holds_arrays(wanted.images):
        _refuse("arrays", "the arrays alone, which hold their labels", wanted)
        sources = array_sources(project, wanted.images, wanted.attributes)
        return Found(sources, notes=[each_its_own()])
    return _in_folder(project, wanted, reporter)


def _in_folder(project: Project, wanted: Wanted, reporter: Reporter) -> Found:
    settings = project.settings
    maps = settings.task == "segmentation"
    images, labels = wanted.images, wanted.labels
    if not maps and labels is None and (images / "JPEGImages").is_dir() and (images / "Annotations").is_dir():
        images, labels = images / "JPEGImages", images  # the folder of a Pascal VOC data set
    classes = [info.name for info in settings.classes] if settings.task == "classification" else []
    layout = find_cases(images, labels if maps else None, settings.channels, beside=maps, classes=classes)
    found = Found(left_out=list(layout.left_out))
    if not layout.has_volumes:
        sources = dicom_sources(project, images, reporter)
        if sources:
            expected = "the images folder alone, since cases get pseudonyms and files that name a person stay outside"
            _refuse("DICOM files", expected, wanted)
            # pictures beside DICOM files, such as the icons of a viewer, are no cases that were left out
            return Found([replace(source, attributes=wanted.attributes) for source in sources])
    if not layout.cases and not layout.left_out:
        raise MedOptError(
            "no images found",
            where=images,
            expected="image files or DICOM files, in the folder or in folders below it",
            remedy="Check the path",
        )
    sheet = None
    if not maps:
        name, skipped = wanted.annotations, wanted.skip_classes
        sheet = annotation_labels(project, images, labels, layout.cases, name=name, skipped=skipped)
    found.sources = file_sources(
        project,
        layout.cases,
        wanted.subject_pattern,
        found.left_out,
        found.notes,
        labels=sheet,
        attributes=wanted.attributes,
    )
    if sheet is not None:
        found.left_out += sheet.without_image()
    return found


def _refuse_unknown_format(project: Project, name: str | None) -> None:
    known = format_names(project.settings.task)
    if name is None or name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    raise MedOptError(
        "unknown format of annotations",
        expected=f"for {project.settings.task}: {', '.join(known) or 'none, as label files are recognised'}"
        + (f"; did you mean '{near[0]}'?" if near else ""),
        found=name,
    )


def _refuse(what: str, expected: str, wanted: Wanted) -> None:
    """Raise MedOptError for what cannot be asked of this kind of source."""
    given = {
        "a labels folder": wanted.labels is not None,
        "a subject pattern": wanted.subject_pattern is not None,
        "reference": wanted.reference,
    }
    wrong = [name for name, is_given in given.items() if is_given]
    if wrong:
        raise MedOptError(
            f"not possible with {what}", expected=expected, found=" and ".join(wrong), remedy="Import without it"
        )
