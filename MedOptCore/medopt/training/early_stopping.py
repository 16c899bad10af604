"""Ending a training that no longer gains, without ever taking noise for the end.

The rule looks at the validation cases one by one, so that what all cases share (an easy or a hard set) cancels out: how
much did each case gain between the first and the second half of the last ``patience`` share of the training? It ends
the training only when the gain is, with 95 % confidence, smaller than what would be worth going on for. Few cases or
scores that jump about make the bound wide, and a wide bound never ends a training.

A cosine schedule earns its last gains while the learning rate falls, so a training must not be cut off in the middle of
it: what is left of the schedule is run through in the ``ending`` share instead, see ``Ending``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from medopt.training.running_settings import EarlyStoppingSettings

CONFIDENCE = 0.95
"""One-sided."""
FEWEST_LOOKS = 4
"""Validations within the patience, two in each half."""
FEWEST_CASES = 3
"""Cases that a spread can be told from."""
WORTH_ENDING = 0.1
"""Share of the training that an early end must save."""


@dataclass(frozen=True)
class Look:
    """One validation.

    Parameters
    ----------
    share : of the training that had passed, 0 to 1
    scores : of each validation case by name, the mean over its classes, higher is better; where the metric has no value
        for single cases (AUC, mAP) their pseudo-values
    """

    share: float
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Stagnation:
    """That a training no longer gains.

    Parameters
    ----------
    share : of the training when it was found
    gain : mean gain a case over the patience
    bound : what the gain is below of with 95 % confidence
    cases : it was told from
    reason : a sentence for the user
    """

    share: float
    gain: float
    bound: float
    cases: int
    reason: str


def stagnation(looks: Sequence[Look], settings: EarlyStoppingSettings) -> Stagnation | None:
    """Whether the training whose validations were ``looks``, oldest first, has stopped to gain; None while it may gain.

    The cases' gains are compared by a one-sided paired t bound; only cases that every look in question has count.
    It gives None within the first ``patience`` share, with fewer than FEWEST_LOOKS or FEWEST_CASES, and when an early
    end would save less than WORTH_ENDING. A score that falls counts as no gain.
    """
    if not looks or 1 - looks[-1].share - settings.ending < WORTH_ENDING:
        return None
    now = looks[-1].share
    recent = [look for look in looks if look.share >= now - settings.patience - 1e-9]
    if now < settings.patience - 1e-9 or len(recent) < FEWEST_LOOKS:
        return None
    earlier, later = recent[: len(recent) // 2], recent[-(len(recent) // 2) :]
    found = _gain_of_cases(earlier, later)
    if found is None:
        return None
    gain, bound, cases = found
    if bound >= settings.gain:
        return None
    reason = (
        f"The validation score of {cases} cases gained {gain:+.4f} over the last {settings.patience:.0%} of the "
        f"training; with {CONFIDENCE:.0%} confidence less than {settings.gain:g}, which would be worth going on for"
    )
    return Stagnation(now, gain, bound, cases, reason)


def _gain_of_cases(earlier: Sequence[Look], later: Sequence[Look]) -> tuple[float, float, int] | None:
    names = set.intersection(*(set(look.scores) for look in (*earlier, *later)))
    if len(names) < FEWEST_CASES:
        return None
    ordered = sorted(names)
    before, after = (
        np.array([[look.scores[n] for n in ordered] for look in half]).mean(0) for half in (earlier, later)
    )
    gains = after - before
    count = len(gains)
    error = float(gains.std(ddof=1)) / math.sqrt(count)
    mean = float(gains.mean())
    return mean, mean + float(stdtrit(count - 1, CONFIDENCE)) * error, count


@dataclass(frozen=True)
class Ending:
    """The way from a stagnation to the end: what is left of the schedule, faster.

    Parameters
    ----------
    at : share of the training when it began
    until : share at which the training ends, below 1
    """

    at: float
    until: float

    @classmethod
    def after(cls, found: Stagnation, settings: EarlyStoppingSettings) -> Ending:
        """The ending that a stagnation begins."""
        return cls(found.share, min(1.0, found.share + settings.ending))

    def along(self, share: float) -> float:
        """Where the schedule stands, 0 to 1, when the ``share`` of the planned training has passed.

        Up to ``at`` nothing changes; from there to ``until`` the rest of the schedule, so that the learning rate goes
        on from where it is and falls to its end; 1 from ``until`` on.
        """
        if share <= self.at:
            return share
        if share >= self.until:
            return 1.0
        return self.at + (share - self.at) * (1 - self.at) / (self.until - self.at)

    def over(self, share: float) -> bool:
        """Whether the training is at its end."""
        return share >= self.until - 1e-12
