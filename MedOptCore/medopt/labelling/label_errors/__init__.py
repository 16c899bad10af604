"""Labels that may be wrong, ranked by what cross-validated models say. Loads torch only when models are asked."""

from medopt.labelling.label_errors.boxes import box_qualities
from medopt.labelling.label_errors.classes import class_qualities
from medopt.labelling.label_errors.rank import rank_label_errors
from medopt.labelling.label_errors.records import ClassQuality, LabelErrors, LabelQuality, Suspect
from medopt.labelling.label_errors.soft_minimum import soft_minimum
from medopt.labelling.label_errors.table import write_label_errors
from medopt.labelling.label_errors.voxels import suspect_low, voxel_quality

__all__ = [
    "ClassQuality",
    "LabelErrors",
    "LabelQuality",
    "Suspect",
    "box_qualities",
    "class_qualities",
    "rank_label_errors",
    "soft_minimum",
    "suspect_low",
    "voxel_quality",
    "write_label_errors",
]
