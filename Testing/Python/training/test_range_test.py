"""The learning-rate range test."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.project import Project, load_split
from medopt.training import propose_recipe
from medopt.training.range_test import learning_rate_range, read_curve

RATES = np.geomspace(1e-6, 1, 120)


def test_a_made_up_curve_is_read_where_it_falls() -> None:
    place = np.log10(RATES)
    falls = 1 / (1 + np.exp(4 * (place + 3)))  # fastest at 1e-3
    rises = np.where(place > -1, 5 * (place + 1), 0)
    found = read_curve(RATES, 1 + falls + rises)
    assert found.steepest == pytest.approx(1e-3, rel=1.5)  # the average comes some steps late
    assert 1e-3 <= found.steepest < 1e-2
    assert found.lowest == pytest.approx(0.1, rel=0.6)
    assert found.suggestion <= found.lowest / 9
    assert found.suggestion <= 2 * found.steepest


@pytest.mark.parametrize("losses", [np.ones(120), np.linspace(1, 3, 120), np.ones(10)])
def test_a_loss_that_never_falls_suggests_nothing(losses: np.ndarray) -> None:
    assert read_curve(RATES[: len(losses)], losses).suggestion is None


def test_losses_that_are_no_numbers_end_the_curve() -> None:
    losses = np.linspace(2, 1, 120)
    losses[80:] = np.nan
    found = read_curve(RATES, losses)
    assert len(found.rates) == len(found.losses) == len(found.smoothed) == 80
    assert found.suggestion is not None


def test_it_learns_from_training_cases_only_and_repeats(
    small_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[str] = set()
    original = Project.read_image
    monkeypatch.setattr(Project, "read_image", lambda self, case: (read.add(case), original(self, case))[1])
    recipe = propose_recipe(small_project, steps=10)
    first = learning_rate_range(small_project, recipe, steps=24)
    assert read <= set(load_split(small_project).train)
    assert len(first.rates) <= 24
    assert first.rates[0] == pytest.approx(1e-6)
    assert min(first.smoothed) < first.smoothed[0]
    again = learning_rate_range(small_project, recipe, steps=24)
    assert again.losses == pytest.approx(first.losses, rel=1e-4)


def test_an_impossible_range_is_refused(small_project: Project) -> None:
    recipe = propose_recipe(small_project, steps=10)
    for wrong in ({"low": 1.0, "high": 0.1}, {"low": 0.0}, {"steps": 5}):
        with pytest.raises(MedOptError, match="this range cannot be tested"):
            learning_rate_range(small_project, recipe, **wrong)
