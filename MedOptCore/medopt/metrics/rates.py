"""Rates of right answers about one finding; each is None where its denominator is 0."""

from __future__ import annotations

from medopt.metrics.confusion import BinaryCounts


def sensitivity(counts: BinaryCounts) -> float | None:
    """Part of the cases with the finding that were found (recall)."""
    return _share(counts.tp, counts.tp + counts.fn)


def specificity(counts: BinaryCounts) -> float | None:
    """Part of the cases without the finding that were called so."""
    return _share(counts.tn, counts.tn + counts.fp)


def ppv(counts: BinaryCounts) -> float | None:
    """Part of the cases called with the finding that have it (precision); depends on how common it is."""
    return _share(counts.tp, counts.tp + counts.fp)


def npv(counts: BinaryCounts) -> float | None:
    """Part of the cases called without the finding that have none; depends on how common it is."""
    return _share(counts.tn, counts.tn + counts.fn)


def f1(counts: BinaryCounts) -> float | None:
    """Harmonic mean of sensitivity and PPV, as Dice is for voxels; None when nothing is there and nothing is called."""
    return _share(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
