"""Distances of images, grids by anatomical axis, and relations, against closed forms and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr, wasserstein_distance

from medopt.image import Geometry, Image
from medopt.preprocess import Pipeline
from medopt.validation.external.profile import LEVELS, CaseProfile, grid_facts, profile_case
from medopt.validation.external.shift import (
    distances,
    grid_shifts,
    intensity_shifts,
    orientation_shift,
    relations,
)


def profile(name: str, values: np.ndarray, spacing: float = 1.0, code: str = "LPS") -> CaseProfile:
    quantiles = np.quantile(values, LEVELS)[None]
    return CaseProfile(name, name, quantiles, {"R-L": spacing}, {"R-L": 10 * spacing}, code)


def test_the_distance_is_wasserstein_s(rng: np.random.Generator) -> None:
    a, b = rng.normal(0, 1, 20_000), rng.normal(0.7, 1.5, 20_000)
    found = distances(np.quantile(a, LEVELS)[None], np.quantile(b, LEVELS))[0]
    assert found == pytest.approx(wasserstein_distance(a, b), rel=0.02)


@given(st.floats(-5, 5), st.integers(0, 1000))
def test_a_constant_added_is_a_distance_of_that_size(added: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(0, 1, 500)
    found = distances(np.quantile(values + added, LEVELS)[None], np.quantile(values, LEVELS))[0]
    assert found == pytest.approx(abs(added), abs=1e-9)


def test_images_as_in_training_are_usual_and_others_are_beyond(rng: np.random.Generator) -> None:
    training = [profile(f"t{n}", rng.normal(rng.normal(0, 0.1), 1, 2000)) for n in range(30)]
    alike = [profile(f"a{n}", rng.normal(rng.normal(0, 0.1), 1, 2000)) for n in range(20)]
    brighter = [profile(f"b{n}", rng.normal(2, 1, 2000)) for n in range(20)]
    (same,) = intensity_shifts(training, alike, ["MR"])
    assert same.beyond is not None
    assert same.beyond <= 4
    assert same.words.startswith("The intensities are as in training")
    (other,) = intensity_shifts(training, brighter, ["MR"])
    assert other.distance == pytest.approx(2, abs=0.1)
    assert other.low is not None
    assert other.low < other.distance < other.high
    assert other.beyond == 20
    assert intensity_shifts([], brighter, ["MR"]) == ()


def test_too_few_training_cases_are_no_measure(rng: np.random.Generator) -> None:
    few = [profile(f"t{n}", rng.normal(0, 1, 500)) for n in range(4)]
    (shift,) = intensity_shifts(few, few, ["MR"])
    assert shift.usual is None
    assert shift.low is None  # and four external subjects get no interval
    assert "too few training cases" in shift.words


def test_grids_are_told_by_anatomy_however_the_array_lies() -> None:
    sagittal = Geometry((5, 6, 7), (3.0, 1.0, 0.5), (0, 0, 0), ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)))
    spacing, extent, code = grid_facts(sagittal)
    assert spacing == {"A-P": 0.5, "S-I": 1.0, "R-L": 3.0}
    assert extent == {"A-P": 3.5, "S-I": 6.0, "R-L": 15.0}
    assert code == "PIL"
    assert grid_facts(Geometry((5, 6, 7)))[2] == "LPS"
    flat = grid_facts(Geometry((1, 6, 7), (5.0, 1.0, 1.0)))[0]
    assert set(flat) == {"R-L", "A-P"}  # the thickness of a single slice is no spacing


def test_spacing_out_of_range_is_counted_and_rounding_is_not(rng: np.random.Generator) -> None:
    training = [profile(f"t{n}", rng.normal(0, 1, 100)) for n in range(6)]
    near = [profile("a", rng.normal(0, 1, 100), 1.004)]
    thick = [profile(f"b{n}", rng.normal(0, 1, 100), 2.5) for n in range(3)]
    assert [row.outside for row in grid_shifts(training, near)] == [0, 0]
    spacing, extent = grid_shifts(training, [*near, *thick])
    assert (spacing.outside, extent.outside) == (3, 3)
    assert spacing.external == (2.5, 1.004, 2.5)
    assert "2.5 times coarser" in spacing.words


def test_directions_that_training_never_had_are_named(rng: np.random.Generator) -> None:
    training = [profile("t", rng.normal(0, 1, 100))]
    assert orientation_shift(training, training).words.endswith("as in training.")  # type: ignore[union-attr]
    other = orientation_shift(training, [profile("a", rng.normal(0, 1, 100), code="RAS")])
    assert other is not None
    assert "RAS (1 cases)" in other.words
    assert orientation_shift([], training) is None


def test_relations_are_spearman_s_over_subjects(rng: np.random.Generator) -> None:
    training = [profile(f"t{n}", rng.normal(0, 1, 500)) for n in range(10)]
    shifts = rng.uniform(0, 3, 25)
    external = [profile(f"e{n}", rng.normal(0, 1, 500) + shift) for n, shift in enumerate(shifts)]
    scores = {f"e{n}": 0.9 - 0.1 * shift + rng.normal(0, 0.05) for n, shift in enumerate(shifts)}
    (found,) = relations(scores, training, external)
    middle = np.mean([p.quantiles for p in training], axis=0)
    away = [np.abs(p.quantiles - middle).mean() for p in external]
    rho, p = spearmanr([scores[f"e{n}"] for n in range(25)], away)
    assert (found.rho, found.p) == (pytest.approx(rho), pytest.approx(p, rel=1e-6))
    assert found.low < found.rho < found.high < 0
    assert found.n == 25
    assert "the lower the score" in found.words
    assert relations({f"e{n}": 0.5 + n for n in range(9)}, training, external) == ()  # nine are too few


def test_a_profile_is_of_the_prepared_image() -> None:
    image = Image(np.arange(4 * 5 * 6, dtype=np.int16).reshape(1, 4, 5, 6), Geometry((4, 5, 6)))
    found = profile_case("a", "s", image, Pipeline([]))
    np.testing.assert_allclose(found.quantiles[0], np.quantile(np.arange(120), LEVELS))
