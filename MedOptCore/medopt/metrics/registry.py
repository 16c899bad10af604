"""The metrics of a segmented structure, by name: a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from medopt.metrics.assd import assd
from medopt.metrics.comparison import MaskComparison
from medopt.metrics.dice import dice
from medopt.metrics.hausdorff import hausdorff
from medopt.metrics.iou import iou
from medopt.metrics.lesions import lesion_precision, lesion_sensitivity
from medopt.metrics.nsd import nsd
from medopt.metrics.volume import relative_volume_difference, volume_difference

Direction = Literal["high", "low", "zero"]
"""Which values of a metric are good: high ones, low ones, or those near zero."""


@dataclass(frozen=True)
class Metric:
    """One number about one structure of one case.

    Parameters
    ----------
    name : the key in files
    title : for tables and axes
    unit : "" for a plain number
    better : which values are good
    explanation : one line for a reader
    read : the value of a comparison; None when the metric is not defined for it (the case is excluded and counted)
    """

    name: str
    title: str
    unit: str
    better: Direction
    explanation: str
    read: Callable[[MaskComparison], float | None]

    @property
    def higher_is_better(self) -> bool:
        """True when high values are good."""
        return self.better == "high"


_ALL = (
    Metric(
        "dice",
        "Dice",
        "",
        "high",
        "overlap of the two masks, from 0 (none) to 1 (equal)",
        lambda c: dice(c.reference_voxels, c.prediction_voxels, c.shared_voxels),
    ),
    Metric(
        "iou",
        "IoU",
        "",
        "high",
        "intersection over union of the two masks, from 0 (none) to 1 (equal)",
        lambda c: iou(c.reference_voxels, c.prediction_voxels, c.shared_voxels),
    ),
    Metric(
        "nsd",
        "NSD",
        "",
        "high",
        "part of both surfaces that lies within the stated tolerance of the other, from 0 to 1",
        lambda c: nsd(c.surfaces, c.nsd_tolerance_mm),
    ),
    Metric(
        "hd95_mm",
        "HD95",
        "mm",
        "low",
        "distance within which 95 % of either surface lies from the other",
        lambda c: hausdorff(c.surfaces, 95.0),
    ),
    Metric(
        "hd_mm",
        "HD",
        "mm",
        "low",
        "largest distance between the surfaces (Hausdorff)",
        lambda c: hausdorff(c.surfaces, 100.0),
    ),
    Metric("assd_mm", "ASSD", "mm", "low", "mean distance between the surfaces", lambda c: assd(c.surfaces)),
    Metric(
        "volume_difference_ml",
        "Volume difference",
        "ml",
        "zero",
        "predicted minus reference volume",
        lambda c: volume_difference(c.reference_ml, c.predicted_ml),
    ),
    Metric(
        "volume_difference_percent",
        "Relative volume difference",
        "%",
        "zero",
        "predicted minus reference volume, of the reference; not defined for an empty reference",
        lambda c: relative_volume_difference(c.reference_ml, c.predicted_ml),
    ),
    Metric(
        "lesion_sensitivity",
        "Lesion sensitivity",
        "",
        "high",
        "part of the connected lesions of the reference that are found; not defined without one",
        lambda c: lesion_sensitivity(c.lesions),
    ),
    Metric(
        "lesion_precision",
        "Lesion precision",
        "",
        "high",
        "part of the connected lesions of the prediction that are right; not defined without one",
        lambda c: lesion_precision(c.lesions),
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
"""Every metric of a segmented structure by its name in files."""
