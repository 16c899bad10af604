"""The scores of one case: every structure, every metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from medopt.errors import MedOptError
from medopt.image import LabelMap
from medopt.metrics import METRICS, SurfacePoints, compare_masks
from medopt.validation.results import CaseScore

Box = tuple[slice, slice, slice]


class NamedValue(Protocol):
    """Anything with a label value and a name: ``Structure``, or a class of a project."""

    @property
    def value(self) -> int:
        """The label value."""

    @property
    def name(self) -> str:
        """The name of the structure."""


def score_case(
    reference: LabelMap,
    prediction: LabelMap,
    structures: Sequence[NamedValue],
    *,
    case: str = "",
    subject: str = "",
    nsd_tolerance_mm: float = 1.0,
    surface_points: SurfacePoints = "patch",
    lesion_overlap: float = 0.1,
) -> list[CaseScore]:
    """Score every structure of one case.

    Parameters
    ----------
    reference, prediction : labels on one grid; a k axis of length 1 makes it a 2D image
    structures : label values and names; other values count as background
    case, subject : whose scores these are
    nsd_tolerance_mm, surface_points, lesion_overlap : see ``compare_masks``

    Only the box that holds both masks of a structure is looked at. A structure that is in neither label is scored by
    the rule for empty masks. Raises MedOptError when the grids differ.
    """
    grid = reference.geometry
    if not grid.is_close(prediction.geometry):
        other = prediction.geometry
        raise MedOptError(
            "reference and prediction lie on different grids",
            where=case or None,
            expected=f"shape {grid.shape} with spacing {_rounded(grid.spacing)} mm",
            found=f"shape {other.shape} with spacing {_rounded(other.spacing)} mm"
            + (" elsewhere" if other.shape == grid.shape else ""),
            remedy="Predict on the image that the reference label belongs to",
        )
    boxes = [_boxes(reference.array), _boxes(prediction.array)]
    scores = []
    for structure in structures:
        found = [b[structure.value] for b in boxes if structure.value in b]
        box = _union(found) if found else (slice(0, 1),) * 3
        comparison = compare_masks(
            reference.array[box] == structure.value,
            prediction.array[box] == structure.value,
            grid.spacing,
            nsd_tolerance_mm=nsd_tolerance_mm,
            diagonal=grid.diagonal,
            points=surface_points,
            two_d=grid.shape[0] == 1,
            lesion_overlap=lesion_overlap,
        )
        scores.append(
            CaseScore(
                case=case,
                subject=subject,
                structure=structure.name,
                values={name: metric.read(comparison) for name, metric in METRICS.items()},
                reference_ml=comparison.reference_ml,
                predicted_ml=comparison.predicted_ml,
                empty=comparison.empty,
                lesions=comparison.lesions,
            )
        )
    return scores


def _boxes(labels: NDArray) -> dict[int, Box]:
    """The box of each label value above 0 that occurs, in one pass over the image."""
    plain = labels if labels.dtype.itemsize < 8 else labels.astype(np.int32)
    return {value: box for value, box in enumerate(find_objects(plain), start=1) if box is not None}


def _union(boxes: Sequence[Box]) -> Box:
    k, j, i = (slice(min(b[axis].start for b in boxes), max(b[axis].stop for b in boxes)) for axis in range(3))
    return k, j, i


def _rounded(spacing: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(s, 4) for s in spacing)
