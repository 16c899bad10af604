"""Which lesions of a reference a prediction finds: connected parts of masks, one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import generate_binary_structure, label

from medopt.errors import MedOptError

LEAST_OVERLAP = 0.1
"""Share of a lesion that must be covered for it to count as found, unless the caller says otherwise."""


@dataclass(frozen=True)
class LesionCounts:
    """Lesions of a reference and of a prediction.

    Parameters
    ----------
    reference, found : lesions of the reference, and those of them that the prediction covers enough
    predicted, right : lesions of the prediction, and those of them that the reference covers enough
    """

    reference: int
    found: int
    predicted: int
    right: int


def match_lesions(reference: NDArray, prediction: NDArray, overlap: float = LEAST_OVERLAP) -> LesionCounts:
    """Count the lesions of two masks, and those that the other mask covers by at least the share ``overlap``.

    A lesion is a part of a mask that hangs together by faces, edges or corners of its voxels. A reference lesion is
    found when at least ``overlap`` of its voxels are predicted, by whichever predicted lesions; a predicted lesion is
    right when at least ``overlap`` of its voxels lie in the reference. One tenth is the share by which Commowick et
    al. (Sci Rep 2018;8:13650) call a lesion detected; unlike them we set no limit to what a predicted lesion covers
    beside it, which shows in the Dice and in the precision. A share near 0 counts any shared voxel.

    Parameters
    ----------
    reference, prediction : (k, j, i) masks of one shape; nonzero is inside; k = 1 is a 2D image
    overlap : above 0 and up to 1

    Empty masks have no lesions. Raises MedOptError for masks of different shapes and another overlap.
    """
    if reference.shape != prediction.shape or reference.ndim != 3:
        raise MedOptError(
            "the masks do not fit together",
            expected="two arrays of one shape (k, j, i)",
            found=f"{reference.shape} and {prediction.shape}",
        )
    if not 0 < overlap <= 1:
        raise MedOptError("wrong overlap of lesions", expected="above 0 and up to 1", found=str(overlap))
    there, found = _covered(reference, prediction, overlap)
    said, right = _covered(prediction, reference, overlap)
    return LesionCounts(there, found, said, right)


def lesion_sensitivity(counts: LesionCounts) -> float | None:
    """Part of the reference lesions that are found; None when there is none."""
    return counts.found / counts.reference if counts.reference else None


def lesion_precision(counts: LesionCounts) -> float | None:
    """Part of the predicted lesions that are right; None when none is predicted."""
    return counts.right / counts.predicted if counts.predicted else None


def _covered(mask: NDArray, other: NDArray, overlap: float) -> tuple[int, int]:
    """Lesions of ``mask``, and how many of them lie in ``other`` enough."""
    here = np.asarray(mask, bool)
    lesions, number = label(here, structure=generate_binary_structure(3, 3))
    if not number:
        return 0, 0
    places = np.flatnonzero(here)  # only the voxels of the mask, which are few
    inside, hit = lesions.ravel()[places], np.asarray(other, bool).ravel()[places]
    size = np.bincount(inside, minlength=number + 1)[1:]
    shared = np.bincount(inside[hit], minlength=number + 1)[1:]
    return number, int((shared >= overlap * size * (1 - 1e-12)).sum())
