"""Average symmetric surface distance."""

from __future__ import annotations

from medopt.metrics.surface import SurfaceDistances


def assd(distances: SurfaceDistances) -> float | None:
    """Average symmetric surface distance in mm: the mean over the area of both surfaces together.

    None when both masks are empty, the image's diagonal when one is. MONAI's differs: it averages over border
    voxels, each of one weight whatever its spacing, and gives NaN or infinity for empty masks.
    """
    if distances.both_empty:
        return None
    if distances.one_empty:
        return distances.diagonal
    sums = (
        distances.from_reference @ distances.reference_measure
        + distances.from_prediction @ distances.prediction_measure
    )
    return float(sums / (distances.reference_measure.sum() + distances.prediction_measure.sum()))
