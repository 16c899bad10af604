"""The models that no other one beats in everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from medopt.compression.chain.choice import Candidate

Point = TypeVar("Point", bound=Any)


def front_of(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Names of the models that no other one dominates, fastest first.

    A model dominates another when it is at least as fast, as small and as good, and better in one of the three. Models
    whose score is not defined are on no front; of models equal in all three, all are.
    """
    scored = [one for one in candidates if one.score is not None]
    kept = [one for one in scored if not any(dominates(other, one) for other in scored)]
    return tuple(one.name for one in sorted(kept, key=lambda one: (one.latency_ms, one.bytes, one.name)))


def outline(points: Iterable[Point]) -> list[Point]:
    """Those whose ``latency_ms`` and ``score`` no other one beats, fastest first: the line of a chart of the two, in
    which the third, size, would make it jump."""
    found: list[Point] = []
    for point in sorted(points, key=lambda one: (one.latency_ms, -one.score)):
        if not found or point.score > found[-1].score:
            found.append(point)
    return found


def dominates(one: Candidate, other: Candidate) -> bool:
    """Whether ``one`` is nowhere worse and somewhere better than ``other``; both have a score."""
    mine, theirs = _costs(one), _costs(other)
    return mine != theirs and all(a <= b for a, b in zip(mine, theirs, strict=True))


def _costs(one: Candidate) -> tuple[float, float, float]:
    return one.latency_ms, float(one.bytes), -(one.score or 0.0)
