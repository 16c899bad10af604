"""Numbers about references and predictions: masks, classes of images, boxes. Needs numpy and scipy only."""

from medopt.metrics.accuracy import accuracy, balanced_accuracy
from medopt.metrics.added_path_length import AddedPath, added_path_length
from medopt.metrics.assd import assd
from medopt.metrics.auroc import auroc
from medopt.metrics.average_precision import average_precision
from medopt.metrics.box_average_precision import box_average_precision, mean_box_average_precision
from medopt.metrics.box_iou import box_iou
from medopt.metrics.box_matching import COCO_IOUS, BoxMatches, PooledBoxes, match_boxes, pool_boxes
from medopt.metrics.calibration import Reliability, calibration_error, expected_by_chance, reliability
from medopt.metrics.comparison import Empty, MaskComparison, compare_masks
from medopt.metrics.confusion import BinaryCounts, confusion_matrix, count_binary
from medopt.metrics.delong import AurocDifference, AurocEstimate, delong_auroc, delong_difference
from medopt.metrics.dice import dice
from medopt.metrics.fleiss_kappa import fleiss_kappa
from medopt.metrics.froc import LUNA_RATES, Froc, froc
from medopt.metrics.hausdorff import hausdorff
from medopt.metrics.iou import iou
from medopt.metrics.kappa import cohen_kappa
from medopt.metrics.lesions import LesionCounts, lesion_precision, lesion_sensitivity, match_lesions
from medopt.metrics.nsd import nsd
from medopt.metrics.probability_scores import brier_score, log_loss
from medopt.metrics.rates import f1, npv, ppv, sensitivity, specificity
from medopt.metrics.registry import METRICS, Metric
from medopt.metrics.surface import SurfaceDistances, SurfacePoints, measure_surfaces
from medopt.metrics.volume import relative_volume_difference, volume_difference
from medopt.metrics.wilson import clustered_wilson, wilson_interval

__all__ = [
    "COCO_IOUS",
    "LUNA_RATES",
    "METRICS",
    "AddedPath",
    "AurocDifference",
    "AurocEstimate",
    "BinaryCounts",
    "BoxMatches",
    "Empty",
    "Froc",
    "LesionCounts",
    "MaskComparison",
    "Metric",
    "PooledBoxes",
    "Reliability",
    "SurfaceDistances",
    "SurfacePoints",
    "accuracy",
    "added_path_length",
    "assd",
    "auroc",
    "average_precision",
    "balanced_accuracy",
    "box_average_precision",
    "box_iou",
    "brier_score",
    "calibration_error",
    "clustered_wilson",
    "cohen_kappa",
    "compare_masks",
    "confusion_matrix",
    "count_binary",
    "delong_auroc",
    "delong_difference",
    "dice",
    "expected_by_chance",
    "f1",
    "fleiss_kappa",
    "froc",
    "hausdorff",
    "iou",
    "lesion_precision",
    "lesion_sensitivity",
    "log_loss",
    "match_boxes",
    "match_lesions",
    "mean_box_average_precision",
    "measure_surfaces",
    "npv",
    "nsd",
    "pool_boxes",
    "ppv",
    "relative_volume_difference",
    "reliability",
    "sensitivity",
    "specificity",
    "volume_difference",
    "wilson_interval",
]
