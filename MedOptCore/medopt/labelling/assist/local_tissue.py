"""Tools that keep to the tissue under the mouse: a brush that stops at edges, and growth in a slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.errors import MedOptError
from medopt.labelling.assist.patch import Box3, Patch
from medopt.labelling.assist.piece import Piece
from medopt.labelling.assist.strokes import as_indices, check_within
from medopt.labelling.assist.tidy import connected_to, enclosed

Mask = NDArray[np.bool_]

TOLERANCE = 2.5
"""Standard deviations by which alike tissue may differ."""
NEAR = 2.0
"""Voxels of the finest axis around the mouse whose intensities are the tissue's."""
BLUR = 0.7
"""Of the image in voxels, against noise."""
ROUNDS = 5
"""Of learning the tissue anew from what has grown."""
MOST_WIDER = 2.0
"""How much larger the tolerance may become than the first, which keeps growth from running away."""
HOLES = 0.1
"""Holes of up to this share of what was found are filled."""


def smart_brush(piece: Piece, line: NDArray[np.intp], radius: float, *, belongs: bool = True) -> Patch:
    """Paint along a line with a disc (in a volume a ball) that takes only what looks like the tissue under its centre.

    Parameters
    ----------
    line : (n, 3) voxels that the centre has passed, at least one
    radius : mm

    Each voxel is compared with the tissue under the nearest part of the line, so a long stroke follows slow changes;
    what is painted hangs together with the line. The line itself is painted always. Raises MedOptError for a line that
    leaves the piece, and for a radius that is not above 0.
    """
    line = _checked(line, piece)
    if not radius > 0:
        raise MedOptError("wrong radius of the brush", expected="above 0 mm", found=f"{radius:g}")
    margin = [int(np.ceil(radius / mm)) + 3 for mm in piece.spacing]
    near = Box3.around(line, piece.current.shape, margin)
    part, seeds = piece.part(near), line - near.start
    marked = np.zeros(part.current.shape, bool)
    marked[tuple(seeds.T)] = True
    distance, nearest = ndimage.distance_transform_edt(~marked, sampling=part.spacing, return_indices=True)
    smooth = _smooth(part)
    core = distance <= NEAR * part.finest
    alike = np.ones(marked.shape, bool)
    for channel in smooth:
        # the tissue along the line: mean of the core's voxels around each, which a narrow blur of both gives
        weight = _blurred(core.astype(np.float32), part, NEAR)
        mean = _blurred(np.where(core, channel, 0).astype(np.float32), part, NEAR) / np.maximum(weight, 1e-6)
        local = mean[tuple(nearest)]
        spread = _spread(channel[core] - local[core], channel)
        alike &= np.abs(channel - local) <= TOLERANCE * spread
    found = np.zeros_like(piece.current)
    painted = connected_to(((distance <= radius) & alike) | marked, seeds)
    painted |= enclosed(painted, HOLES * np.count_nonzero(painted)) & (distance <= radius)
    found[near.slices] = painted
    return piece.changed(found, belongs)


def grow_2d(piece: Piece, seeds: NDArray[np.intp], *, belongs: bool = True) -> Patch:
    """The uniform region around a click, in the slice: grows while intensities stay within a tolerance.

    Parameters
    ----------
    piece : one slice; in a volume it grows in three dimensions
    seeds : (n, 3) voxels that were clicked, at least one

    The tissue is known from the voxels around the seeds first, and is learned anew from what has grown (confidence
    connected growth, as in ITK), but its tolerance no more than doubles. Raises MedOptError for seeds outside of the
    piece.
    """
    seeds = _checked(seeds, piece)
    marked = np.ones(piece.current.shape, bool)
    marked[tuple(seeds.T)] = False
    core = ndimage.distance_transform_edt(marked, sampling=piece.spacing) <= NEAR * piece.finest
    smooth = _smooth(piece)
    first = [_spread(channel[core] - np.median(channel[core]), channel) for channel in smooth]
    region = core
    grown = core
    for _round in range(ROUNDS):
        alike = np.ones(region.shape, bool)
        for channel, least in zip(smooth, first, strict=True):
            values = channel[region]
            spread = min(max(float(values.std()), least), MOST_WIDER * least)
            alike &= np.abs(channel - values.mean()) <= TOLERANCE * spread
        alike[tuple(seeds.T)] = True
        new = connected_to(alike, seeds)
        if (new == grown).all():
            break
        region = grown = new
    # the blur has made the outermost layer of the tissue unlike it: it is compared as it is
    rim = ndimage.binary_dilation(grown) & ~grown
    for channel in piece.image:
        rim &= np.abs(channel - channel[grown].mean()) <= TOLERANCE * max(float(channel[grown].std()), 1e-6)
    grown = grown | rim
    return piece.changed(grown | enclosed(grown, HOLES * np.count_nonzero(grown)), belongs)


def _checked(voxels: NDArray[np.intp], piece: Piece) -> NDArray[np.intp]:
    found = as_indices(voxels, "the stroke's voxels")
    check_within(found, piece.current.shape, "the stroke's voxels")
    if not len(found):
        raise MedOptError("nothing was drawn", remedy="Draw in the image")
    return found


def _smooth(piece: Piece) -> list[NDArray[np.float32]]:
    return [_blurred(channel, piece, BLUR) for channel in piece.image]


def _blurred(array: NDArray[np.float32], piece: Piece, voxels: float) -> NDArray[np.float32]:
    """Gaussian blur by so many voxels of the finest axis, as far in mm along the others."""
    widths = [
        voxels * piece.finest / mm if n > 1 else 0.0 for mm, n in zip(piece.spacing, piece.current.shape, strict=True)
    ]
    return ndimage.gaussian_filter(array, widths)


def _spread(differences: NDArray[np.float32], channel: NDArray[np.float32]) -> float:
    """Standard deviation of a tissue, by its median absolute deviation; a little of the image's at least."""
    robust = 1.4826 * float(np.median(np.abs(differences)))
    return max(robust, 0.02 * float(np.ptp(channel)), 1e-6)
