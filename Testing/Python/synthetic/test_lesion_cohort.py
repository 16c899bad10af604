"""Made-up cohorts of detection and classification: a project takes them in as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt.files import file_sha256
from medopt.project import ClassInfo, Project, check_project, import_folder, make_split
from medopt.synthetic import FINDINGS, LESIONS, SUBJECT_PATTERN, Structure, write_box_cohort, write_class_cohort


def project(folder: Path, task: str, structures: tuple[Structure, ...], **more: object) -> Project:
    classes = [ClassInfo(value=s.value, name=s.name, color=s.color) for s in structures]
    return Project.create(folder / "project", name="x", classes=classes, task=task, **more)


@pytest.mark.parametrize("flat", [False, True])
def test_boxes_are_imported_and_split(tmp_path: Path, flat: bool) -> None:
    cohort = write_box_cohort(tmp_path / "data", subjects=8, flat=flat)
    made = project(tmp_path, "detection", LESIONS)
    summary = import_folder(made, cohort.images, cohort.labels, subject_pattern=SUBJECT_PATTERN)
    assert (len(summary.labelled), summary.left_out) == (10, ())
    assert len({case.subject for case in made.cases()}) == 8
    assert sum(len(made.read_label(case.id)) for case in cohort.cases) > 10
    assert [finding for finding in check_project(made) if finding.severity == "error"] == []
    split = make_split(made, test=0.25, validation=0.25)
    assert len(split.subjects["test"]) == 2
    again = write_box_cohort(tmp_path / "again", subjects=8, flat=flat)
    for one, other in zip(cohort.cases, again.cases, strict=True):
        assert (file_sha256(one.image), file_sha256(one.label)) == (file_sha256(other.image), file_sha256(other.label))


def test_exclusive_classes_are_even(tmp_path: Path) -> None:
    cohort = write_class_cohort(tmp_path / "data", subjects=9)
    made = project(tmp_path, "classification", FINDINGS)
    summary = import_folder(made, cohort.images, cohort.labels, subject_pattern=SUBJECT_PATTERN)
    assert len(summary.labelled) == len(cohort.cases) == 11
    values = made.label_values()
    by_subject = {case.subject: values[case.id] for case in made.cases()}
    assert sorted(by_subject.values()) == [(1,)] * 3 + [(2,)] * 3 + [(3,)] * 3


def test_several_classes_at_once(tmp_path: Path) -> None:
    cohort = write_class_cohort(tmp_path / "data", subjects=12, several=True)
    made = project(tmp_path, "classification", LESIONS, multi_label=True)
    import_folder(made, cohort.images, cohort.labels)
    seen = set(made.label_values().values())
    assert seen >= {(1,), (1, 2)}
    assert all(made.read_label(case.id).unjudged == () for case in cohort.cases)
    assert made.read_image(cohort.cases[0].id).array.dtype == np.int16
