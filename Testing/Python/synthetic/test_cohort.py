"""A made-up cohort on disk: named by subject, readable, the same again."""

from __future__ import annotations

import re

import numpy as np
import pytest

from medopt import MedOptError
from medopt.events import Collector
from medopt.files import file_sha256
from medopt.io import read_image, read_label_map, read_segmentation
from medopt.synthetic import STRUCTURES, SUBJECT_PATTERN, make_case, write_cohort


def test_files_are_written_read_back_and_repeat_to_the_byte(tmp_path) -> None:
    reporter = Collector()
    first = write_cohort(tmp_path / "a", subjects=4, seed=5, reporter=reporter)
    second = write_cohort(tmp_path / "b", subjects=4, seed=5)
    assert first.subjects == ("sub-001", "sub-002", "sub-003", "sub-004")
    assert len(first.cases) == 5  # one subject in four has two scans
    for one, other in zip(first.cases, second.cases, strict=True):
        assert re.match(SUBJECT_PATTERN, one.id).group(1) == one.subject
        assert one.image == tmp_path / "a" / "images" / f"{one.id}.nrrd"
        assert file_sha256(one.image) == file_sha256(other.image)
        assert file_sha256(one.label) == file_sha256(other.label)
        image, label = read_image(one.image), read_label_map(one.label)
        assert image.geometry.is_close(label.geometry)
        assert label.values() == [s.value for s in STRUCTURES]
    assert reporter.events[-1]["done"] == 5
    assert {path.name for path in first.images.iterdir()} == {f"{case.id}.nrrd" for case in first.cases}


def test_labels_as_segmentations_keep_names_and_colours(tmp_path) -> None:
    cohort = write_cohort(tmp_path, subjects=1, labels="seg.nrrd")
    segmentation = read_segmentation(cohort.cases[0].label)
    assert [s.name for s in segmentation.segments] == ["Anterior", "Posterior"]
    assert segmentation.segments[0].color == pytest.approx((0xE6 / 255, 0x9F / 255, 0.0), abs=1e-6)
    values = {s.name: s.value for s in STRUCTURES}
    assert segmentation.to_label_map(values).values() == [1, 2]


def test_another_seed_gives_other_subjects(tmp_path) -> None:
    first = write_cohort(tmp_path / "a", subjects=1, seed=1)
    second = write_cohort(tmp_path / "b", subjects=1, seed=2)
    assert file_sha256(first.cases[0].image) != file_sha256(second.cases[0].image)


def test_scan_one_is_make_case(tmp_path) -> None:
    cohort = write_cohort(tmp_path, subjects=2, seed=9)
    seed = int(np.random.default_rng([9, 2]).choice(2**31, size=2, replace=False)[0])
    image, _ = make_case(seed)
    assert np.array_equal(read_image(cohort.cases[0].image).array, image.array)


def test_no_subjects_is_refused(tmp_path) -> None:
    with pytest.raises(MedOptError, match="expected at least 1 subject, found 0"):
        write_cohort(tmp_path, subjects=0)
