"""A minimum that many low values lower further."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from medopt.errors import MedOptError

TEMPERATURE = 0.1
"""As in the paper: a value of 0 weighs e¹⁰ times one of 1."""


def soft_minimum(values: ArrayLike, temperature: float = TEMPERATURE) -> float | None:
    """Σ w·s / Σ w with w = exp((1 - s) / temperature), of values s from 0 to 1.

    Lad & Mueller, "Estimating label quality and errors in semantic segmentation data via any model", 2023
    (arXiv:2307.05080), found it the best of seven ways to make one score of an image out of those of its pixels, each
    the probability that a model out of sample gives the class that the pixel is labelled with. It lies between the
    minimum (temperature to 0), which a single pixel decides, and the mean (temperature to infinity), in which an error
    of few pixels drowns.

    Parameters
    ----------
    values : any shape, 0 to 1
    temperature : above 0

    None without values. Raises MedOptError for a temperature that is not above 0.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise MedOptError("wrong temperature", expected="above 0", found=str(temperature))
    score = np.asarray(values, np.float64).ravel()
    if not score.size:
        return None
    weight = np.exp((score.min() - score) / temperature)  # the same but for a factor, and never too large
    return float((weight * score).sum() / weight.sum())
