"""How far a stroke reaches: as far as what is wrong is deep, or as the tissue looks alike, and along the border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.labelling.assist.features import Features

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]
Voxels = NDArray[np.intp]

FIRST_RADIUS = 5.0
"""Voxels; the least radius that a structure is thought to have at its first stroke."""
CORE = 2.0
"""Voxels around a stroke that show the intensities under it."""
LEAST_RISE = 0.03
"""Standard deviations of the image; a border that stands out less is none."""
CLEAR = 0.6
"""Share of the clearest border's rise that makes a nearer one the structure's."""
MIDDLE = 0.5
"""Share of a mask's greatest depth; a stroke deeper than that has begun the structure."""
STRETCH = 1.5
"""How many times as far as across it a stroke reaches along the border of a model's mask, whose errors are thin."""
ALONG = 0.6
"""Share of a mask's greatest depth that a stroke reaches along the border of a structure that a stroke has begun."""


@dataclass(frozen=True, eq=False)
class Reach:
    """What a stroke concerns; arrays are float32 (k, j, i).

    Parameters
    ----------
    radius : mm
    near : 0 to 1, how much of the stroke's own a voxel is
    loose : 0 to 1, where the mask may change by it; at least ``near``
    distance : mm to the stroke or, where it speaks for the border, to its depth there
    """

    radius: float
    near: Scores
    loose: Scores
    distance: Scores


def reach_of(
    radius: float,
    share: float,
    distance: Scores,
    signed: Scores | None,
    seeds: Voxels,
    earlier: Voxels,
    adds: bool,
    spacing: Sequence[float],
    *,
    guess: bool,
) -> Reach:
    """Of a stroke of voxels ``seeds`` (n, 3), a Gaussian of width ``share`` * ``radius``.

    On a mask that a model made it is longer along the border than across it.

    A mask that was begun by a stroke into its middle is a guess still: its border is likely as wrong elsewhere as it is
    at the next stroke. So that stroke also reaches along all of the border, and loosens all voxels as deep as itself,
    to which no earlier stroke is nearer: the first one all around, later ones less and less.

    Parameters
    ----------
    distance : mm to the stroke (k, j, i)
    signed : mm to the border of what the stroke adds to, positive inside; None where there is none
    earlier : (n, 3) voxels of strokes that are followed already
    adds : whether the mask becomes larger by it
    spacing : mm along (k, j, i)
    guess : whether strokes or a hand have made the mask, and not a model
    """
    width, finest = share * radius, min(spacing)
    near = np.exp(-0.5 * (distance / width) ** 2).astype(np.float32)
    if signed is None or (guess and not len(earlier)):
        return Reach(radius, near, near, distance)
    off = np.abs(signed - float(signed[tuple(seeds.T)].mean()))
    along = np.maximum(distance**2 - off**2, 0)
    if not guess:
        near = np.exp(-0.5 * (off**2 + along / STRETCH**2) / width**2).astype(np.float32)
        return Reach(radius, near, near, distance)
    inward = signed if adds else -signed
    depth, size = inward[tuple(earlier.T)], float(inward.max())
    begun = depth > MIDDLE * size
    if not begun.any():
        return Reach(radius, near, near, distance)
    own = np.ones_like(distance)
    if not adds:  # what lies nearer to the depth of the beginning than to that of this stroke is not its own
        own *= _shared(off, np.abs(signed + float(depth.max())), finest)
    if not begun.all():
        own *= _shared(distance, distance_to(earlier[~begun], distance.shape, spacing), finest)
    deep = np.exp(-0.5 * (off / width) ** 2) * own
    near = np.maximum(near, deep * np.exp(-0.5 * along / max(ALONG * size, width) ** 2)).astype(np.float32)
    loose = np.maximum(near, deep).astype(np.float32)
    return Reach(radius, near, loose, np.where(own > 0.5, np.minimum(distance, off), distance))


def distance_to(voxels: Voxels, shape: Sequence[int], spacing: Sequence[float]) -> Scores:
    """Distance in mm of each voxel (k, j, i) to the nearest of ``voxels`` (n, 3), of which there is one at least."""
    off = np.ones(shape, bool)
    off[tuple(voxels.T)] = False
    return ndimage.distance_transform_edt(off, sampling=spacing).astype(np.float32)


def _shared(own: Scores, other: Scores, finest: float) -> Scores:
    """1 where a stroke is much nearer than others, 0 where they are, a half in between."""
    return (1 / (1 + (own / np.maximum(other, finest / 2)) ** 2)).astype(np.float32)


def size_at(features: Features, distance: Scores) -> float:
    """Radius in mm of the structure around a first stroke; ``distance`` is that to the stroke, in mm.

    Shell by shell, one voxel thick, the mean difference to the intensities under the stroke is looked at. The
    structure ends at the first rise of it that is nearly as large as the largest one; rises are compared at their own
    scale, half a radius inwards and outwards, as in the choice of scale of a blob (Lindeberg 1998). Where nothing
    rises, the region shows the structure only.
    """
    finest = min(features.spacing)
    core = distance <= CORE * finest
    unlike = np.zeros(distance.shape, np.float32)
    for channel, spread in zip(features.image, features.spreads, strict=True):
        smooth = ndimage.gaussian_filter(channel, [float(n > 1) for n in channel.shape])
        if spread > 0:
            unlike += np.abs(smooth - np.median(smooth[core])) / np.float32(spread * len(features.image))
    shell = (distance / finest).astype(np.intp).ravel()
    profile = np.bincount(shell, weights=unlike.ravel()) / np.maximum(np.bincount(shell), 1)
    beside = profile[int(CORE) : int(FIRST_RADIUS)]
    if len(beside):
        profile = np.maximum(profile, beside.mean())  # the innermost voxels are like themselves, noise and all
    radii = np.arange(2, len(profile))
    until = np.minimum(radii + np.maximum(radii // 2, 2), len(profile))
    since = radii // 2
    total = np.concatenate([[0.0], np.cumsum(profile)])
    rise = (total[until] - total[radii]) / (until - radii) - (total[radii] - total[since]) / (radii - since)
    if not len(rise) or rise.max() <= LEAST_RISE:
        return len(profile) * finest
    return float(radii[np.flatnonzero(rise >= CLEAR * rise.max())[0]]) * finest
