"""Sensitivity at rates of false boxes: the FROC curve of the metrics room, and its mean that of the summary."""

from __future__ import annotations

import numpy as np
import pytest
from results_made import detected

from medopt.metrics.froc import LUNA_RATES
from medopt.validation.box_rates import sensitivities


def test_the_mean_over_rates_is_the_froc_score() -> None:
    results = detected(24)
    rows = sensitivities(results)
    for structure in results.structures:
        own = [row for row in rows if row.structure == structure.name]
        assert [row.rate for row in own] == list(LUNA_RATES)
        assert np.mean([row.found.estimate for row in own]) == pytest.approx(
            results.row(structure.name, "froc").estimate
        )
        one = own[3]
        assert one.found.estimate == pytest.approx(results.row(structure.name, "sensitivity_fp1").estimate)
        assert one.boxes == results.row(structure.name, "froc").n_boxes
        assert all(row.found.low <= row.found.estimate <= row.found.high for row in own)
        assert [row.found.estimate for row in own] == sorted(row.found.estimate for row in own)


def test_few_subjects_have_no_interval_and_a_class_without_boxes_no_row() -> None:
    rows = sensitivities(detected(4))
    assert {row.found.low for row in rows} == {None}
    assert all("too few subjects" in row.found.refused for row in rows)
    results = detected(1)
    assert {row.structure for row in sensitivities(results)} == {"well"}
