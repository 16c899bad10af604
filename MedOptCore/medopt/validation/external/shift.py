"""How far external images are from those that a model learned from: intensities and grids, as figures and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from medopt.settings import Settings
from medopt.validation.external.profile import AXES, CaseProfile
from medopt.validation.interval import FEWEST_SUBJECTS
from medopt.validation.statistics import bootstrap_median

FEWEST_PAIRS = 10
"""Subjects from which on scores are related to shifts."""

WIDE = 0.95
"""Distances of training cases up to this share of them count as usual."""


class IntensityShift(Settings):
    """One channel after preprocessing.

    The distance of two images is Wasserstein's first: the mean difference of their quantiles, in prepared units. Each
    external case is compared with the mean quantiles of the training cases, and so is each training case with those of
    the others.

    Parameters
    ----------
    training, external : (100,) mean quantiles of the cases, at the shares of ``profile.LEVELS``
    distance, low, high : median distance of the external cases, with its interval over subjects
    usual, limit : median distance of the training cases, and the one below which 95 % of them stay
    beyond : external cases that lie farther away than ``limit``
    n_training, n_external : cases
    """

    channel: str
    training: tuple[float, ...]
    external: tuple[float, ...]
    distance: float
    low: float | None
    high: float | None
    usual: float | None
    limit: float | None
    beyond: int | None
    n_training: int
    n_external: int
    words: str


class GridShift(Settings):
    """Spacing or extent along one anatomical axis, in mm: median, least and most, and cases out of training's range."""

    name: str
    training: tuple[float, float, float]
    external: tuple[float, float, float]
    outside: int
    n_external: int
    words: str


class OrientationShift(Settings):
    """How many cases have their array axes along which directions."""

    training: dict[str, int]
    external: dict[str, int]
    words: str


class Relation(Settings):
    """Spearman's correlation over external subjects between the score and a shift, with its interval and p-value."""

    name: str
    rho: float
    low: float
    high: float
    p: float
    n: int
    words: str


def intensity_shifts(
    training: Sequence[CaseProfile], external: Sequence[CaseProfile], channels: Sequence[str]
) -> tuple[IntensityShift, ...]:
    """A row a channel; none when one side has no case."""
    if not training or not external:
        return ()
    found = []
    for number, channel in enumerate(channels):
        known = np.stack([p.quantiles[number] for p in training])
        new = np.stack([p.quantiles[number] for p in external])
        away = distances(new, known.mean(axis=0))
        middle = bootstrap_median(away, [p.subject for p in external])
        usual = limit = beyond = None
        if len(known) >= FEWEST_SUBJECTS:
            others = (known.sum(axis=0) - known) / (len(known) - 1)
            own = np.abs(known - others).mean(axis=1)
            usual, limit = float(np.median(own)), float(np.quantile(own, WIDE))
            beyond = int((away > limit).sum())
        row: dict[str, Any] = {
            "channel": channel,
            "training": _rounded(known.mean(axis=0)),
            "external": _rounded(new.mean(axis=0)),
            "distance": float(np.median(away)),
            "low": middle.low,
            "high": middle.high,
            "usual": usual,
            "limit": limit,
            "beyond": beyond,
            "n_training": len(known),
            "n_external": len(new),
        }
        found.append(IntensityShift(**row, words=_intensity_words(row)))
    return tuple(found)


def distances(quantiles: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """(cases,) Wasserstein-1 distance of each (cases, levels) row of quantiles to those of ``middle``."""
    return np.asarray(np.abs(quantiles - middle).mean(axis=1))


def grid_shifts(training: Sequence[CaseProfile], external: Sequence[CaseProfile]) -> tuple[GridShift, ...]:
    """Spacing and extent along each anatomical axis that both sides have."""
    found = []
    for what in ("spacing", "extent"):
        for axis in AXES:
            known, new = (
                [getattr(p, what)[axis] for p in side if axis in getattr(p, what)] for side in (training, external)
            )
            if not known or not new:
                continue
            low, high = min(known), max(known)
            room = 0.01 * max(high, 1e-9)  # rounding in headers is no shift
            outside = sum(not low - room <= value <= high + room for value in new)
            name = f"{what} {axis} (mm)"
            before, now = _spread(known), _spread(new)
            found.append(
                GridShift(
                    name=name,
                    training=before,
                    external=now,
                    outside=outside,
                    n_external=len(new),
                    words=_grid_words(what, axis, before, now, outside, len(new)),
                )
            )
    return tuple(found)


def orientation_shift(training: Sequence[CaseProfile], external: Sequence[CaseProfile]) -> OrientationShift | None:
    """Array axes by direction; None when one side has no case."""
    if not training or not external:
        return None
    known, new = (dict(sorted(Counter(p.orientation for p in side).items())) for side in (training, external))
    unseen = {code: n for code, n in new.items() if code not in known}
    words = "The array axes run as in training."
    if unseen:
        listed = ", ".join(f"{code} ({n} cases)" for code, n in unseen.items())
        words = f"Array axes run in directions that training never had: {listed}; training had {', '.join(known)}."
    return OrientationShift(training=known, external=new, words=words)


def relations(
    scores: Mapping[str, float], training: Sequence[CaseProfile], external: Sequence[CaseProfile]
) -> tuple[Relation, ...]:
    """Does the score fall where images are farther from training?

    ``scores`` are by case, higher is better. A row for the intensities' distance (mean over channels) and for each
    spacing and extent that varies. Subjects count once, with the means of their cases; none below ten subjects. The
    interval is that of Bonett & Wright, Psychometrika 2000;65:23-28, the p-value that of the t approximation.
    """
    known = [p for p in external if p.case in scores]
    values: dict[str, list[float]] = {}
    if training and known:
        middle = np.mean([p.quantiles for p in training], axis=0)
        values["distance of the intensities"] = [float(np.abs(p.quantiles - middle).mean()) for p in known]
    for what in ("spacing", "extent"):
        for axis in AXES:
            if known and all(axis in getattr(p, what) for p in known):
                values[f"{what} {axis}"] = [getattr(p, what)[axis] for p in known]
    found = []
    for name, column in values.items():
        pairs: dict[str, list[tuple[float, float]]] = {}
        for profile, value in zip(known, column, strict=True):
            pairs.setdefault(profile.subject, []).append((scores[profile.case], value))
        means = np.array([np.mean(pair, axis=0) for pair in pairs.values()])
        if len(means) < FEWEST_PAIRS or np.ptp(means[:, 0]) == 0 or np.ptp(means[:, 1]) <= 1e-6 * abs(means[0, 1]):
            continue
        found.append(_relation(name, means))
    return tuple(found)


def _relation(name: str, pairs: NDArray[np.float64]) -> Relation:
    from scipy.stats import rankdata  # slow to load

    rho = float(np.corrcoef(rankdata(pairs[:, 0]), rankdata(pairs[:, 1]))[0, 1])
    n = len(pairs)
    inner = float(np.clip(rho, -0.999999, 0.999999))
    half = 1.959964 * np.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = (float(np.tanh(np.arctanh(inner) + sign * half)) for sign in (-1, 1))
    p = float(2 * stdtr(n - 2, -abs(inner) * np.sqrt((n - 2) / (1 - inner**2))))
    if low <= 0 <= high:
        words = f"No relation between the score and the {name} was shown."
    elif rho < 0:
        words = f"The greater the {name}, the lower the score."
    else:
        words = f"The greater the {name}, the higher the score."
    return Relation(name=name, rho=rho, low=low, high=high, p=p, n=n, words=words)


def _intensity_words(row: Mapping[str, Any]) -> str:
    usual, limit, beyond, n = row["usual"], row["limit"], row["beyond"], row["n_external"]
    distance = float(row["distance"])
    if usual is None or limit is None:
        return f"The median distance is {distance:.3g}; there are too few training cases to say whether that is much."
    if distance <= limit:
        words = "The intensities are as in training"
    else:
        words = "The intensities are not those of training"
    ratio = f"{distance / usual:.1f} times as far as" if usual > 0 else "away, where"
    return (
        f"{words}: external cases lie {ratio} training cases usually lie, and {beyond} of {n} are beyond what 95 % of "
        "the training cases keep."
    )


def _grid_words(
    what: str, axis: str, before: tuple[float, float, float], now: tuple[float, float, float], outside: int, n: int
) -> str:
    if not outside:
        return f"The {what} {axis} lies within what training had."
    ratio = now[0] / before[0]
    kind = {"spacing": ("coarser", "finer"), "extent": ("longer", "shorter")}[what][0 if ratio >= 1 else 1]
    factor = max(ratio, 1 / ratio)
    amount = f", {factor:.2g} times {kind} at the median" if factor >= 1.05 else ""
    return f"The {what} {axis} of {outside} of {n} cases lies outside that of training{amount}."


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return round(float(np.median(values)), 4), round(min(values), 4), round(max(values), 4)


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
