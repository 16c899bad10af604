"""How many boxes are found at how many false ones an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.metrics.box_matching import PooledBoxes

LUNA_RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False boxes an image at which LUNA16 reads the curve (Setio et al., Med Image Anal 2017;42:1-13)."""


@dataclass(frozen=True, eq=False)
class Froc:
    """Free-response ROC curve of one class.

    Parameters
    ----------
    scores : (m,) thresholds, descending
    false_positives : (m,) wrong boxes an image at or above each
    sensitivities : (m,) part of the boxes that were found at each
    rates : false boxes an image at which the curve is read
    at_rates : the sensitivity at each rate
    references, images : boxes to find, and judged images
    """

    scores: NDArray[np.float64]
    false_positives: NDArray[np.float64]
    sensitivities: NDArray[np.float64]
    rates: tuple[float, ...]
    at_rates: tuple[float, ...]
    references: float
    images: float

    @property
    def mean(self) -> float:
        """Mean sensitivity over the rates; LUNA16's score at its rates."""
        return sum(self.at_rates) / len(self.at_rates)


def froc(pooled: PooledBoxes, rates: Sequence[float] = LUNA_RATES, weights: ArrayLike | None = None) -> Froc | None:
    """The curve of one class over all images that were judged for it.

    Between thresholds the curve is straight, as LUNA16 and MONAI read it; it begins at 0 found and none wrong, and
    beyond its last threshold it stays level. Boxes of one score enter together. A second box on one reference is a
    false one here; LUNA16 leaves such boxes out.

    Parameters
    ----------
    rates : false boxes an image, ascending
    weights : (images,) how often each image counts; 1 when None

    None when there is no box to find. Without predicted boxes every sensitivity is 0.
    """
    scores, right, wrong = pooled.counts(weights)
    references, images = pooled.number(weights)
    if not references:
        return None
    false_positives, sensitivities = wrong / images, right / references
    # where the curve rises without a false box more it is read at its top
    x, y = np.append(0.0, false_positives), np.append(0.0, sensitivities)
    top = np.append(np.diff(x) > 0, True)
    at = np.interp(rates, x[top], y[top])
    return Froc(scores, false_positives, sensitivities, tuple(rates), tuple(float(s) for s in at), references, images)
