"""Iterative stratification: subjects with several labels shared out so that every part gets its share of each."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable, Mapping

SLACK = 1e-9
"""Differences of desires below this are rounding."""


def stratify_iteratively(
    labels: Mapping[str, Collection[Hashable]], seats: Mapping[str, int], seed: int
) -> dict[str, str]:
    """The part of each subject; parts get exactly their seats.

    Parameters
    ----------
    labels : what each subject shows, such as its classes and its site; may be empty
    seats : subjects that each part gets; together as many as there are subjects
    seed : of the draw, which depends on it and the names alone

    The label that the fewest subjects without a part have comes first; each of its subjects goes to the part that lacks
    it most, among equals to the one with the most free seats, among those to the drawn one (Sechidis, Tsoumakas and
    Vlahavas 2011, On the stratification of multi-label data, algorithm 1). Subjects without labels fill the seats left.
    """
    order = sorted(labels, key=lambda name: _drawn(seed, name))
    total = sum(seats.values())
    of_label: dict[Hashable, dict[str, None]] = {}
    for subject in order:
        for label in labels[subject]:
            of_label.setdefault(label, {})[subject] = None
    desired = {label: {part: len(of) * seats[part] / total for part in seats} for label, of in of_label.items()}
    ties = {label: _drawn(seed, repr(label)) for label in of_label}
    free = dict(seats)
    result: dict[str, str] = {}

    def give(subject: str, wishes: Mapping[str, float]) -> None:
        open_parts = [part for part in seats if free[part] > 0]
        most = max(wishes[part] for part in open_parts)
        best = [part for part in open_parts if wishes[part] > most - SLACK]
        room = max(free[part] for part in best)
        chosen = min((part for part in best if free[part] == room), key=lambda part: _drawn(seed, f"{subject} {part}"))
        result[subject] = chosen
        free[chosen] -= 1
        for label in labels[subject]:
            desired[label][chosen] -= 1
            of_label[label].pop(subject, None)

    while any(of_label.values()):
        label = min((one for one, of in of_label.items() if of), key=lambda one: (len(of_label[one]), ties[one]))
        for subject in list(of_label[label]):
            give(subject, desired[label])
    for subject in order:
        if subject not in result:
            give(subject, free)
    return result


def _drawn(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()
