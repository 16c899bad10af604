"""Few points that stand for many: greedy coverage of a cohort, within strata, and what counts as the same twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Method = Literal["facility-location", "k-center"]

COVERED = 4000
"""Points of a cohort up to which all are covered and may be chosen; of a larger one so many drawn ones."""


@dataclass(frozen=True)
class Pick:
    """A point that was chosen: its row, and the distance to the nearest one chosen before it (infinite for the first)
    with that one's row."""

    row: int
    distance: float
    nearest: int | None


def cover(
    points: NDArray,
    count: int,
    *,
    method: Method = "facility-location",
    strata: Sequence[Hashable] | None = None,
    allowed: Sequence[bool] | None = None,
    given: Collection[int] = (),
    seed: int = 1,
) -> list[Pick]:
    """Choose ``count`` rows of ``points`` (point, number) one after another, each the best addition to those before.

    Parameters
    ----------
    method : "facility-location" lowers the mean distance of all points to the nearest chosen one most with each step
        (greedy, Nemhauser et al. 1978; within strata half of the optimum is certain, Fisher et al. 1978); "k-center"
        takes the point farthest from all chosen ones (Gonzalez 1985; Sener and Savarese 2018)
    strata : of each point; each gets seats in proportion to its points, see `seats_of`; one stratum by default
    allowed : whether a point may be chosen; all points are covered in any case
    given : rows that count as chosen already; they take no seats
    seed : of the draw of `COVERED` points in a larger cohort, within strata in proportion

    Fewer than ``count`` when there are no more. Among equals the lower row is taken; without anything given, both
    methods begin with the point of the lowest mean distance to all.
    """
    total = len(points)
    free = np.ones(total, bool) if allowed is None else np.array(allowed, bool)
    free[list(given)] = False
    groups: list[Hashable] = [""] * total if strata is None else list(strata)
    seats = seats_of([group for group, may in zip(groups, free, strict=True) if may], count)
    codes = {group: n for n, group in enumerate(seats)}
    code = np.array([codes.get(group, -1) for group in groups], int)
    left = np.array([*seats.values(), 0], int)  # the last one is for strata without a seat
    covered = _drawn(np.arange(total), np.zeros(total, int), seed)
    targets = np.ascontiguousarray(points[covered], np.float32)
    candidates = _drawn(np.flatnonzero(free), code, seed)
    apart = distances(points[candidates], targets) if len(candidates) else np.zeros((0, len(covered)), np.float32)
    nearest = np.full(len(covered), np.inf, np.float32)
    to_chosen, chosen_of = np.full(total, np.inf), np.full(total, -1)

    def take(row: int, of_targets: NDArray) -> None:
        np.minimum(nearest, of_targets, out=nearest)
        of_all = distances(points[row : row + 1], points)[0]
        closer = of_all < to_chosen
        chosen_of[closer], to_chosen[closer] = row, of_all[closer]

    for row in sorted(given):
        take(row, distances(points[row : row + 1], targets)[0])
    picks: list[Pick] = []
    while len(picks) < count:
        open_rows = free[candidates] & (left[code[candidates]] > 0)
        if not open_rows.any():
            break
        if not np.isfinite(nearest).all():
            gain = -apart.mean(axis=1, dtype=np.float64)
        elif method == "k-center":
            gain = to_chosen[candidates]
        else:
            gain = np.maximum(nearest - apart, 0).mean(axis=1, dtype=np.float64)
        best = int(np.argmax(np.where(open_rows, gain, -np.inf)))
        row = int(candidates[best])
        near = int(chosen_of[row])
        picks.append(Pick(row, float(to_chosen[row]), None if near < 0 else near))
        take(row, apart[best])
        free[row] = False
        left[code[row]] -= 1
    return picks


def seats_of(strata: Sequence[Hashable], count: int) -> dict[Hashable, int]:
    """How many of ``count`` seats each stratum gets: in proportion to its members, by the largest remainder.

    No stratum gets more than it has members; each gets at least one where there are seats for all. Ties go to the
    larger stratum, then to the one met first. Fewer seats than ``count`` when there are not as many members.
    """
    sizes = Counter(strata)
    count = min(count, len(strata))
    if not sizes:
        return {}
    least = 1 if count >= len(sizes) else 0
    quota = {group: count * size / len(strata) for group, size in sizes.items()}
    seats = {group: min(size, max(least, int(quota[group]))) for group, size in sizes.items()}
    order = {group: n for n, group in enumerate(sizes)}
    while sum(seats.values()) > count:  # the least seat of small strata was taken from the others
        most = max((g for g in seats if seats[g] > least), key=lambda g: (seats[g] - quota[g], -order[g]))
        seats[most] -= 1
    while sum(seats.values()) < count:
        room = [group for group in seats if seats[group] < sizes[group]]
        seats[max(room, key=lambda g: (quota[g] - seats[g], sizes[g], -order[g]))] += 1
    return seats


def _drawn(rows: NDArray[np.intp], code: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """At most `COVERED` of ``rows``, ascending, drawn within the strata ``code`` in proportion."""
    if len(rows) <= COVERED:
        return rows
    numbers = np.random.default_rng(seed)
    seats = seats_of(code[rows].tolist(), COVERED)
    chosen = [numbers.choice(rows[code[rows] == one], n, replace=False) for one, n in sorted(seats.items())]
    return np.sort(np.concatenate(chosen))


def mean_distance(points: NDArray, chosen: Sequence[int]) -> float:
    """Mean distance of all points (point, number) to the nearest of the chosen rows; infinite when none is chosen."""
    if not len(chosen):
        return float("inf")
    return float(distances(points, points[list(chosen)]).min(axis=1).mean(dtype=np.float64))


def distances(first: NDArray, second: NDArray) -> NDArray[np.float32]:
    """(first, second) Euclidean distances between rows; never negative, and 0 between a row and itself to 1e-5."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * (a @ b.T)
    return np.sqrt(np.maximum(squares, 0)).astype(np.float32)


def near_duplicates(pictures: NDArray, fingerprints: Sequence[str], limit: float) -> dict[int, int]:
    """Row → the earlier row that it repeats: equal fingerprints, or pictures that differ by less than ``limit``.

    ``pictures`` (case, number) is compared by the root of the mean squared difference of two rows. A row that repeats
    a repeated one is told to repeat the first of them, so that no chain leads from one image to quite another one.
    """
    result: dict[int, int] = {}
    originals: list[int] = []
    first: dict[str, int] = {}
    for row, fingerprint in enumerate(fingerprints):
        if fingerprint and fingerprint in first:
            result[row] = first[fingerprint]
            continue
        if originals:
            apart = np.sqrt(((pictures[originals].astype(np.float64) - pictures[row]) ** 2).mean(axis=1))
            closest = int(np.argmin(apart))
            if apart[closest] < limit:
                result[row] = originals[closest]
                continue
        originals.append(row)
        if fingerprint:
            first[fingerprint] = row
    return result
