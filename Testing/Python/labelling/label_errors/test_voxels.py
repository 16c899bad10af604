"""Planted errors of a made-up cohort are found first; the parts against brute force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, gaussian_filter

from medopt.image import Geometry
from medopt.labelling.label_errors import LabelQuality, soft_minimum, suspect_low, voxel_quality
from medopt.synthetic import make_case

NAMES = ("Anterior", "Posterior")
CASES = 16


@dataclass(frozen=True)
class Scan:
    """A label, and what a model that is good but not perfect says of the image."""

    target: np.ndarray
    probabilities: np.ndarray
    grid: Geometry


@pytest.fixture(scope="module")
def cohort() -> list[Scan]:
    """Made-up scans with probabilities blurred from a truth that is shifted by up to a voxel, in noise."""
    numbers = np.random.default_rng(5)
    scans = []
    for seed in range(CASES):
        image, label = make_case(seed)
        shift = tuple(int(n) for n in numbers.integers(-1, 2, 3))
        truth = np.roll(label.array, shift, (0, 1, 2))
        parts = np.stack([gaussian_filter((truth == v).astype(float), 1.2) for v in range(3)])
        parts *= numbers.uniform(0.8, 1.25, parts.shape)
        scans.append(Scan(label.array.copy(), (parts / parts.sum(axis=0)).astype(np.float32), image.geometry))
    return scans


def missing(target: np.ndarray) -> np.ndarray:
    return np.where(target == 1, 0, target)


def swapped(target: np.ndarray) -> np.ndarray:
    return np.where(target == 1, 2, np.where(target == 2, 1, 0))


def shifted(target: np.ndarray) -> np.ndarray:
    return np.roll(target, 6, axis=1)


def halved(target: np.ndarray) -> np.ndarray:
    columns = np.flatnonzero((target == 2).any(axis=(0, 1)))
    half = target.copy()
    half[:, :, columns[len(columns) // 2] :][half[:, :, columns[len(columns) // 2] :] == 2] = 0
    return half


def spilled(target: np.ndarray) -> np.ndarray:
    grown = binary_dilation(target == 1, iterations=4) & (target == 0)
    return np.where(grown, 1, target)


PLANTED = {2: missing, 5: swapped, 7: shifted, 11: halved, 14: spilled}


def ranked(cohort: list[Scan], planted: dict) -> tuple[list[int], list[LabelQuality]]:
    qualities = [
        voxel_quality(s.probabilities, planted.get(n, np.copy)(s.target).astype(np.uint8), s.grid, NAMES)
        for n, s in enumerate(cohort)
    ]
    return sorted(range(len(cohort)), key=lambda n: qualities[n].score), qualities


def test_planted_errors_are_ranked_first_and_suspected(cohort: list[Scan]) -> None:
    order, qualities = ranked(cohort, PLANTED)
    assert set(order[: len(PLANTED)]) == set(PLANTED)
    flagged = suspect_low([quality.score for quality in qualities])
    assert {n for n, flag in enumerate(flagged) if flag} == set(PLANTED) - {11}  # a half is missed, though ranked next
    assert ranked(cohort, PLANTED) == (order, qualities)


@pytest.mark.parametrize("error", PLANTED.values(), ids=lambda f: f.__name__)
def test_a_single_error_of_each_kind_is_first_and_its_place_is_told(cohort: list[Scan], error) -> None:
    order, qualities = ranked(cohort, {9: error})
    assert order[0] == 9
    scan, worst = cohort[9], qualities[9]
    wrong = error(scan.target) != scan.target
    assert worst.place is not None
    index = tuple(int(n) for n in np.rint(scan.grid.lps_to_index(worst.place)))
    assert binary_dilation(wrong, iterations=2)[index]
    assert " ml, mostly labelled " in worst.reason


def test_the_right_class_is_blamed(cohort: list[Scan]) -> None:
    _, qualities = ranked(cohort, {3: missing, 4: halved})
    scores = {n: {one.structure: one.score for one in qualities[n].by_class} for n in (2, 3, 4)}
    assert scores[3]["Anterior"] < scores[3]["Posterior"]
    assert scores[4]["Posterior"] < scores[4]["Anterior"]
    assert scores[3]["Anterior"] < scores[2]["Anterior"]
    assert "labelled background, where the model says Anterior" in qualities[3].reason


def test_without_errors_nothing_is_suspected(cohort: list[Scan]) -> None:
    _, qualities = ranked(cohort, {})
    assert not any(suspect_low([quality.score for quality in qualities]))


GRID = Geometry((3, 4, 5), (2.0, 1.0, 1.0))


def test_scores_are_soft_minima_of_the_labelled_probability(rng: np.random.Generator) -> None:
    probabilities = rng.dirichlet([1, 1, 1], GRID.shape).transpose(3, 0, 1, 2)
    target = rng.integers(0, 3, GRID.shape).astype(np.uint8)
    target[0, 0] = 255
    found = voxel_quality(probabilities, target, GRID, NAMES, temperature=0.2)
    labelled = [
        (probabilities[(target[v], *v)], target[v], probabilities[(slice(None), *v)].argmax())
        for v in np.ndindex(GRID.shape)
        if target[v] != 255
    ]
    assert found.score == pytest.approx(soft_minimum([p for p, _, _ in labelled], 0.2), rel=1e-5)
    for index, one in enumerate(found.by_class, start=1):
        own = [p for p, is_labelled, said in labelled if index in (is_labelled, said)]
        assert one.score == pytest.approx(soft_minimum(own, 0.2), rel=1e-5)


def test_a_class_that_nobody_looked_for_may_hide_in_the_background() -> None:
    probabilities = np.zeros((3, *GRID.shape), np.float32)
    probabilities[0], probabilities[2, 1] = 1, 1
    probabilities[0, 1] = 0
    nothing = np.zeros(GRID.shape, np.uint8)
    blamed = voxel_quality(probabilities, nothing, GRID, NAMES)
    assert blamed.score < 0.01
    assert blamed.reason == "0.04 ml, mostly labelled background, where the model says Posterior"
    free = voxel_quality(probabilities, nothing, GRID, NAMES, judged=np.array([True, False]))
    assert (free.score, free.reason, free.place, free.by_class) == (1.0, "", None, ())


def test_the_reason_tells_the_commonest_difference_of_a_region() -> None:
    target = np.zeros(GRID.shape, np.uint8)
    target[1, :, :3] = 1
    said = np.zeros(GRID.shape, int)
    said[1, :, :2], said[1, :, 3:] = 2, 1  # 8 voxels 1 → 2, 4 voxels 1 → 0, 8 voxels 0 → 1, all in one region
    said[1, 0, 4] = 0
    probabilities = np.eye(3)[said].transpose(3, 0, 1, 2)
    found = voxel_quality(probabilities, target, GRID, NAMES)
    assert found.reason == "0.038 ml, mostly labelled Anterior, where the model says Posterior"
    assert found.place is not None
    assert np.rint(GRID.lps_to_index(found.place)).tolist()[0] == 1


def test_what_is_unusually_low() -> None:
    usual = [0.5, 0.52, 0.48, 0.51, 0.5, 0.49, 0.53]
    assert suspect_low([*usual, 0.2]) == [False] * 7 + [True]
    assert suspect_low([*usual[:6], 0.2]) == [False] * 7  # too few to say what is usual
    assert suspect_low([0.5] * 8 + [0.48]) == [False] * 9
