"""Which size whole images are brought to, where the network answers for them as a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence

from medopt.training.advice.patch import Triple
from medopt.training.advice.records import Figure, Reason

LONGEST = {
    "cpu": {2: (224, 160, 128, 96, 64, 48, 32), 3: (96, 80, 64, 48, 32)},
    "cuda": {2: (384, 320, 256, 224, 160, 128, 96, 64), 3: (160, 128, 96, 64, 48)},
}
"""Longest sides that are tried by device and dimensions, the first choice first; 224 is ImageNet's."""


def image_shapes(shape: Sequence[int], kind: str) -> list[Triple]:
    """Shapes (k, j, i) in the proportions of the median ``shape``, the largest first: the median itself when it is no
    longer than the first of LONGEST, then each smaller one of these.
    """
    dims = 2 if shape[0] == 1 else 3
    longest = max(shape)
    sides = LONGEST.get(kind, LONGEST["cpu"])[dims]
    tried = [min(longest, sides[0]), *(side for side in sides[1:] if side < longest)]
    found = []
    for side in dict.fromkeys(tried):
        k, j, i = (max(1, round(n * side / longest)) for n in shape)
        found.append((k, j, i))
    return found


def rounded_up(shape: Sequence[int], divisor: Sequence[int]) -> Triple:
    """The shape in multiples of ``divisor``."""
    k, j, i = (math.ceil(n / d) * d for n, d in zip(shape, divisor, strict=True))
    return k, j, i


def size_reason(
    field: str, shape: Triple, median: Sequence[int], divisor: Sequence[int], steps: int | None, *, first: bool
) -> Reason:
    """Why images get ``shape``; ``first`` tells that no smaller one had to be taken for the time."""
    by = " × ".join(map(str, median))
    figures: dict[str, Figure] = {"median_shape": by, "multiple_of": " × ".join(map(str, divisor))}
    if steps is not None:
        figures["steps"] = steps
    why = f"The long side of each image is fitted, the rest padded; the median image has {by} voxels."
    if not first and steps is not None:
        why = f"{why[:-1]}, of which fewer than 150 steps would fit the time; so about {steps} do."
    return Reason(f"{field}.shape", list(shape), why, figures, "size.fit")
