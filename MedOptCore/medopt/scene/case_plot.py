"""The chart of one figure case by case: a point a case in a column a structure, over its box of quartiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from medopt.scene.plots import PALETTE, Chart, Series

_HALF_WIDTH = 0.3
"""Half the width of a box; columns stand 1 apart."""
_GOLDEN = (math.sqrt(5) - 1) / 2
"""Successive multiples, modulo 1, spread points evenly without a random number."""


def case_chart(
    title: str, y_title: str, values: Mapping[str, Mapping[str, float | None]], colors: Mapping[str, str] | None = None
) -> Chart:
    """One column of points a structure, at x = 1, 2 …, over a box from lower to upper quartile and a median line.

    Each point carries its case id as label, so that a click in the plot finds the case. Cases whose value is None,
    NaN or infinite are left out; the legend says how many count. A structure without values keeps its column.
    Quartiles are those of numpy's default, linear interpolation.

    Parameters
    ----------
    values : structure -> case id -> value, in the unit that ``y_title`` names
    colors : structure -> ``"#rrggbb"``; others take the palette's
    """
    series: list[Series] = []
    for number, (structure, by_case) in enumerate(values.items(), 1):
        color = (colors or {}).get(structure) or PALETTE[(number - 1) % len(PALETTE)]
        known = {case: value for case, value in by_case.items() if value is not None and math.isfinite(value)}
        name = f"{structure} (n = {len(known)})"
        x = [number + _HALF_WIDTH * (2 * ((index * _GOLDEN) % 1) - 1) * 0.8 for index in range(len(known))]
        series.append(Series(name, x, list(known.values()), list(known), "points", color))
        if known:
            series += _box(name, number, list(known.values()), color)
    return Chart(title, "Structure", y_title, tuple(series))


def _box(name: str, number: int, values: Sequence[float], color: str) -> list[Series]:
    low, median, high = np.percentile(values, (25, 50, 75)).tolist()
    left, right = number - _HALF_WIDTH, number + _HALF_WIDTH
    return [
        Series(f"{name} quartiles", [left, right, right, left, left], [low, low, high, high, low], (), "dashes", color),
        Series(f"{name} median", [left, right], [median, median], (), "line", color),
    ]
