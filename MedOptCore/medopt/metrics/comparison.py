"""Everything that is measured once about two masks of one structure, for the metrics to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medopt.metrics.lesions import LEAST_OVERLAP, LesionCounts, match_lesions
from medopt.metrics.surface import SurfaceDistances, SurfacePoints, measure_surfaces

Empty = Literal["none", "both", "reference", "prediction"]
"""Which of the two masks has no voxel."""


@dataclass(frozen=True, eq=False)
class MaskComparison:
    """Counts, volumes and surface distances of a reference and a predicted mask.

    Parameters
    ----------
    reference_voxels, prediction_voxels, shared_voxels : voxels of each mask and of their overlap
    voxel_ml : ml of one voxel (for 2D images of a slice as thick as its spacing along k)
    surfaces : the distances between their surfaces, mm
    nsd_tolerance_mm : tolerance at which NSD is read
    lesions : connected parts of the masks, and which of them the other mask covers
    """

    reference_voxels: int
    prediction_voxels: int
    shared_voxels: int
    voxel_ml: float
    surfaces: SurfaceDistances
    nsd_tolerance_mm: float
    lesions: LesionCounts

    @property
    def reference_ml(self) -> float:
        """Volume of the reference in ml."""
        return self.reference_voxels * self.voxel_ml

    @property
    def predicted_ml(self) -> float:
        """Volume of the prediction in ml."""
        return self.prediction_voxels * self.voxel_ml

    @property
    def empty(self) -> Empty:
        """Which of the two masks has no voxel."""
        if self.reference_voxels:
            return "none" if self.prediction_voxels else "prediction"
        return "reference" if self.prediction_voxels else "both"


def compare_masks(
    reference: NDArray,
    prediction: NDArray,
    spacing: Sequence[float],
    *,
    nsd_tolerance_mm: float = 1.0,
    diagonal: float | None = None,
    points: SurfacePoints = "patch",
    two_d: bool | None = None,
    lesion_overlap: float = LEAST_OVERLAP,
) -> MaskComparison:
    """Measure two masks of one structure once; ``METRICS`` read the result.

    Parameters
    ----------
    reference, prediction : (k, j, i) masks of one shape; nonzero is inside; k = 1 is a 2D image
    spacing : mm between voxel centres along (k, j, i)
    nsd_tolerance_mm : tolerance of NSD
    diagonal : mm between opposite corners of the image; give it when the arrays are cropped out of a larger one
    points, two_d : see ``measure_surfaces``
    lesion_overlap : see ``match_lesions``

    Raises MedOptError as ``measure_surfaces`` and ``match_lesions`` do. Empty masks are fine: each metric states its
    rule.
    """
    surfaces = measure_surfaces(reference, prediction, spacing, diagonal=diagonal, points=points, two_d=two_d)
    return MaskComparison(
        reference_voxels=int(np.count_nonzero(reference)),
        prediction_voxels=int(np.count_nonzero(prediction)),
        shared_voxels=int(np.count_nonzero(np.logical_and(reference, prediction))),
        voxel_ml=float(np.prod(np.asarray(spacing, float))) / 1000.0,
        surfaces=surfaces,
        nsd_tolerance_mm=nsd_tolerance_mm,
        lesions=match_lesions(reference, prediction, lesion_overlap),
    )
