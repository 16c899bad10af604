"""Draws that depend on a seed and names alone: the same on every machine, in any order, now and after every label."""

from __future__ import annotations

import hashlib
import math


def uniform(seed: int, *names: object) -> float:
    """A number above 0 and below 1, drawn by ``seed`` for ``names``."""
    text = ":".join(str(name) for name in (seed, *names))
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return (number // 2048 + 0.5) / 2**53


def gumbel(seed: int, *names: object) -> float:
    """A number of the standard Gumbel distribution, drawn by ``seed`` for ``names``."""
    return -math.log(-math.log(uniform(seed, *names)))
