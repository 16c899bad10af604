"""What the catalogue knows of a project: no file of an image or a label is opened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from medopt.errors import MedOptError
from medopt.project import Case, ClassInfo, Project, Split, load_split
from medopt.project.schema import CHANNELS
from medopt.project.splitting import split_path


@dataclass(frozen=True, eq=False)
class ProjectFacts:
    """Facts of the cases that a training would see.

    Parameters
    ----------
    task, classes, channels : as project.yaml has them
    multi_label : whether an image may show several classes (classification)
    training : labelled cases of the training part; without a split all that are labelled and not flagged
    validation : cases of the validation part
    split : None when there is none yet
    subjects : subject of each labelled case
    sites : site of each labelled case that has one
    held : class values in the label of each training and validation case
    duplicates : groups of cases whose images are equal voxel by voxel
    """

    task: str
    classes: tuple[ClassInfo, ...]
    channels: tuple[str, ...]
    multi_label: bool
    training: tuple[Case, ...]
    validation: tuple[Case, ...]
    split: Split | None
    subjects: Mapping[str, str]
    sites: Mapping[str, str]
    held: Mapping[str, tuple[int, ...]]
    duplicates: tuple[tuple[str, ...], ...]

    @property
    def part(self) -> str:
        """Which cases were looked at, in words."""
        return "the training part" if self.split else "all labelled cases (there is no split yet)"

    @property
    def training_subjects(self) -> int:
        """Subjects of the training cases."""
        return len({case.subject for case in self.training})

    @property
    def all_subjects(self) -> int:
        """Subjects of all labelled cases, the sealed ones included."""
        return len(set(self.subjects.values()))

    @property
    def spacings(self) -> NDArray[np.float64]:
        """(cases, 3) mm along (k, j, i)."""
        return np.array([case.geometry.spacing for case in self.training])

    @property
    def shapes(self) -> NDArray[np.int64]:
        """(cases, 3) voxels along (k, j, i)."""
        return np.array([case.geometry.shape for case in self.training])

    @property
    def dims(self) -> int:
        """2 when the median image has one slice, else 3."""
        return 2 if np.median(self.shapes[:, 0]) == 1 else 3

    @property
    def modality(self) -> str:
        """What the headers of at least half of the training cases say, such as "CT"; "" when they say nothing."""
        found = Counter(case.attributes.get("modality", "").upper() for case in self.training)
        name, count = found.most_common(1)[0]
        return name if 2 * count >= len(self.training) else ""

    def class_cases(self) -> dict[int, int]:
        """Training cases that hold each class, by its value."""
        found = Counter(value for case in self.training for value in set(self.held.get(case.id, ())))
        return {info.value: found[info.value] for info in self.classes}


def look_at_catalogue(project: Project, split: Split | None = None) -> ProjectFacts:
    """The facts of a project; raises MedOptError without a labelled case, and for a split that cannot be used.

    ``split`` stands in for the project's own.
    """
    cases = {case.id: case for case in project.cases() if case.labelled}
    if not cases:
        raise MedOptError(
            "there is nothing to learn from", where=project.folder, expected="labelled cases", remedy="Label some cases"
        )
    split = split or _split(project)
    if split is None:
        training = [case for case in cases.values() if case.state != "flagged"] or list(cases.values())
        validation: list[Case] = []
    else:
        training = [cases[name] for name in split.train if name in cases]
        validation = [cases[name] for name in split.validation if name in cases]
    if not training:
        raise MedOptError(
            "the training part of the split holds no labelled case", where=project.folder, expected="labelled cases"
        )
    settings = project.settings
    values = project.label_values()
    return ProjectFacts(
        task=settings.task,
        classes=tuple(settings.classes),
        channels=tuple(settings.channels),
        multi_label=bool(getattr(settings, "multi_label", False)),
        training=tuple(training),
        validation=tuple(validation),
        split=split,
        subjects={case.id: case.subject for case in cases.values()},
        sites={case.id: case.attributes["site"] for case in cases.values() if case.attributes.get("site")},
        held={case.id: values.get(case.id, ()) for case in (*training, *validation)},
        duplicates=_duplicates(project, list(cases)),
    )


def _split(project: Project) -> Split | None:
    try:
        return load_split(project)
    except MedOptError:
        if split_path(project).is_file():  # damaged: cases of its test part must not be looked at
            raise
        return None


def _duplicates(project: Project, cases: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of labelled cases whose channels have equal voxels."""
    query = select(CHANNELS.c.case_id, CHANNELS.c.content_sha256).order_by(CHANNELS.c.case_id, CHANNELS.c.position)
    hashes: dict[str, list[str]] = defaultdict(list)
    with project.catalogue.read() as connection:
        for row in connection.execute(query):
            hashes[row.case_id].append(row.content_sha256)
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for case in cases:
        groups[tuple(hashes[case])].append(case)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
