"""Bins of cases pooled: the error of all voxels, what chance gives, and intervals over subjects."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from medopt.errors import MedOptError
from medopt.metrics import calibration_error, reliability
from medopt.validation import BootstrapSettings
from medopt.validation.mask_calibration import NEAR, MaskBins, calibrate_masks
from medopt.validation.voxel_counts import OVERALL, VoxelBins

SETTINGS = BootstrapSettings(samples=1000)


def voxels(random: np.random.Generator, shift: float, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """What is true, and probabilities that hold but for a shift and a slope of their logit."""
    sure = np.clip(random.beta(0.4, 0.6, int(random.integers(300, 1500))), 1e-6, 1 - 1e-6)
    right = 1 / (1 + np.exp(-(slope * np.log(sure / (1 - sure)) + shift)))
    return random.random(len(sure)) < right, sure


def binned(truth: np.ndarray, sure: np.ndarray) -> VoxelBins:
    table = reliability(truth, sure)
    number, true = (tuple(int(n) for n in part) for part in (table.number, table.true))
    return VoxelBins(number, tuple(table.given.tolist()), true, float(((sure - truth) ** 2).sum()))


def cohort(random: np.random.Generator, subjects: int, bias: float = 0.0, slope: float = 1.0, spread: float = 0.3):
    found = [voxels(random, random.normal(bias, spread), slope) for _ in range(subjects)]
    return found, [MaskBins(f"c{n}", f"s{n}", "liver", binned(*one)) for n, one in enumerate(found)]


def test_the_figures_are_those_of_all_voxels_at_once() -> None:
    found, cases = cohort(np.random.default_rng(1), 12, bias=-0.4, slope=0.6)
    truth, sure = (np.concatenate(part) for part in zip(*found, strict=True))
    calibration = calibrate_masks(cases, ["liver", "spleen"], SETTINGS)
    assert calibration.structures == ("liver",)
    error, brier = (calibration.row("liver", metric) for metric in ("ece", "brier"))
    assert error.estimate == pytest.approx(calibration_error(reliability(truth, sure)))
    assert brier.estimate == pytest.approx(brier_score_loss(truth, sure))
    assert (error.n, error.n_subjects) == (12, 12)
    table = reliability(truth, sure)
    for point, share, given in zip(calibration.points["liver"], table.share_true, table.mean_given, strict=True):
        assert (point.true.estimate, point.given) == pytest.approx((share, given))
        assert point.true.low < share < point.true.high
    assert sum(point.voxels for point in calibration.points["liver"]) == len(sure)
    assert cases[0].values["ece"] == pytest.approx(calibration_error(reliability(*found[0])))
    with pytest.raises(MedOptError, match=r"not measured.*spleen/ece|spleen/ece.*not measured"):
        calibration.row("spleen", "ece")


def test_right_probabilities_stay_below_the_limit() -> None:
    random = np.random.default_rng(5)
    right = [calibrate_masks(cohort(random, 20, spread=0.0)[1], ["liver"], SETTINGS) for _ in range(60)]
    rows = [one.row("liver", "ece") for one in right]
    assert sum(row.estimate > row.by_chance for row in rows) <= 8  # 3 are expected; more than 8 in 1 of 250 times
    assert {row.note for row in rows} == {NEAR}


def test_wrong_ones_lie_above_it_with_an_interval_that_holds_the_truth() -> None:
    random = np.random.default_rng(9)
    sure = np.clip(random.beta(0.4, 0.6, 1_000_000), 1e-6, 1 - 1e-6)
    really = 1 / (1 + np.exp(-(0.5 * np.log(sure / (1 - sure)) + random.normal(-0.6, 0.3, len(sure)))))
    known = calibration_error(reliability(random.random(len(sure)) < really, sure))
    wrong = [calibrate_masks(cohort(random, 20, -0.6, 0.5)[1], ["liver"], SETTINGS) for _ in range(60)]
    rows = [one.row("liver", "ece") for one in wrong]
    assert all(row.estimate > row.by_chance for row in rows)
    assert sum(row.low is not None and row.low <= known <= row.high for row in rows) >= 50


def test_cases_of_one_subject_are_drawn_together() -> None:
    _, cases = cohort(np.random.default_rng(2), 24, bias=-0.5, slope=0.5, spread=1.0)
    apart = calibrate_masks(cases, ["liver"], SETTINGS).row("liver", "brier")
    alike = sorted(cases, key=lambda case: case.values["brier"])
    same = [MaskBins(c.case, f"s{n // 4}", c.structure, c.bins) for n, c in enumerate(alike)]
    together = calibrate_masks(same, ["liver"], SETTINGS).row("liver", "brier")
    assert together.estimate == pytest.approx(apart.estimate)
    assert together.high - together.low > 1.3 * (apart.high - apart.low)


def test_few_subjects_get_no_interval_and_no_limit() -> None:
    _, cases = cohort(np.random.default_rng(3), 4, bias=-1)
    calibration = calibrate_masks(cases, ["liver"], SETTINGS)
    error, brier = calibration.summary
    why = "too few subjects for an interval: expected at least 5, found 4"
    assert (error.low, error.by_chance, error.note, brier.note) == (None, None, why, why)
    assert {point.true.refused for point in calibration.points["liver"]} == {why}


def test_all_structures_together_come_last_and_no_case_gives_nothing() -> None:
    _, cases = cohort(np.random.default_rng(4), 6)
    overall = [MaskBins(c.case, c.subject, OVERALL, c.bins) for c in cases]
    assert calibrate_masks([*overall, *cases], ["liver"], SETTINGS).structures == ("liver", OVERALL)
    nothing = calibrate_masks([], ["liver"], SETTINGS, {"c1": "the label cannot be read"})
    assert (nothing.structures, nothing.summary) == ((), ())
    assert nothing.without == {"c1": "the label cannot be read"}
