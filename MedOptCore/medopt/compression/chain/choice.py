"""Which of the models that a compression made is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

EQUALLY_FAST = 0.05
"""Share of the latency up to which two models are equally fast: medians of the same model differ by as much."""


@dataclass(frozen=True)
class Candidate:
    """A measured model.

    Parameters
    ----------
    name : of its package
    branch : of the plan
    bits : 32 or 8
    parameters, multiply_adds : of its network, the latter for one patch
    bytes : of the model's file
    latency_ms : of one patch, median
    score : main metric on the validation cases; None when it is not defined
    ratio, low, high : score over that of the better of teacher and control, and its paired 95 % interval; the ends are
        None when the interval is refused
    classes : each structure or class and its ratio, None where that is not defined
    is_reference : teacher or control in float, which are compared with and not taken
    """

    name: str
    branch: str
    bits: int
    parameters: int
    multiply_adds: int
    bytes: int
    latency_ms: float
    score: float | None
    ratio: float | None
    low: float | None
    high: float | None
    classes: tuple[tuple[str, float | None], ...] = ()
    is_reference: bool = False


@dataclass(frozen=True)
class Rules:
    """What a model must keep and hold.

    Parameters
    ----------
    keep : of the score, at the lower end of the interval
    floor : of the score of each structure or class
    max_latency_ms, max_bytes : None for any
    """

    keep: float = 0.99
    floor: float = 0.98
    max_latency_ms: float | None = None
    max_bytes: int | None = None


@dataclass(frozen=True)
class Choice:
    """What was chosen.

    Parameters
    ----------
    taken : the model's name; None when none keeps all rules
    nearest : what comes nearest when none does
    refused : every other model that was not admitted, with the reasons
    """

    taken: str | None
    nearest: str | None
    refused: dict[str, tuple[str, ...]]


def choose(candidates: Sequence[Candidate], rules: Rules) -> Choice:
    """The fastest model that keeps all rules, of equally fast ones (see EQUALLY_FAST) the smallest; teacher and control
    are not taken.

    When none keeps them, the nearest is named: of those within the limits of latency and size, if there are any, the
    one whose lower end of the interval, or whose ratio where there is no interval, is highest.
    """
    open_to_choice = [one for one in candidates if not one.is_reference]
    refused = {one.name: why for one in open_to_choice if (why := broken_rules(one, rules))}
    admitted = [one for one in open_to_choice if one.name not in refused]
    if admitted:
        limit = (1 + EQUALLY_FAST) * min(one.latency_ms for one in admitted)
        fast = [one for one in admitted if one.latency_ms <= limit]
        return Choice(min(fast, key=lambda one: (one.bytes, one.latency_ms, one.name)).name, None, refused)
    within = [one for one in open_to_choice if not _over_limits(one, rules)]
    nearest = max(within or open_to_choice, key=_nearness, default=None)
    return Choice(None, None if nearest is None else nearest.name, refused)


def broken_rules(one: Candidate, rules: Rules) -> tuple[str, ...]:
    """What keeps a model from being taken, in words; empty when nothing does."""
    found = []
    if one.ratio is None:
        found.append("its score is not defined on the validation cases")
    elif one.low is None:
        found.append(f"keeps {one.ratio:.4f} of the score, but there are too few validation subjects for an interval")
    elif one.low < rules.keep:
        found.append(f"surely keeps only {one.low:.4f} of the score (estimate {one.ratio:.4f}), not {rules.keep:g}")
    for structure, ratio in one.classes:
        if ratio is not None and ratio < rules.floor:
            found.append(f"keeps {ratio:.4f} of the score of {structure}, not {rules.floor:g}")
    return (*found, *_over_limits(one, rules))


def is_hopeless(one: Candidate, rules: Rules) -> bool:
    """Whether a branch ends here: the upper end of the interval, or the ratio where there is none, keeps too little.

    Fewer bits will not make it better.
    """
    if one.ratio is None:
        return True
    return (one.ratio if one.high is None else one.high) < rules.keep


def _over_limits(one: Candidate, rules: Rules) -> tuple[str, ...]:
    found = []
    if rules.max_latency_ms is not None and one.latency_ms > rules.max_latency_ms:
        found.append(f"takes {one.latency_ms:.3g} ms a patch, more than {rules.max_latency_ms:g} ms")
    if rules.max_bytes is not None and one.bytes > rules.max_bytes:
        found.append(f"has {one.bytes:,} bytes, more than {rules.max_bytes:,}")
    return tuple(found)


def _nearness(one: Candidate) -> tuple[float, float, float, str]:
    known = one.low if one.low is not None else one.ratio
    return (-1.0 if known is None else known, -one.latency_ms, -one.bytes, one.name)
