"""Numbers about a reference and a predicted mask: overlap, surface distances, volumes. Needs numpy and scipy only."""

from medopt.metrics.assd import assd
from medopt.metrics.comparison import Empty, MaskComparison, compare_masks
from medopt.metrics.dice import dice
from medopt.metrics.hausdorff import hausdorff
from medopt.metrics.nsd import nsd
from medopt.metrics.registry import METRICS, Metric
from medopt.metrics.surface import SurfaceDistances, SurfacePoints, measure_surfaces
from medopt.metrics.volume import relative_volume_difference, volume_difference

__all__ = [
    "METRICS",
    "Empty",
    "MaskComparison",
    "Metric",
    "SurfaceDistances",
    "SurfacePoints",
    "assd",
    "compare_masks",
    "dice",
    "hausdorff",
    "measure_surfaces",
    "nsd",
    "relative_volume_difference",
    "volume_difference",
]
