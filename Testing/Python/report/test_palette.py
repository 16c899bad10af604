"""Colours that everyone can tell apart, on light and on dark paper."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from medopt.report.palette import look

# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB: protanopia and deuteranopia
_BLIND = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def _linear(color: str) -> np.ndarray:
    values = np.array([int(color[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _luminance(color: str) -> float:
    return float(_linear(color) @ (0.2126, 0.7152, 0.0722))


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(linear, 0, 1) / (0.9505, 1.0, 1.089)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("paper", ["#fdfdfe", "#14181c"])
def test_every_colour_stands_out_from_the_paper(paper: str) -> None:
    for position in range(8):
        a, b = sorted((_luminance(look(position).color), _luminance(paper)))
        assert (b + 0.05) / (a + 0.05) >= 2.7, position


@pytest.mark.parametrize("vision", list(_BLIND))
def test_the_first_structures_differ_for_colour_blind_readers(vision: str) -> None:
    seen = [_lab(_BLIND[vision] @ _linear(look(position).color)) for position in range(3)]
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(one - other) > 20


def test_looks_differ_and_come_round_with_another_marker() -> None:
    looks = [look(position) for position in range(16)]
    assert len(set(looks)) == 16
    assert looks[0].color == looks[8].color
