"""Elastic deformation."""

import numpy as np
import pytest
from scipy import ndimage

from medopt import MedOptError
from medopt.augment import AugmentSettings
from medopt.augment.elastic import Elastic, displacement_at, displacement_weights
from medopt.augment.technique import Frame


def test_the_field_is_a_cubic_spline_in_mm(frame: Frame) -> None:
    drawn = Elastic(spacing=6, magnitude=2).parameters(np.random.default_rng(3), frame)
    field, weights = displacement_weights(drawn, frame)
    ours = np.einsum("xabc,ka,jb,ic->xkji", field, *weights)
    # oracle: scipy evaluates cubic B-splines of given coefficients; positions are mm from the centre over 6 mm
    index = np.stack(np.meshgrid(*map(np.arange, frame.shape), indexing="ij"))
    half = (np.asarray(frame.shape) - 1).reshape(3, 1, 1, 1) / 2
    middle = (np.asarray(field.shape[1:]) - 1).reshape(3, 1, 1, 1) / 2
    at = (index - half) * np.asarray(frame.spacing).reshape(3, 1, 1, 1) / 6 + middle
    oracle = [ndimage.map_coordinates(f, at, order=3, prefilter=False, mode="nearest") for f in field]
    assert at.min() >= 1
    assert np.allclose(ours, oracle, atol=1e-6)
    points = index.reshape(3, -1).T.astype(float)
    assert np.allclose(displacement_at(drawn, frame, points), ours.reshape(3, -1).T)


def test_nothing_moves_further_than_the_magnitude(frame: Frame) -> None:
    field, weights = displacement_weights(
        Elastic(spacing=6, magnitude=2).parameters(np.random.default_rng(3), frame), frame
    )
    moved = np.einsum("xabc,ka,jb,ic->xkji", field, *weights)
    assert 0.5 < np.abs(moved).max() <= 2


def test_the_strongest_allowed_deformation_does_not_fold() -> None:
    frame = Frame((24, 24, 24), (1.0, 1.0, 1.0))
    for seed in range(5):
        drawn = Elastic(spacing=8, magnitude=3.2).parameters(np.random.default_rng(seed), frame)
        drawn["field"] = (3.2 * np.sign(drawn["field"])).tolist()  # every control point at its limit
        field, weights = displacement_weights(drawn, frame)
        moved = np.einsum("xabc,ka,jb,ic->xkji", field, *weights)
        gradient = np.stack([np.stack(np.gradient(m), -1) for m in moved], -2) + np.eye(3)
        assert np.linalg.det(gradient).min() > 0


def test_one_slice_moves_in_its_plane() -> None:
    field = np.asarray(Elastic().parameters(np.random.default_rng(3), Frame((1, 40, 40), (5, 1, 1)))["field"])
    assert field.shape[1] == 1
    assert not field[0].any()
    assert field[1:].any()


def test_folding_settings_are_refused() -> None:
    with pytest.raises(MedOptError, match=r"magnitude \(5 mm\) must not exceed 0.4 of the control spacing \(10 mm\)"):
        AugmentSettings.parse({"techniques": [{"technique": "elastic", "spacing": 10, "magnitude": 5}]}, "recipe.yaml")
