"""Leave no crumbs: what an answer adds hangs on the strokes, has no holes, and what it cuts leaves no islands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.labelling.assist.strokes import Strokes

Mask = NDArray[np.bool_]


def connected_to(mask: Mask, seeds: NDArray[np.intp]) -> Mask:
    """The parts of ``mask`` (k, j, i) that hold one of the ``seeds`` (n, 3); parts are voxels that touch by faces."""
    parts, count = ndimage.label(mask)
    keep = np.zeros(count + 1, bool)
    keep[parts[tuple(seeds.T)]] = True
    keep[0] = False
    return keep[parts]


def firmly_connected_to(mask: Mask, seeds: NDArray[np.intp], spacing: Sequence[float], width: float) -> Mask:
    """The part of ``mask`` (k, j, i) that hangs on the ``seeds`` (n, 3) without a neck narrower than ``width``.

    ``width`` is in mm; where the mask is narrower around a seed, the seed's own width counts. What is narrow itself
    counts as far as it lies within half a ``width`` of the rest. In an array of one slice widths are the slice's.
    """
    whole = connected_to(mask, seeds)
    if width <= min(spacing):
        return whole
    sides = [(1, 1) if n > 1 else (0, 0) for n in mask.shape]
    inner = tuple(slice(1, -1) if n > 1 else slice(None) for n in mask.shape)
    depth = ndimage.distance_transform_edt(np.pad(whole, sides, mode="edge"), sampling=spacing)[inner]
    half = min(width / 2, float(depth[tuple(seeds.T)].min()))
    core = connected_to(depth >= half, seeds)
    return whole & (ndimage.distance_transform_edt(~core, sampling=spacing) <= half + min(spacing))


def enclosed(mask: Mask, most: float) -> Mask:
    """Voxels outside of ``mask`` that it encloses, in holes of up to ``most`` voxels each.

    A hole is bounded by the mask on all sides; what reaches the border of the array is none. In an array of one slice
    holes are those of the slice.
    """
    open_sides = [(1, 1) if n > 1 else (0, 0) for n in mask.shape]
    inner = tuple(slice(1, -1) if n > 1 else slice(None) for n in mask.shape)
    parts, count = ndimage.label(np.pad(~mask, open_sides, constant_values=True))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    hole = sizes <= most
    hole[[0, parts.flat[0]]] = False
    return hole[parts[inner]]


def obeyed(
    current: Mask, changed: Mask, strokes: Strokes, active: NDArray[np.intp], adds: bool, allowed: Mask | None
) -> Mask:
    """The mask with the change in it: tidy, within what is allowed, and true to every stroke."""
    here = current if adds else ~current
    kept = strokes.negative if adds else strokes.positive
    changed = changed & ~here
    if allowed is not None:
        changed &= allowed
    changed[tuple(kept.T)] = False
    changed[tuple(active.T)] = True
    changed = connected_to(changed, active)
    holes = enclosed(here | changed, float(np.count_nonzero(changed)))
    holes[tuple(kept.T)] = False
    if allowed is not None:
        holes &= allowed
    here = here | changed | holes
    return here if adds else ~here
