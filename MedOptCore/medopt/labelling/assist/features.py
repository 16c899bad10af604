"""What a region of the image and a model say, worked out once for all strokes in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medopt.labelling.assist.blocks import Factors, block_means
from medopt.labelling.assist.random_field import Links
from medopt.labelling.assist.tissue import Levels

Scores = NDArray[np.float32]

MODEL_MOST = 4.0
"""Bound of the model's log-odds: no model is surer than that."""


class Features:
    """A region on its coarse grid of blocks.

    Parameters
    ----------
    image : float32 (channel, k, j, i), of the region
    probability : float32 (k, j, i), of a model; None without one
    spacing : mm along (k, j, i), of the region's voxels
    factors : voxels along (k, j, i) that make a block
    ranges : low and high intensity of each channel, in the whole image
    spreads : standard deviation of each channel, in the whole image
    sharpness : see `Links.of`
    """

    def __init__(
        self,
        image: NDArray[np.float32],
        probability: NDArray[np.float32] | None,
        spacing: Sequence[float],
        factors: Factors,
        ranges: list[tuple[float, float]],
        spreads: list[float],
        sharpness: float,
    ) -> None:
        self.factors, self.is_coarse = factors, factors != (1, 1, 1)
        k, j, i = (mm * f for mm, f in zip(spacing, factors, strict=True))
        self.spacing = (k, j, i)
        self.spreads = spreads
        self.image = block_means(image, factors)
        self.levels = Levels(self.image, ranges)
        self.model: Scores | None = None
        self._known: Scores | None = None
        if probability is not None:
            self._known = block_means(probability, factors)
            self.model = log_odds(self._known)
        self._sharpness = sharpness

    @cached_property
    def links(self) -> Links:
        """Weak across the image's edges."""
        return Links.of(self.image, self.spacing, self._sharpness)

    @cached_property
    def links_seen(self) -> Links:
        """Weak across the image's edges and the model's, where there is a model."""
        if self._known is None:
            return self.links
        return Links.of(np.concatenate([self.image, self._known[np.newaxis]]), self.spacing, self._sharpness)


def log_odds(probability: Scores) -> Scores:
    """Of probabilities from 0 to 1, within ±`MODEL_MOST`."""
    least = 1 / (1 + np.exp(MODEL_MOST))
    bounded = np.clip(probability, least, 1 - least)
    return np.log(bounded / (1 - bounded)).astype(np.float32)
