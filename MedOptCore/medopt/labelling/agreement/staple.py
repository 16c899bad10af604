"""STAPLE: the segmentation that several annotators most likely mean, and how each of them performs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import LabelMap
from medopt.labelling.regions import Region, joint_region, value_regions

MARGIN = 4
"""Voxels around what anybody marked that STAPLE looks at. Over a whole image the background would decide: any
annotator has a specificity of nearly 1 there, and the share of the class, from which STAPLE starts, nearly vanishes."""
MOST_ITERATIONS = 1000


@dataclass(frozen=True, eq=False)
class Staple:
    """The outcome for one class.

    Parameters
    ----------
    probability : (k, j, i) float32 of each voxel of the region to be of the class
    sensitivity, specificity : of each annotator, in the order given
    """

    probability: NDArray[np.float32]
    sensitivity: tuple[float, ...]
    specificity: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Consensus:
    """The outcome for a label map.

    Parameters
    ----------
    label : the class of the highest probability at each voxel where one has at least 0.5, else background
    levels : by class value, what STAPLE found; classes that nobody marked are left out
    """

    label: LabelMap
    levels: dict[int, Staple]


def staple(masks: Sequence[NDArray]) -> Staple:
    """STAPLE of binary masks (Warfield, Zou & Wells, IEEE Trans Med Imaging 2004;23:903-921), by SimpleITK.

    Expectation and maximisation take turns until the performance levels stay as they are; the prior of every voxel is
    the mean share of the class in the masks. With two annotators the levels hang on that prior: read them with care.

    Parameters
    ----------
    masks : two or more (k, j, i) arrays of one shape, nonzero is inside

    Where all masks are equal, empty ones too, they are the answer and everybody performs perfectly. Raises MedOptError
    for fewer than two masks and for different shapes.
    """
    if len(masks) < 2 or any(mask.shape != masks[0].shape or mask.ndim != 3 for mask in masks):
        raise MedOptError(
            "no masks to agree on",
            expected="two or more of one shape (k, j, i)",
            found=", ".join(str(mask.shape) for mask in masks) or "none",
        )
    plain = [(np.asarray(mask) != 0).astype(np.uint8) for mask in masks]
    if all((mask == plain[0]).all() for mask in plain[1:]):
        return Staple(plain[0].astype(np.float32), (1.0,) * len(masks), (1.0,) * len(masks))
    engine = sitk.STAPLEImageFilter()
    engine.SetForegroundValue(1.0)
    engine.SetMaximumIterations(MOST_ITERATIONS)
    answer = sitk.GetArrayFromImage(engine.Execute([sitk.GetImageFromArray(mask) for mask in plain]))
    return Staple(answer.astype(np.float32), tuple(engine.GetSensitivity()), tuple(engine.GetSpecificity()))


def staple_labels(labels: Sequence[LabelMap], *, ignored: int | None = None) -> Consensus:
    """The consensus of several label maps of one image, class by class.

    Classes that an annotator did not look for are worked out from the others; one that only a single annotator looked
    for is taken from him, without performance levels. Voxels that somebody left out (``ignored``) are left out.
    The ``unjudged`` classes of the result are those that nobody looked for.

    Raises MedOptError for fewer than two labels, or labels on different grids.
    """
    if len(labels) < 2 or any(not label.geometry.is_close(labels[0].geometry) for label in labels):
        raise MedOptError("no labels to agree on", expected="two or more on one grid", found=f"{len(labels)} labels")
    grid = labels[0].geometry
    regions = [value_regions(label.array) for label in labels]
    values = sorted({value for found in regions for value in found} - {ignored or 0})
    best = np.full(grid.shape, 0.5, np.float32)
    agreed = np.zeros(grid.shape, labels[0].array.dtype)
    levels = {}
    for value in values:
        judges = [n for n, label in enumerate(labels) if value not in label.unjudged]
        region = joint_region([found[value] for found in regions if value in found], grid.shape, MARGIN)
        masks = [labels[n].array[region] == value for n in judges]
        if len(masks) > 1:
            levels[value] = staple(masks)
        probability = levels[value].probability if value in levels else masks[0].astype(np.float32)
        _take(agreed, best, region, probability, value)
    if ignored is not None:
        agreed[np.any([label.array == ignored for label in labels], axis=0)] = ignored
    unjudged = set.intersection(*(set(label.unjudged) for label in labels))
    return Consensus(LabelMap(agreed, grid, tuple(sorted(unjudged))), levels)


def _take(agreed: NDArray, best: NDArray, region: Region, probability: NDArray, value: int) -> None:
    """Give ``value`` the voxels where it has half the probability and no lower value has more."""
    here = best[region]
    wins = (probability > here) | ((probability >= 0.5) & (agreed[region] == 0) & (probability >= here))
    agreed[region][wins] = value
    here[wins] = probability[wins]
