"""Distances between the surfaces of two masks, measured once; NSD, HD95, HD and ASSD only read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.metrics.elements import PatchTable, patch_table
from medopt.metrics.nearest import Patches, nearest_distances

SurfacePoints = Literal["patch", "corner"]
"""Where a patch of surface is taken to lie: at its own centroid, or at the middle of its cell (a voxel corner)."""

TIE = 1e-6
"""mm by which a distance may exceed a tolerance and still meet it: sums of spacings are rarely exact in binary."""


@dataclass(frozen=True, eq=False)
class SurfaceDistances:
    """For every surface patch of one mask, how far the other mask's surface is.

    Parameters
    ----------
    from_reference : (n,) mm from each patch of the reference to the nearest patch of the prediction, ascending
    reference_measure : (n,) area of these patches in mm² (length in mm for 2D images)
    from_prediction, prediction_measure : (m,) the same, the other way round
    diagonal : mm between opposite corners of the whole image, the distance told when one mask is empty

    Both are empty arrays for a mask without voxels; ``empty`` says which.
    """

    from_reference: NDArray[np.float64]
    reference_measure: NDArray[np.float64]
    from_prediction: NDArray[np.float64]
    prediction_measure: NDArray[np.float64]
    diagonal: float

    @property
    def both_empty(self) -> bool:
        """True when neither mask has a voxel."""
        return not self.reference_measure.size and not self.prediction_measure.size

    @property
    def one_empty(self) -> bool:
        """True when exactly one mask has no voxel."""
        return bool(self.reference_measure.size) != bool(self.prediction_measure.size)


def measure_surfaces(
    reference: NDArray,
    prediction: NDArray,
    spacing: Sequence[float],
    *,
    diagonal: float | None = None,
    points: SurfacePoints = "patch",
    two_d: bool | None = None,
) -> SurfaceDistances:
    """Measure the distances between the surfaces of two binary masks.

    A surface is the set of patches of ``medopt.metrics.elements``: it runs halfway between inside and outside voxel
    centres and is weighted by area. Outside the array everything counts as background, so a mask is closed where the
    image ends. A distance goes from the point of a patch to the nearest point of a patch of the other surface.

    With ``points="patch"`` (the default) these points are the patches' centroids, which agrees with analytic
    spheres and boxes to a small part of a voxel. With ``points="corner"`` they are the voxel corners at the middle of
    their cells: the definition of Nikolov et al., "Clinically applicable segmentation of head and neck anatomy",
    J Med Internet Res 2021;23(7):e26151, as in the surface-distance package and in MONAI's surface Dice with
    ``use_subvoxels=True``; small gaps between surfaces then come out up to half a voxel too short.
    MONAI's Hausdorff and average distances differ from both: they take centres of border voxels, all of one weight.

    Distances within eight voxels are exact, and so are larger ones of up to 5,000 patches. Where more lie so far off,
    as of a prediction gone astray, these may come out too long by a small part of a voxel
    (``medopt.metrics.nearest``).

    Parameters
    ----------
    reference, prediction : (k, j, i) masks of one shape, bool or any dtype where nonzero is inside; with k = 1 the
        image is 2D and the surface its contour in the plane
    spacing : mm between voxel centres along (k, j, i)
    diagonal : mm between opposite corners of the image; give it when the arrays are cropped out of a larger one
    points : where patches lie, see above
    two_d : whether the image is 2D; by default it is when k = 1, so give it when the arrays are cropped

    Raises MedOptError when the shapes differ, are not 3D, or the spacing is not three positive numbers.
    """
    spacing = _check(reference, prediction, spacing, points)
    if diagonal is None:
        diagonal = math.dist((0, 0, 0), [n * s for n, s in zip(reference.shape, spacing, strict=True)])
    box = _joint_box(reference, prediction)
    if box is None:
        nothing = np.zeros(0)
        return SurfaceDistances(nothing, nothing, nothing, nothing, diagonal)
    flat = reference.shape[0] == 1 if two_d is None else two_d
    table = patch_table(tuple(spacing[1:] if flat else spacing))
    reference_codes, prediction_codes = _codes(reference[box], flat), _codes(prediction[box], flat)
    one = _patches(reference_codes, table, spacing, points)
    other = _patches(prediction_codes, table, spacing, points)
    same = (reference_codes == prediction_codes).reshape(-1)
    return SurfaceDistances(*_sorted_distances(one, other, same), *_sorted_distances(other, one, same), diagonal)


def _patches(codes: NDArray, table: PatchTable, spacing: Sequence[float], at: SurfacePoints) -> Patches:
    """The patches of all cells of ``codes``."""
    flat = np.flatnonzero(table.count.astype(bool)[codes])
    code = codes.reshape(-1)[flat]
    middle = np.stack(np.unravel_index(flat, codes.shape), axis=1) * np.asarray(spacing)
    points, measures, cells = [], [], []
    for number in range(int(table.count.max())):
        chosen = table.count[code] > number if number else slice(None)
        points.append(middle[chosen] + (table.center[code[chosen], number] if at == "patch" else 0.0))
        measures.append(table.measure[code[chosen], number])
        cells.append(flat[chosen])
    return Patches(np.concatenate(points), np.concatenate(measures), np.concatenate(cells), codes.shape, spacing)


def _sorted_distances(
    source: Patches, target: Patches, same: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances in mm, ascending, and the measures in that order; infinite when ``target`` is empty.

    ``same`` says for every cell whether both masks fill it alike: patches there have no distance.
    """
    if not target.measure.size:
        return np.full(source.measure.size, np.inf), source.measure
    distances = np.zeros(source.measure.size)
    apart = np.flatnonzero(~same[source.cells])
    if apart.size:
        distances[apart] = nearest_distances(apart, source, target)
    order = np.argsort(distances)
    return distances[order], source.measure[order]


def _codes(mask: NDArray, flat: bool) -> NDArray:
    """Codes of all cells that touch the mask (k, j, i): uint8, one cell more than voxels along each axis (not k, if
    ``flat``)."""
    bits: NDArray = np.pad(mask != 0, [(0, 0) if flat else (1, 1), (1, 1), (1, 1)]).view(np.uint8)
    bits = bits[:, :, :-1] | (bits[:, :, 1:] << 1)
    bits = bits[:, :-1] | (bits[:, 1:] << 2)
    return bits if flat else bits[:-1] | (bits[1:] << 4)


def _joint_box(*masks: NDArray) -> tuple[slice, slice, slice] | None:
    """The smallest box that holds the voxels of all masks; None when there are none."""
    shape = masks[0].shape
    first, last = list(shape), [0, 0, 0]
    for mask in masks:
        part: tuple[slice, ...] = (slice(None),) * 3
        for axis in range(3):  # each axis looks only at what the axes before it left over
            hit = np.flatnonzero(mask[part].any(axis=tuple(a for a in range(3) if a != axis)))
            if not hit.size:
                break
            part = (*part[:axis], slice(int(hit[0]), int(hit[-1]) + 1), *part[axis + 1 :])
        else:
            first = [min(f, p.start) for f, p in zip(first, part, strict=True)]
            last = [max(e, p.stop) for e, p in zip(last, part, strict=True)]
    if last[0] == 0:
        return None
    k, j, i = (slice(f, e) for f, e in zip(first, last, strict=True))
    return k, j, i


def _check(reference: NDArray, prediction: NDArray, spacing: Sequence[float], points: str) -> tuple[float, ...]:
    if reference.shape != prediction.shape or reference.ndim != 3:
        raise MedOptError(
            "the masks do not fit together",
            expected="two arrays of one shape (k, j, i)",
            found=f"{reference.shape} and {prediction.shape}",
        )
    if len(spacing) != 3 or not all(math.isfinite(s) and s > 0 for s in spacing):
        raise MedOptError("wrong spacing", expected="three numbers above 0 mm", found=str(tuple(spacing)))
    if points not in get_args(SurfacePoints):
        raise MedOptError("unknown surface points", expected=" or ".join(get_args(SurfacePoints)), found=str(points))
    return tuple(float(s) for s in spacing)
