"""Which voxel spacing all images get."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from medopt.training.advice.records import Reason

SAME_SPACING = 0.05
"""Relative difference of spacings up to which images are not resampled."""
ANISOTROPY = 3.0
"""An axis is coarse when its voxels are so many times as long as those of the others (nnU-Net)."""
COARSE_PERCENTILE = 10
"""Of the spacings of a coarse axis, in % (nnU-Net)."""
BOX_VOXELS = 16
"""Voxels that the smallest side of a box keeps when images are made coarser: four output cells of a detector."""
SMALL_BOXES = 5.0
"""Percentile, in %, of the boxes' sides that counts as the smallest."""


@dataclass(frozen=True)
class ChosenSpacing:
    """A spacing in mm along (k, j, i); ``resample`` is False when the images have it already.

    ``shape`` is the median size of the images at that spacing, in voxels.
    """

    spacing: tuple[float, float, float]
    shape: tuple[int, int, int]
    resample: bool
    reason: Reason


def choose_spacing(spacings: ArrayLike, shapes: ArrayLike, field: str) -> ChosenSpacing:
    """The spacing for cases of these (cases, 3) spacings in mm and shapes in voxels, along (k, j, i).

    The median, but the 10th percentile for a coarse axis, never finer than the others (Isensee et al. 2021). ``field``
    is where the step would stand in the recipe.
    """
    spaced, sized = np.asarray(spacings, float), np.asarray(shapes, float)
    target = np.median(spaced, axis=0)
    extents = spaced * sized
    figures: dict[str, float | int | str] = {
        "cases": len(spaced),
        "median_mm": _text(target),
        "smallest_mm": _text(spaced.min(axis=0)),
        "largest_mm": _text(spaced.max(axis=0)),
    }
    if np.abs(spaced / target - 1).max() <= SAME_SPACING:
        shape = _shape(extents, target)
        why = (
            f"The voxels of all images are alike within {100 * SAME_SPACING:.0f} % ({_text(target)} mm), so nothing is"
        )
        reason = Reason("preprocess.steps", None, f"{why} resampled.", figures, "spacing.same")
        return ChosenSpacing(_rounded(target), shape, False, reason)
    rule, why = "spacing.median", "The median spacing of the training cases, in mm along (k, j, i)."
    coarse = int(target.argmax())
    others = [axis for axis in range(3) if axis != coarse and np.median(sized[:, axis]) > 1]
    flat = np.median(sized[:, 0]) == 1
    ratio = float(target[coarse] / target[others].max()) if others else 1.0
    figures["anisotropy"] = round(ratio, 2)
    sides = np.median(extents, axis=0) / target
    if others and not flat and ratio > ANISOTROPY and sides[coarse] * ANISOTROPY < sides[others].min():
        fine = max(float(np.percentile(spaced[:, coarse], COARSE_PERCENTILE)), float(target[others].max()))
        figures[f"percentile_{COARSE_PERCENTILE}_mm"] = round(fine, 4)
        why = (
            f"The slices are {ratio:.1f} times as far apart as the other voxels, so this axis gets the "
            f"{COARSE_PERCENTILE}th percentile of its spacings, {fine:g} mm, not the median of {target[coarse]:g} mm."
        )
        target[coarse], rule = fine, "spacing.anisotropic"
    value = list(_rounded(target))
    return ChosenSpacing(
        _rounded(target), _shape(extents, target), True, Reason(f"{field}.spacing", value, why, figures, rule)
    )


def coarser_for_boxes(chosen: ChosenSpacing, boxes_mm: ArrayLike, field: str) -> ChosenSpacing:
    """``chosen``, or voxels a whole number of times as coarse where the boxes allow it.

    ``boxes_mm`` (n, 3) are their sides along (k, j, i). The smallest boxes keep BOX_VOXELS voxels along each axis that
    has more than one; all such axes are coarsened alike. ``field`` is where the step would stand in the recipe.
    """
    sides = np.asarray(boxes_mm, float).reshape(-1, 3)
    axes = np.asarray(chosen.shape) > 1
    if not len(sides) or not axes.any():
        return chosen
    smallest = np.percentile(sides, SMALL_BOXES, axis=0)[axes] / np.asarray(chosen.spacing)[axes]
    factor = int(smallest.min() // BOX_VOXELS)
    if factor < 2:
        return chosen
    spacing = np.where(axes, factor * np.asarray(chosen.spacing), chosen.spacing)
    extents = np.asarray([chosen.spacing]) * np.asarray([chosen.shape])
    wide, more = float(smallest.min()), factor ** int(axes.sum())
    why = (
        f"95 % of the {len(sides)} boxes looked at are {wide:.0f} voxels wide or more. {factor} times coarser they are "
        f"still {wide / factor:.0f} wide, and a step sees {more} times as much of an image."
    )
    figures: dict[str, float | int | str] = {
        **chosen.reason.figures,
        "boxes": len(sides),
        "smallest_side_voxels": round(wide, 2),
        "factor": factor,
    }
    reason = Reason(f"{field}.spacing", list(_rounded(spacing)), why, figures, "spacing.boxes")
    return ChosenSpacing(_rounded(spacing), _shape(extents, spacing), True, reason)


def _shape(extents: np.ndarray, target: np.ndarray) -> tuple[int, int, int]:
    k, j, i = np.maximum(1, np.rint(np.median(extents, axis=0) / target)).astype(int).tolist()
    return k, j, i


def _rounded(target: np.ndarray) -> tuple[float, float, float]:
    k, j, i = (round(float(s), 4) for s in target)
    return k, j, i


def _text(values: np.ndarray) -> str:
    return " × ".join(f"{v:.4g}" for v in values)
