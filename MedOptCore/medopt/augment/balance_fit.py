"""How often each kind of case has to come so that rare classes are met often enough: a small convex problem, repeated.

Let ``r`` be how often a case comes, between 1 and the limit, ``C`` the counts of the classes that follow, and ``M``
the largest of them. Wanted is ``C >= target * M`` for every class. First the shortfalls ``log(target * M / C)`` are
made small, in the sum of their squares; then the squares of ``r - 1``, so that repeats are spread over as many cases
as possible. The second is the chi-square distance of survey calibration with bounded weights (Deville and Särndal,
J. Am. Stat. Assoc. 87, 1992), which keeps the effective number of cases high. The logarithm is linearised about the
present counts, which leaves a quadratic programme, and the whole is repeated until the counts stay. Where the target
can be reached, what comes out is the one solution of the convex problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PRICE = 1e4
"""What a squared shortfall costs beside the mean of ``(r - 1) ** 2``."""

MENDABLE = 0.02
"""Shortfalls below it are aimed at harder from round to round; larger ones are out of reach and stay."""

ROUNDS = 12
"""Linearisations at most; five or six are the rule."""

UNDAMPED = 6
"""Rounds after which each step is halved, since the linearisation may then swing to and fro."""

STEPS = 100
"""Steps of the interior-point method at most; 15 to 50 are the rule."""

MOVES = 100
"""Changes at most that are made after rounding."""

FEW = 40
"""Up to so many kinds of case, changes of two kinds at once are tried too."""


def fit_times(counts: Array, members: NDArray[np.int64], target: float, limit: float) -> Array:
    """How often each kind of case comes, (kinds,), from 1 to ``limit``.

    Parameters
    ----------
    counts : (kinds, classes) what one case of the kind holds of each class; every class stands in some kind
    members : (kinds,) how many cases are of the kind
    target : each class should be met so often, as a share of the commonest class; above 0
    limit : above 1
    """
    held = counts * members[:, None]
    before = held.sum(axis=0)
    held = held / before
    size = before / before.max()
    share = members / members.sum()
    times, relative = np.ones(len(counts)), np.ones(len(before))
    missing = _missing(size, target)
    beyond = np.zeros(len(before))  # how far past the target to aim, so that what can be mended is mended wholly
    for number in range(ROUNDS):
        commonest = float((size * relative).max())
        found = _solve(share, held * size, held / relative, 1 / commonest, missing + beyond, limit)
        times = found if number < UNDAMPED else (times + found) / 2
        was, relative = relative, held.T @ times
        missing = _missing(size * relative, target)
        near = np.abs(missing) < MENDABLE
        beyond[near] = np.maximum(beyond + missing, 0)[near]
        if np.abs(np.log(relative / was)).max() < 1e-5 and (missing[near] < 1e-5).all():
            break
    return times


def round_copies(
    counts: Array, members: NDArray[np.int64], times: Array, target: float, limit: int
) -> NDArray[np.int64]:
    """Whole copies of all cases of each kind together, (kinds,), from ``times`` of `fit_times`.

    Fractions are carried on from kind to kind, so that the counts of classes stay what they were to about one case;
    then copies are added or taken away, one or two at a time, as long as that lessens the shortfalls, or the copies
    without harm.
    """
    ends = np.floor(np.cumsum(members * times) + 0.5).astype(np.int64)
    copies = np.clip(np.diff(ends, prepend=0), members, members * limit)
    moves = _moves(len(counts))
    by = np.einsum("mp,mpc->mc", moves.change, counts[moves.kind])
    for _ in range(MOVES):
        after = copies[moves.kind] + moves.change
        allowed = ((after >= members[moves.kind]) & (after <= members[moves.kind] * limit)).all(axis=1)
        met = copies @ counts
        here = _shortfall(met[None], target)[0]
        there = np.where(allowed, _shortfall(met + by, target), np.inf)
        saving = np.flatnonzero((there <= here + 1e-12) & (moves.change.sum(axis=1) < 0))
        best = saving[there[saving].argmin()] if len(saving) else there.argmin()
        if not len(saving) and there[best] >= here - 1e-9:
            break
        np.add.at(copies, moves.kind[best], moves.change[best])
    return copies


@dataclass(frozen=True)
class _Moves:
    """What rounding may try: ``change`` copies of two kinds, both (moves, 2); the second is 0 in single moves."""

    kind: NDArray[np.int64]
    change: NDArray[np.int64]


def _moves(kinds: int) -> _Moves:
    """One copy more or less of each kind; and of each two kinds at once, where there are few."""
    alone = np.arange(kinds)
    one, other = np.triu_indices(kinds if kinds <= FEW else 0, 1)
    pairs = [(up, down) for up in (1, -1) for down in (1, -1)]
    kind = [np.stack([alone, alone], axis=1)] * 2 + [np.stack([one, other], axis=1)] * len(pairs)
    change = [np.tile([sign, 0], (kinds, 1)) for sign in (1, -1)] + [np.tile(pair, (len(one), 1)) for pair in pairs]
    return _Moves(np.concatenate(kind), np.concatenate(change))


def _missing(met: Array, target: float) -> Array:
    """Logarithm of the factor by which counts, (…, classes), lie below the target; negative above it."""
    return np.log(target * met.max(axis=-1, keepdims=True) / met)


def _shortfall(met: Array, target: float) -> Array:
    """Sum of the squared shortfalls of each row of counts, (rows, classes)."""
    return np.sum(np.maximum(_missing(np.maximum(met, 1e-9), target), 0) ** 2, axis=1)


def _solve(share: Array, held: Array, rows: Array, slope: float, bound: Array, limit: float) -> Array:
    """Least ``share @ (r - 1)**2 + PRICE * sum(s**2)`` over r in 1…limit, a number M, and slacks u and e of 0 or more.

    With ``held.T @ r + u = M`` and ``rows.T @ r - slope * M - e + s = bound``. An interior-point method with a
    predictor and a corrector (Mehrotra, SIAM J. Optim. 2, 1992); s follows from its multiplier and M from the system.
    """
    kinds, classes = held.shape
    eye, none = np.eye(classes), np.zeros((classes, classes))
    matrix = np.block([[held.T, eye, none], [rows.T, none, -eye]])
    of_most = np.repeat([-1.0, -slope], classes)
    wanted = np.concatenate([np.zeros(classes), bound])
    soft = np.repeat([1e-10, 1 / PRICE], classes)  # the first keeps the system regular when all r are at a bound
    weight = np.concatenate([share, np.zeros(2 * classes)])
    system = np.zeros((2 * classes + 1, 2 * classes + 1))
    system[:-1, -1] = system[-1, :-1] = of_most

    start = np.full(kinds, 1 + min(1.0, (limit - 1) / 2))
    met = held.T @ start
    most = float(met.max()) + 0.1
    over = rows.T @ start - slope * most - bound
    x = np.concatenate([start, most - met, np.maximum(over, 0.1)])
    room, top = x - np.concatenate([np.ones(kinds), np.zeros(2 * classes)]), limit - start
    typical = float(share.mean())
    low, high, y = 1e4 * typical / room, 1e4 * typical / top, np.zeros(2 * classes)  # far from the walls at first

    for _ in range(STEPS):
        force = weight * (x - 1) - matrix.T @ y - low
        force[:kinds] += high
        missing = matrix @ x + of_most * most + soft * y - wanted
        gap = float(low @ room + high @ top) / (len(x) + kinds)
        if gap < 1e-9 * typical and np.abs(missing).max() < 1e-8:
            break
        stiffness = weight + low / room
        stiffness[:kinds] += high / top
        scaled = matrix / stiffness
        system[:-1, :-1] = scaled @ matrix.T + np.diag(soft)
        inverse = np.linalg.inv(system)
        pull_low, pull_high = -low * room, -high * top
        for corrects in (False, True):
            push = force - pull_low / room
            push[:kinds] += pull_high / top
            change = inverse @ np.append(scaled @ push - missing, of_most @ y)
            dx = (matrix.T @ change[:-1] - push) / stiffness
            dlow, dhigh = (pull_low - low * dx) / room, (pull_high + high * dx[:kinds]) / top
            length = 0.995 * min(_reach(room, dx), _reach(top, -dx[:kinds]), _reach(low, dlow), _reach(high, dhigh))
            if not corrects:
                left = (low + length * dlow) @ (room + length * dx)
                left += (high + length * dhigh) @ (top - length * dx[:kinds])
                center = gap * (float(left) / (len(x) + kinds) / gap) ** 3
                pull_low = center - low * room - dlow * dx
                pull_high = center - high * top + dhigh * dx[:kinds]
        x, most, y = x + length * dx, most + length * change[-1], y + length * change[:-1]
        room, top = room + length * dx, top - length * dx[:kinds]
        low, high = low + length * dlow, high + length * dhigh
    return np.clip(x[:kinds], 1, limit)


def _reach(value: Array, change: Array) -> float:
    """How far along ``change`` all of ``value`` stays positive; at most a full step."""
    falling = change < 0
    return float((-value[falling] / change[falling]).min(initial=1 / 0.995))
