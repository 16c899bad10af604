"""Rows of numpy arrays as cases: data sets such as MedMNIST."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import ClassLabel, Geometry, Image
from medopt.io.annotations import ArrayPart, read_arrays
from medopt.project.images import content_sha256
from medopt.project.intake import LabelSource, Loaded, ReadLabel, Source
from medopt.project.project import Project


def array_sources(project: Project, path: Path, attributes: Mapping[str, str] | None = None) -> list[Source]:
    """A source for each row of the arrays of images, named ``train-00001`` …; each is a subject of its own.

    Rows are (height, width) or (depth, height, width), with the project's channels last if it has several; voxels
    of 1 mm. Labels count in projects of classification: numbers of classes from 0, in the order of the project, or a
    row of 0 and 1. The part of the published split, if the array's name tells it, becomes the attribute ``split``.

    Raises MedOptError for arrays of another shape, and for more classes than the project has.
    """
    parts = read_arrays(path)
    sources = []
    for part in parts:
        labels = _labels(project, part, path)
        split = {"split": part.split} if part.split else {}
        digits = max(5, len(str(len(part.images))))
        for row in range(len(part.images)):
            reader = _RowReader(part.images, row, len(project.settings.channels), path.name)
            label = None if labels is None else _label_source(labels[row])
            name = f"{part.name or 'case'}-{row + 1:0{digits}d}"
            digest = content_sha256(np.asarray(part.images[row]))
            told = {**split, **(attributes or {})}
            sources.append(Source(name, name, digest, reader, (), label, told, about=f"row {row} of {path.name}"))
    return sources


@dataclass(frozen=True, eq=False)
class _RowReader:
    images: NDArray
    row: int
    channels: int
    where: str

    def __call__(self) -> Loaded:
        array = np.asarray(self.images[self.row])
        last = self.channels > 1 or (array.ndim == 3 and array.shape[-1] == 1)
        if array.ndim not in ((3, 4) if last else (2, 3)) or (last and array.shape[-1] != self.channels):
            axes = "(height, width) or (depth, height, width)"
            raise MedOptError(
                "the images have another shape",
                where=self.where,
                expected=f"{axes}{f', and {self.channels} channels last' if self.channels > 1 else ''}",
                found=f"{array.shape}",
                remedy="Make a project with as many channels as the images have",
            )
        values = np.moveaxis(array, -1, 0) if last else array[None]
        shape = (1, *values.shape[1:])[-3:]
        return Loaded(Image(np.ascontiguousarray(values).reshape(len(values), *shape), Geometry(shape)))


def _labels(project: Project, part: ArrayPart, path: Path) -> list[ClassLabel] | None:
    """The label of each row; None without labels and in projects of another task."""
    if part.labels is None or project.settings.task != "classification":
        return None
    values = [info.value for info in project.settings.classes]
    several = part.labels.ndim == 2
    count = part.labels.shape[1] if several else int(part.labels.max(initial=0)) + 1
    if count > len(values) or part.labels.min(initial=0) < 0 or (several and part.labels.max(initial=0) > 1):
        raise MedOptError(
            "the labels do not fit the classes of the project",
            where=f"{path}, {part.name}_labels",
            expected=f"{len(values)} classes, counted from 0",
            found=f"{count} classes, numbers from {part.labels.min(initial=0)} to {part.labels.max(initial=0)}",
            remedy="Make a project with all classes, in the order of their numbers",
        )
    if several:
        return [ClassLabel(tuple(values[n] for n in np.flatnonzero(row))) for row in part.labels]
    return [ClassLabel((values[int(number)],)) for number in part.labels]


def _label_source(label: ClassLabel) -> LabelSource:
    return LabelSource(hashlib.sha256(repr(label).encode()).hexdigest(), lambda _: ReadLabel(label))
