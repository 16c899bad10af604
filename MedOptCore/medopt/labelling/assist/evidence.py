"""What speaks for and against a voxel: the model, the intensities, the mask as it is, and how far the stroke is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.labelling.assist.features import Features
from medopt.labelling.assist.random_field import Links
from medopt.labelling.assist.reach import FIRST_RADIUS, Reach, distance_to, reach_of, size_at
from medopt.labelling.assist.tissue import Levels, mixed
from medopt.labelling.assist.trust import Trust

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]


FAR = 0.25
"""Power of a stroke's influence: what is twice as far is locked as what it no longer changes."""
AROUND = 2.0
"""Radii beyond which the surroundings of a first stroke are looked for; later ones have a mask to go by."""


def evidence_of(
    features: Features, mask: Mask, seeds: NDArray[np.intp], earlier: NDArray[np.intp], adds: bool, trust: Trust
) -> tuple[Scores, float, Links]:
    """Log-odds for what the stroke marks (the structure, or what is around it), how far it reaches in mm, and where
    neighbours hold together: at a structure's first stroke not across the model's edges. A later one says that the
    model is wrong there, so its edges count no longer.

    ``seeds`` and ``earlier`` are the voxels (n, 3) of the stroke and of those that the mask follows already.
    """
    spacing = features.spacing
    finest = min(spacing)
    here = mask if adds else ~mask
    signed = signed_distance(here, spacing)
    distance = distance_to(seeds, mask.shape, spacing)
    radius = finest
    if signed is not None:
        radius = max(float(-signed[tuple(seeds.T)].min()), radius)
    first = signed is None or (adds and is_small(mask))
    model = features.model if features.model is None or adds else -features.model
    if first:
        if model is not None and float(model[tuple(seeds.T)].mean()) < 0:
            model = None  # it has not seen the structure at all: its certainty is worth nothing here
        radius = max(radius, FIRST_RADIUS * finest)
        if model is None and signed is None:
            radius = max(radius, size_at(features, distance))
    border = None if first else signed
    reach = reach_of(radius, trust.reach, distance, border, seeds, earlier, adds, spacing, guess=model is None)
    lock = trust.lock if not first else trust.first if model is None else 0.0
    kept = trust.mask + lock * (1 - reach.loose**FAR)
    if signed is not None:
        evidence = kept * np.tanh(signed / (trust.softness * finest))
    else:
        evidence = np.zeros(mask.shape, np.float32) if model is not None else -kept
    evidence += trust.intensity * intensity_ratio(features.levels, here, distance, reach, finest, trust)
    if model is not None:
        evidence += (trust.model if first else trust.corrected) * model
    marked = float(evidence[tuple(seeds.T)].mean())
    evidence += max(0.0, trust.margin - marked, -2 * marked) * reach.near
    return evidence.astype(np.float32), radius, features.links_seen if first else features.links


def signed_distance(mask: Mask, spacing: Sequence[float]) -> Scores | None:
    """Distance in mm to the border of a mask (k, j, i), positive inside; None where all or no voxels are in it."""
    if mask.all() or not mask.any():
        return None
    half = min(spacing) / 2
    inside = ndimage.distance_transform_edt(mask, sampling=spacing)
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing)
    return np.where(mask, inside - half, half - outside).astype(np.float32)


def is_small(mask: Mask) -> bool:
    """Whether a mask (k, j, i) is less than a ball, or in one slice a disc, of `FIRST_RADIUS`: nothing to go by."""
    planar = 1 in mask.shape
    least = np.pi * FIRST_RADIUS**2 if planar else 4 / 3 * np.pi * FIRST_RADIUS**3
    return int(np.count_nonzero(mask)) < least


def intensity_ratio(levels: Levels, mask: Mask, distance: Scores, reach: Reach, finest: float, trust: Trust) -> Scores:
    """Log-likelihood ratio (k, j, i) for the tissue of ``mask`` and of the stroke, against what is around them."""
    if levels.blank:
        return np.zeros(mask.shape, np.float32)
    marked = mixed(levels.histograms(mask), levels.histograms(distance <= 1.5 * finest), trust.share)
    far = reach.radius * (1.0 if mask.any() else AROUND)
    around = levels.histograms(~mask & (reach.distance > far))
    if marked is None or around is None:
        return np.zeros(mask.shape, np.float32)
    return levels.ratio(marked, around)
