"""What is the object inside of this box, or inside of this line: foreground against surroundings, in a slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from medopt.errors import MedOptError
from medopt.labelling.assist.features import log_odds
from medopt.labelling.assist.patch import Box3, Patch
from medopt.labelling.assist.piece import Piece
from medopt.labelling.assist.random_field import Links, solve
from medopt.labelling.assist.tidy import enclosed
from medopt.labelling.assist.tissue import Levels, ranges_of
from medopt.labelling.assist.trust import SURE, TRUST

Mask = NDArray[np.bool_]

ROUNDS = 4
"""Of learning both tissues anew, as GrabCut does."""
STEPS = 40
COUPLING = 4.0
AROUND = 0.4
"""Share of an outline's size within which its surroundings are looked at."""
CORE = 0.5
"""Depth, as a share of the deepest, beyond which all is taken for the object at first."""
INTENSITY = 1.0
"""Weight of the intensities; more than for strokes, as an outline tells both tissues."""


@dataclass(frozen=True)
class Prior:
    """Log-odds of the object in the middle of an outline, just inside of it, and outside."""

    middle: float
    line: float
    outside: float


BOX_PRIOR = Prior(1.0, -1.0, -SURE)
"""A box touches the object in places."""
LASSO_PRIOR = Prior(1.5, 1.0, -1.0)
"""A lasso is drawn along the edge."""


def box(piece: Piece, points: ArrayLike, *, belongs: bool = True) -> Patch:
    """The object in a rectangle that was dragged around it; added to the segment, or taken away.

    Parameters
    ----------
    piece : one slice, or a volume
    points : (n, 3) indices (k, j, i), its corners; fractions allowed, what lies outside of the piece is cut off

    The intensities within and around it and the model's probabilities are weighed as in GrabCut (Rother et al. 2004),
    with a random walk with priors in place of the graph cut. Without any contrast all of the box is the object's
    middle. Nothing outside of the box changes. Raises MedOptError when no voxel lies in it.
    """
    corners = np.asarray(points, float).reshape(-1, 3)
    shape = np.asarray(piece.current.shape)
    low = np.clip(np.ceil(corners.min(axis=0) - 1e-6), 0, shape).astype(int)
    high = np.clip(np.floor(corners.max(axis=0) + 1e-6) + 1, 0, shape).astype(int)
    if (low >= high).any():
        raise MedOptError("the box holds no voxel", remedy="Drag a larger one, in the image")
    inside = np.zeros(piece.current.shape, bool)
    inside[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return piece.changed(_object(piece, inside, BOX_PRIOR), belongs)


def lasso(piece: Piece, points: ArrayLike, axis: int, *, belongs: bool = True) -> Patch:
    """The object within a line that was drawn roughly along its edge, as `box`; the edge nearest to the line counts.

    Parameters
    ----------
    piece : one slice across ``axis``
    points : (n, 3) indices (k, j, i) of the line, in its order; it is closed
    axis : of (k, j, i), what the view looks along

    Raises MedOptError when no voxel lies within the line.
    """
    across = [one for one in range(3) if one != axis]
    inside = _within(np.asarray(points, float)[:, across], [piece.current.shape[one] for one in across])
    if not inside.any():
        raise MedOptError("no voxel lies within the line", remedy="Draw around a larger part, in the image")
    whole = np.zeros(piece.current.shape, bool)
    whole[:] = np.expand_dims(inside, axis)
    return piece.changed(_object(piece, whole, LASSO_PRIOR), belongs)


def _within(corners: NDArray[np.float64], shape: list[int]) -> Mask:
    """Pixels whose centre lies in a polygon (n, 2), by the even-odd rule."""
    rows, columns = np.arange(shape[0], dtype=float), np.arange(shape[1], dtype=float)
    result = np.zeros(shape, bool)
    for (r0, c0), (r1, c1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        crossed = (r0 <= rows) != (r1 <= rows)
        if crossed.any():
            place = c0 + (rows[crossed] - r0) * (c1 - c0) / (r1 - r0)
            result[crossed] ^= columns[np.newaxis] < place[:, np.newaxis]
    return result


def _object(piece: Piece, inside: Mask, prior: Prior) -> Mask:
    """What of ``inside`` is the object."""
    voxels = np.argwhere(inside)
    spans = np.ptp(voxels, axis=0) + 1
    margin = [max(4, int(AROUND * n)) if whole > 1 else 0 for n, whole in zip(spans, inside.shape, strict=True)]
    near = Box3.around(voxels, inside.shape, margin)
    part, inner = piece.part(near), inside[near.slices]
    found = np.zeros_like(inside)
    found[near.slices] = _separated(part, inner, prior)
    return found


def _separated(piece: Piece, inside: Mask, prior: Prior) -> Mask:
    depth = _depth(inside, piece.spacing)
    share = (depth / depth.max()).astype(np.float32)
    rising = prior.line + (prior.middle - prior.line) * np.minimum(1, share / CORE)
    expected = np.where(inside, rising, prior.outside).astype(np.float32)
    if piece.probability is not None:
        expected += TRUST.model * log_odds(piece.probability)
    seen = piece.image
    if piece.probability is not None:
        seen = np.concatenate([seen, piece.probability[np.newaxis]])
    links = Links.of(seen, piece.spacing, TRUST.sharpness)
    levels = Levels(piece.image, ranges_of(piece.image))
    found = inside & (share >= CORE)
    if piece.probability is not None and (inside & (piece.probability > 0.5)).any():
        found = inside & (piece.probability > 0.5)
    outside = np.full(inside.shape, prior.outside, np.float32)
    for _round in range(ROUNDS):
        evidence = expected + INTENSITY * _ratio(levels, found, ~found)
        new = (solve(evidence, links, COUPLING, ~inside, outside, STEPS) > 0) & inside
        if not new.any() or (new == found).all():
            break
        found = new
    parts, count = ndimage.label(found)
    if count > 1:
        found = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    return found | (enclosed(found, float(np.count_nonzero(found))) & inside)


def _ratio(levels: Levels, inside: Mask, outside: Mask) -> NDArray[np.float32]:
    one, other = levels.histograms(inside), levels.histograms(outside)
    if levels.blank or one is None or other is None:
        return np.zeros(inside.shape, np.float32)
    return levels.ratio(one, other)


def _depth(inside: Mask, spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """Distance in mm to what is not inside; beyond the array nothing is."""
    sides = [(1, 1) if n > 1 else (0, 0) for n in inside.shape]
    inner = tuple(slice(1, -1) if n > 1 else slice(None) for n in inside.shape)
    if not any(before for before, _ in sides):
        return np.ones(inside.shape)
    return ndimage.distance_transform_edt(np.pad(inside, sides), sampling=spacing)[inner]
