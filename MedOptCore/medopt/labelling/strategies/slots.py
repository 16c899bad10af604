"""Turns for the classes and a turn for all of them: how a ranking gives every class its share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medopt.labelling.strategies.draws import uniform

CYCLE = 3
"""Of so many cases the last one is taken whatever its classes, the others by class: 2 of 3, as ClaSP PE and the
foreground-aware random choice of nnActive take 66 %."""


def take_turns(
    by_class: Mapping[int, Sequence[str]], overall: Sequence[str], *, first: int, seed: int
) -> list[tuple[str, int | None]]:
    """Every case of ``overall`` once, with the class whose turn it was; None for a turn of all classes.

    Parameters
    ----------
    by_class : class value → cases that show it, the best first
    overall : all cases, the best first
    first : turns that were taken before, so that the classes go on where they were
    seed : of the order of the classes

    A class without a case left passes its turn to all classes.
    """
    order = sorted(by_class, key=lambda value: uniform(seed, "class", value))
    queues: dict[int | None, list[str]] = {value: list(by_class[value])[::-1] for value in order}
    queues[None] = list(overall)[::-1]
    taken: set[str] = set()
    result: list[tuple[str, int | None]] = []

    def next_of(value: int | None) -> str | None:
        queue = queues[value]
        while queue and queue[-1] in taken:
            queue.pop()
        return queue.pop() if queue else None

    for turn in range(first, first + len(overall)):
        value: int | None = None
        if order and turn % CYCLE != CYCLE - 1:
            value = order[(turn - turn // CYCLE) % len(order)]
        case = next_of(value)
        if case is None:
            value = None
            case = next_of(None)
        if case is None:
            break
        taken.add(case)
        result.append((case, value))
    return result
