"""What speaks for and against a voxel: the model, the intensities, the mask as it is, and how far the stroke is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.labelling.assist.features import Features
from medopt.labelling.assist.tissue import Levels, mixed
from medopt.labelling.assist.trust import Trust

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]


FIRST_RADIUS = 5.0
"""Voxels; the least radius that a structure is thought to have at its first stroke."""
LIKE = 0.3
"""Share of the image's standard deviation by which intensities may differ from those under a first stroke."""
FAR = 0.25
"""Power of a stroke's influence: what is twice as far is locked as what it no longer changes."""
CORE = 2.0
"""Voxels around a stroke that show the intensities under it."""


def evidence_of(
    features: Features, mask: Mask, seeds: NDArray[np.intp], adds: bool, trust: Trust
) -> tuple[Scores, float]:
    """Log-odds for what the stroke marks (the structure, or what is around it), and how far it reaches in mm."""
    spacing = features.spacing
    finest = min(spacing)
    here = mask if adds else ~mask
    signed = signed_distance(here, spacing)
    off = np.ones(mask.shape, bool)
    off[tuple(seeds.T)] = False
    distance = ndimage.distance_transform_edt(off, sampling=spacing).astype(np.float32)
    radius = finest
    if signed is not None:
        radius = max(float(-signed[tuple(seeds.T)].min()), radius)
    first = signed is None or (adds and is_small(mask))
    model = features.model if features.model is None or adds else -features.model
    if first:
        if model is not None and float(model[tuple(seeds.T)].mean()) < 0:
            model = None  # it has not seen the structure at all: its certainty is worth nothing here
        radius = max(radius, FIRST_RADIUS * finest)
        if model is None:
            radius = max(radius, size_at(features.image, distance, spacing))
    near = np.exp(-0.5 * (distance / (trust.reach * radius)) ** 2).astype(np.float32)
    evidence = np.full(mask.shape, 0 if model is not None else -trust.mask, np.float32)
    if signed is not None:
        kept = trust.mask + (0 if first else trust.lock) * (1 - near**FAR)
        evidence = kept * np.tanh(signed / (trust.softness * finest))
    evidence += trust.intensity * intensity_ratio(features.levels, here, distance, radius, finest, trust)
    if model is not None:
        evidence += trust.model * model
    marked = float(evidence[tuple(seeds.T)].mean())
    evidence += max(0.0, trust.margin - marked, -2 * marked) * near
    return evidence.astype(np.float32), radius


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
