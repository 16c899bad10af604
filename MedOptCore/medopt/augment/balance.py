"""Balancing: from what each case holds of each class to how often the case comes in an epoch.

Nothing here knows of images or of a task: cases may hold one class each, as in classification, or several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from medopt.augment.balance_fit import fit_times, round_copies
from medopt.settings import Settings

TOLERANCE = 1e-3
"""A class that comes within this share of its target has reached it."""

Reason = Literal["", "absent", "limit", "company"]
"""Why a class stays below the target: it is in no case; its cases come as often as the limit lets them; its cases hold
commoner classes too, so that to repeat them would not help. "" for a class that reached it."""

REASONS: dict[Reason, str] = {
    "": "reached",
    "absent": "in no case",
    "limit": "held back by the limit",
    "company": "held back by commoner classes in the same cases",
}
"""The reasons in words."""


class BalanceSettings(Settings):
    """How often cases of rare classes come in an epoch."""

    target: float = Field(default=0.0, ge=0, le=1)
    """Each class should be met at least so often, as a share of the commonest class; 0 switches balancing off."""
    method: Literal["weights", "copies"] = "weights"
    """With weights an epoch keeps its length, and some cases come more often, others less. With copies each case comes
    at least once, and the epoch grows by copies; every copy is augmented anew."""
    limit: float = Field(default=5.0, ge=1, le=1000)
    """How often a case may come for each time that a case which is not raised comes."""


@dataclass(frozen=True, eq=False)
class Balance:
    """How often each case comes in an epoch, and what that does to the classes.

    Parameters
    ----------
    settings : what was asked for
    times : (cases,) float64, how often each case comes: whole numbers of at least 1 for copies, with mean 1 for weights
    before, after : (classes,) float64, how often each class is met in an epoch, in the unit of the counts
    reasons : for each class why it stays below the target; "" where it reached it
    """

    settings: BalanceSettings
    times: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    reasons: tuple[Reason, ...]

    @property
    def changes(self) -> bool:
        """Whether any case comes more often than another."""
        return bool(np.any(self.times != 1))

    @property
    def length(self) -> int:
        """Cases in an epoch, repeats counted."""
        return round(float(self.times.sum()))

    @property
    def effective_cases(self) -> float:
        """Cases of equal weight that would tell as much, ``sum(times)**2 / sum(times**2)`` (Kish 1965); 0 for none."""
        total = float(self.times.sum())
        return total**2 / float(np.square(self.times).sum()) if total else 0.0


def balance(counts: ArrayLike, settings: BalanceSettings) -> Balance:
    """How often each case comes in an epoch so that every class is met often enough.

    Among all ways to let cases come from once to ``settings.limit`` times, it is the one that brings the classes
    nearest to the target and, of those, the most even one; for a single class a case it is the ratio of the counts,
    cut at the limit. A case that holds a rare and a common class raises both, so cases that hold the rare class alone
    are preferred. Weights are these numbers divided by their mean; copies are these numbers rounded so that the counts
    stay. Equal cases get equal weights, and the outcome does not depend on the order of cases or classes beyond
    rounding. See `medopt.augment.balance_fit` for the method.

    Parameters
    ----------
    counts : (cases, classes), 0 or more: whether a case holds a class (0 or 1), or how much of it (lesions, voxels)

    Without cases, without classes, with target 0 or where the target is reached already, every case comes once.
    Raises ValueError for another shape and for counts that are negative or no finite numbers.
    """
    held = np.asarray(counts, np.float64)
    if held.ndim != 2 or not np.isfinite(held).all() or (held < 0).any():
        raise ValueError(f"expected (cases, classes) counts, finite and at least 0, found shape {held.shape}")
    before = held.sum(axis=0)
    present = np.flatnonzero(before)
    present = present[np.argsort(before[present], kind="stable")]
    limit = settings.limit if settings.method == "weights" else float(int(settings.limit))
    raised = np.ones(len(held))
    if len(present) and limit > 1 and before[present[0]] < settings.target * before[present[-1]]:
        raised = _raised(held[:, present], settings, limit)
    times = raised / raised.mean() if settings.method == "weights" and len(raised) else raised
    after = times @ held
    wanted = settings.target * after.max(initial=0)
    reasons: list[Reason] = [""] * len(before)
    if settings.target:
        reasons = [_reason(column, raised, limit, met, wanted) for column, met in zip(held.T, after, strict=True)]
    return Balance(settings, times, before, after, tuple(reasons))


def _raised(held: NDArray[np.float64], settings: BalanceSettings, limit: float) -> NDArray[np.float64]:
    """How often each case comes, from 1 to the limit; cases of one kind hold the same of each class."""
    kinds, kind, members = np.unique(held, axis=0, return_inverse=True, return_counts=True)
    kind = kind.reshape(-1)
    times = fit_times(kinds, members, settings.target, limit)
    if settings.method == "weights":
        return np.round(times, 6)[kind]  # so that the last bits of another library or machine change nothing
    copies = round_copies(kinds, members, times, settings.target, int(limit))
    each, over = np.divmod(copies, members)
    order = np.argsort(kind, kind="stable")
    rank = np.empty(len(held), np.int64)
    rank[order] = np.arange(len(held)) - np.repeat(np.cumsum(members) - members, members)
    return (each[kind] + (rank < over[kind])).astype(np.float64)


def _reason(
    held: NDArray[np.float64], raised: NDArray[np.float64], limit: float, after: float, wanted: float
) -> Reason:
    if not held.any():
        return "absent"
    if after >= wanted * (1 - TOLERANCE):
        return ""
    return "limit" if (raised[held > 0] >= limit - 1e-3).any() else "company"
