"""Labels of cases from annotations of detection and classification."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.io.annotations import ClassSheet, ImageClasses, Sheet, read_class_folders
from medopt.project.annotation_formats import FOLDERS, read_annotations, recognise
from medopt.project.intake import LabelSource, ReadLabel
from medopt.project.layouts import CaseFiles
from medopt.project.names import safe_name
from medopt.project.project import Project
from medopt.project.records import Finding
from medopt.project.sheet_labels import SheetLabels
from medopt.project.sheet_match import SheetMatch

LISTED = 20
"""Entries without an image up to which each is told by itself."""


class SheetOfLabels:
    """The labels of cases in a sheet of annotations.

    Raises MedOptError for classes that the project does not have.
    """

    def __init__(self, project: Project, sheet: Sheet[Any], skipped: Iterable[str] = ()) -> None:
        self._labels = SheetLabels(sheet, project.settings, skipped)
        self._sheet, self._match = sheet, SheetMatch(sheet.entries)
        self._used: set[str] = set()

    def of(self, case: CaseFiles) -> tuple[LabelSource | None, Mapping[str, str]]:
        """The entry of a case; MedOptError when several fit, or when the entry cannot be read."""
        key = self._match.find(case.key, case.id)
        if key is None:
            return None, {}
        self._used.add(key)
        entry = self._sheet.entries[key]
        if isinstance(entry, MedOptError):
            raise entry
        told = self._sheet.attributes
        attributes = told.get(key) or told.get(key.rsplit("/", 1)[-1]) or {}
        digest = hashlib.sha256(repr(entry).encode()).hexdigest()

        def read(geometry: Geometry) -> ReadLabel:
            return self._labels.label(case.id, entry, geometry)

        return LabelSource(digest, read), attributes

    def without_image(self) -> list[Finding]:
        """Findings about entries that no case has asked for."""
        unused = sorted(set(self._sheet.entries) - self._used)
        repair = "Add the image, or give both the same name"
        if len(unused) > LISTED:
            found = f"{len(unused)} of {len(self._sheet.entries)} annotations, the first for '{unused[0]}'"
            return [Finding("", "error", "labels without an image", "an image of each name", found, repair)]
        problem = "a label without an image"
        return [Finding(safe_name(key), "error", problem, "an image of this name", "none", repair) for key in unused]


def annotation_labels(
    project: Project,
    images: Path,
    labels: Path | None,
    cases: Sequence[CaseFiles],
    *,
    name: str | None = None,
    skipped: Iterable[str] = (),
) -> SheetOfLabels | None:
    """Where the labels of the cases are: at ``labels``, else among the images; None when there are none.

    Raises MedOptError when ``labels`` holds no annotations of the project's task, and for unknown classes.
    """
    task = project.settings.task
    classes = [info.name for info in project.settings.classes]
    folders = task == "classification" and name in (None, FOLDERS)
    if name != FOLDERS:
        place = labels or (images if name is not None or recognise(images, task) is not None else None)
        if place is not None and not (labels is not None and folders and place == images):
            return SheetOfLabels(project, read_annotations(place, task, classes, name), skipped)
    if not folders:
        return None
    sheet = _folders(cases, classes)
    if sheet.entries:
        return SheetOfLabels(project, sheet, skipped)
    if name == FOLDERS:
        raise MedOptError(
            "no folders of classes",
            where=images,
            expected=f"folders named {', '.join(classes)}",
            found=", ".join(sorted({case.key.rsplit("/", 1)[0] for case in cases if "/" in case.key}))[:200] or "none",
        )
    return None


def _folders(cases: Sequence[CaseFiles], classes: Sequence[str]) -> ClassSheet:
    entries: dict[str, ImageClasses | MedOptError] = {}
    for case in cases:
        told = read_class_folders(case.key.rpartition("/")[0], classes)
        if told.classes:
            entries[case.key] = ImageClasses(told.classes)
    used = {name for one in entries.values() if isinstance(one, ImageClasses) for name in one.present}
    return ClassSheet(entries, tuple(sorted(used)))
