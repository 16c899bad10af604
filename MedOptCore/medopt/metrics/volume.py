"""Volume difference of two masks."""

from __future__ import annotations


def volume_difference(reference_ml: float, predicted_ml: float) -> float:
    """Predicted minus reference volume in ml: above 0 when the prediction is too large; 0 when both are empty."""
    return predicted_ml - reference_ml


def relative_volume_difference(reference_ml: float, predicted_ml: float) -> float | None:
    """Predicted minus reference volume as percent of the reference; None when the reference is empty."""
    return 100.0 * (predicted_ml - reference_ml) / reference_ml if reference_ml else None
