"""What speaks for and against a voxel: the model, the intensities, the mask as it is, and how far the stroke is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.labelling.assist.tissue import Levels, mixed

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Trust:
    """How much each source counts, in log-odds; chosen by hand on a few hippocampus and left ventricle cases.

    Parameters
    ----------
    model : factor of the model's log-odds
    intensity : factor of the intensities' log-likelihood ratio
    mask : log-odds that a voxel far inside or outside of the present mask stays so
    lock : the same, in addition, far from the stroke
    softness : voxels from the mask's border to where three quarters of ``mask`` count
    margin : least log-odds that the stroke has where it was drawn
    reach : of a stroke, as a share of its distance to the mask's border
    share : of the histogram of what is marked, that the stroke gets beside the mask
    coupling : of neighbours at most, see `random_field.solve`
    stiffness : how far neighbours hold together at most, as a share of the stroke's distance to the mask's border
    sharpness : of edges, see `random_field.Links`
    """

    model: float = 1.0
    intensity: float = 0.5
    mask: float = 0.5
    lock: float = 3.0
    softness: float = 1.5
    margin: float = 1.5
    reach: float = 1.5
    share: float = 0.5
    coupling: float = 8.0
    stiffness: float = 0.5
    sharpness: float = 1.0


TRUST = Trust()
SURE = 4.0
"""Log-odds of a stroke."""
MODEL_MOST = 4.0
"""Bound of the model's log-odds: no model is surer than that."""
FIRST_RADIUS = 5.0
"""Voxels; the least radius that a structure is thought to have at its first stroke."""
LIKE = 0.3
"""Share of the image's standard deviation by which intensities may differ from those under a first stroke."""
CORE = 2.0
"""Voxels around a stroke that show the intensities under it."""


def signed_distance(mask: Mask, spacing: Sequence[float]) -> Scores | None:
    """Distance in mm to the border of a mask (k, j, i), positive inside; None where all or no voxels are in it."""
    if mask.all() or not mask.any():
        return None
    half = min(spacing) / 2
    inside = ndimage.distance_transform_edt(mask, sampling=spacing)
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing)
    return np.where(mask, inside - half, half - outside).astype(np.float32)


def log_odds(probability: Scores) -> Scores:
    """Of probabilities from 0 to 1, within ±`MODEL_MOST`."""
    least = 1 / (1 + np.exp(MODEL_MOST))
    bounded = np.clip(probability, least, 1 - least)
    return np.log(bounded / (1 - bounded)).astype(np.float32)


def is_small(mask: Mask) -> bool:
    """Whether a mask (k, j, i) is less than a ball, or in one slice a disc, of `FIRST_RADIUS`: nothing to go by."""
    planar = 1 in mask.shape
    least = np.pi * FIRST_RADIUS**2 if planar else 4 / 3 * np.pi * FIRST_RADIUS**3
    return int(np.count_nonzero(mask)) < least


def size_at(image: NDArray[np.float32], distance: Scores, spacing: Sequence[float]) -> float:
    """Radius in mm of the alike tissue around a first stroke; ``distance`` is that to the stroke, in mm.

    The first shell, one voxel thick, of which more than half looks different.
    """
    finest = min(spacing)
    smooth = np.stack([ndimage.gaussian_filter(one, [float(n > 1) for n in one.shape]) for one in image])
    core = distance <= CORE * finest
    unlike = np.zeros(distance.shape, np.float32)
    for channel in smooth:
        allowed = max(2.5 * float(channel[core].std()), LIKE * float(channel.std()), 1e-12)
        unlike += np.abs(channel - channel[core].mean()) > allowed
    shell = (distance / finest).astype(np.intp)
    counts = np.bincount(shell.ravel())
    shares = np.bincount(shell.ravel(), weights=unlike.ravel() / len(image)) / np.maximum(counts, 1)
    differing = np.flatnonzero(shares > 0.5)
    return float(differing[0] if len(differing) else len(shares)) * finest


def intensity_ratio(levels: Levels, mask: Mask, distance: Scores, radius: float, finest: float, trust: Trust) -> Scores:
    """Log-likelihood ratio (k, j, i) for the tissue of ``mask`` and of the stroke, against what is around them."""
    if levels.blank:
        return np.zeros(mask.shape, np.float32)
    marked = mixed(levels.histograms(mask), levels.histograms(distance <= 1.5 * finest), trust.share)
    around = levels.histograms(~mask & (distance > radius))
    if marked is None or around is None:
        return np.zeros(mask.shape, np.float32)
    return levels.ratio(marked, around)
