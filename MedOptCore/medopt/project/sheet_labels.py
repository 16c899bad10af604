"""Labels of a project from sheets of annotations: names become values, faulty boxes are left out and told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Box, Boxes, ClassLabel, Geometry
from medopt.image.label import Label
from medopt.io.annotations import GridBox, ImageBoxes, ImageClasses, ShareBox, Sheet
from medopt.io.markups import NamedBox
from medopt.project.box_labels import cut_to_image
from medopt.project.class_names import ClassNames
from medopt.project.intake import ReadLabel
from medopt.project.records import Finding
from medopt.project.settings import ProjectSettings

OVER_THE_EDGE = 1.0
"""Voxels by which a box may reach over the edge of its image before it is worth a finding."""


class SheetLabels:
    """Makes labels of the entries of a sheet.

    Parameters
    ----------
    sheet : of boxes in a project of detection, of classes in one of classification
    skipped : names of classes whose annotations are passed over

    Raises MedOptError for names that are no class of the project, with the nearest one for each.
    """

    def __init__(self, sheet: Sheet[Any], settings: ProjectSettings, skipped: Iterable[str] = ()) -> None:
        self._names, self._settings = ClassNames(settings), settings
        self._skipped = {name.strip().lower() for name in skipped}
        self._refuse_unknown(sheet.names)
        looked_for = sheet.looked_for
        self._unjudged: set[int] = set()
        if looked_for is not None:
            known = {self._find(name) for name in looked_for if not self._is_skipped(name)}
            self._unjudged = {info.value for info in settings.classes} - known

    def label(self, case_id: str, entry: ImageBoxes | ImageClasses, geometry: Geometry) -> ReadLabel:
        """The label of a case and what there is to tell about it.

        Raises MedOptError when the annotations belong to an image of another size.
        """
        if isinstance(entry, ImageClasses):
            return ReadLabel(self._classes(entry))
        return self._boxes(case_id, entry, geometry)

    def _classes(self, entry: ImageClasses) -> Label:
        present = {self._value(name) for name in entry.present if not self._is_skipped(name)}
        unjudged: set[int] = set()
        if entry.absent is not None:
            absent = {self._value(name) for name in entry.absent if not self._is_skipped(name)}
            unjudged = {info.value for info in self._settings.classes} - present - absent
            if not self._settings.multi_label and present:  # whoever names one of exclusive classes judged all
                unjudged = set()
        return ClassLabel(tuple(present), tuple(unjudged))

    def _boxes(self, case_id: str, entry: ImageBoxes, geometry: Geometry) -> ReadLabel:
        height, width = geometry.shape[1:]
        if entry.size is not None and entry.size != (width, height):
            raise MedOptError(
                "the boxes belong to an image of another size",
                where=f"case {case_id}",
                expected=f"{width}×{height} pixels",
                found="×".join(map(str, entry.size)),
                remedy="Give the boxes of this image, or the image on which they were drawn",
            )
        if not geometry.is_2d and any(isinstance(box, ShareBox) for box in entry.boxes):
            raise MedOptError("boxes of a picture", where=f"case {case_id}", expected="a volume's", found="a picture's")
        told = _Told(case_id)
        kept: list[Box] = []
        for number, drawn in enumerate(entry.boxes, 1):
            if self._is_skipped(drawn.name):
                continue
            value = self._value(drawn.name)
            box = _placed(drawn, value, geometry)
            name = f"box {number} ({self._names.name(value)})"
            if box is None:
                repair = "It was left out; draw it again if it is missed"
                told.add("a box without extent", "two corners apart", name, repair)
                continue
            cut = cut_to_image(box, geometry)
            if cut is None:
                told.add("a box outside the image", "a box within it", name, "It was left out")
                continue
            if cut is not box and _reach(box, cut, geometry) > OVER_THE_EDGE:
                told.add("a box reaches over the edge of the image", "a box within it", name, "It was cut at the edge")
            kept.append(cut)
        boxes, twice = _without_doubles(kept)
        if twice:
            told.add(
                "a box twice", "each box once", f"{twice} more of the same place and class", "One of each was kept"
            )
        there = {box.value for box in boxes}
        unjudged = self._unjudged | {self._value(name) for name in entry.unjudged}
        return ReadLabel(Boxes(tuple(boxes), tuple(sorted(unjudged - there))), told.findings)

    def _is_skipped(self, name: str) -> bool:
        return name.strip().lower() in self._skipped

    def _find(self, name: str) -> int | None:
        classes = self._settings.classes
        if name.startswith("#") and name[1:].isdecimal():
            return classes[int(name[1:])].value if int(name[1:]) < len(classes) else None
        if not name and len(classes) == 1:
            return classes[0].value
        return self._names.find(name, numbered=True)

    def _value(self, name: str) -> int:
        found = self._find(name)
        return self._names.value(name) if found is None else found

    def _refuse_unknown(self, names: Sequence[str]) -> None:
        unknown = [name for name in names if not self._is_skipped(name) and self._find(name) is None]
        if unknown:
            listed = [f"'{name}'{self._names.hint(name)}" for name in unknown[:8]]
            raise MedOptError(
                "annotations of classes that the project does not have",
                where="labels",
                expected=", ".join(info.name for info in self._settings.classes),
                found=", ".join(listed) + (f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""),
                remedy="Add the classes to project.yaml, or leave them out with --skip-class",
            )


class _Told:
    """Findings about one case, one a problem, with all that it is true of."""

    def __init__(self, case_id: str) -> None:
        self._case = case_id
        self._found: dict[tuple[str, str, str], list[str]] = {}

    def add(self, problem: str, expected: str, found: str, repair: str) -> None:
        self._found.setdefault((problem, expected, repair), []).append(found)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(
            Finding(self._case, "warning", problem, expected, _listed(found), repair)
            for (problem, expected, repair), found in self._found.items()
        )


def _listed(found: Sequence[str]) -> str:
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")


def _placed(drawn: GridBox | ShareBox | NamedBox, value: int, geometry: Geometry) -> Box | None:
    """The box in the patient, None for one without extent."""
    if isinstance(drawn, NamedBox):
        return drawn.with_value(value) if min(drawn.size) > 0 else None
    box = drawn.on_slice(geometry.shape[2], geometry.shape[1]) if isinstance(drawn, ShareBox) else drawn
    ends = np.array([box.lower, box.upper])
    if not (ends[1] > ends[0]).all():
        return None
    return Boxes.from_index(ends[None], [value], geometry).boxes[0]


def _reach(box: Box, cut: Box, geometry: Geometry) -> float:
    """How far, in voxels, the cut moved a face; within the slice for an image of one slice."""
    apart = np.abs(Boxes((box,)).to_index(geometry) - Boxes((cut,)).to_index(geometry))[0]
    return float(apart[:, 1:].max() if geometry.is_2d else apart.max())


def _without_doubles(boxes: Sequence[Box]) -> tuple[list[Box], int]:
    kept: dict[tuple[float, ...], Box] = {}
    for box in boxes:
        key = (float(box.value), *np.round(box.center, 3).tolist(), *np.round(box.size, 3).tolist())
        kept.setdefault(key, box)
    return list(kept.values()), len(boxes) - len(kept)
