"""What each number of a validation is called and which values of it are good, for all three tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from medopt.metrics import METRICS
from medopt.metrics.registry import Direction


@dataclass(frozen=True)
class Measure:
    """One number of a summary.

    Parameters
    ----------
    name : the key in files
    title : for tables and axes
    unit : "" for a plain number
    better : which values are good
    explanation : one line for a reader
    """

    name: str
    title: str
    unit: str
    better: Direction
    explanation: str

    @property
    def higher_is_better(self) -> bool:
        """True when high values are good."""
        return self.better == "high"


MASK_MEASURES = tuple(Measure(m.name, m.title, m.unit, m.better, m.explanation) for m in METRICS.values())
"""Of segmentation, in the order of tables."""

CLASS_MEASURES = (
    Measure(
        "auroc",
        "AUROC",
        "",
        "high",
        "area under the ROC curve: how often a case with the class scores higher than one without; 0.5 is chance",
    ),
    Measure(
        "average_precision",
        "Average precision",
        "",
        "high",
        "area under the precision-recall curve (steps, not interpolated); chance is the share of cases with the class",
    ),
    Measure("accuracy", "Accuracy", "", "high", "share of cases whose class was found"),
    Measure("balanced_accuracy", "Balanced accuracy", "", "high", "mean of the sensitivities of all classes"),
    Measure("sensitivity", "Sensitivity", "", "high", "share of cases with the class in which it was found (recall)"),
    Measure("specificity", "Specificity", "", "high", "share of cases without the class in which it was not found"),
    Measure("ppv", "PPV", "", "high", "share of findings of the class that are right (precision)"),
    Measure("npv", "NPV", "", "high", "share of cases in which the class was not found that are without it"),
    Measure("f1", "F1", "", "high", "harmonic mean of sensitivity and PPV"),
    Measure("kappa", "Cohen's kappa", "", "high", "agreement beyond chance; 0 is chance, 1 is perfect"),
    Measure(
        "brier",
        "Brier score",
        "",
        "low",
        "mean squared distance of the probability from 0 or 1; for exclusive classes together their sum, 0 to 2",
    ),
    Measure("log_loss", "Log loss", "", "low", "mean negative logarithm of the probability of what is true"),
    Measure(
        "ece",
        "Calibration error",
        "",
        "low",
        "distance of probabilities from how often they come true, in 10 bins of equal width; chance alone gives some",
    ),
)
"""Of classification, in the order of tables."""

BOX_MEASURES = (
    Measure("ap50", "AP50", "", "high", "average precision; a box is right when it overlaps one by half (IoU 0.5)"),
    Measure("ap50_95", "AP50:95", "", "high", "mean of the average precisions at IoU 0.5, 0.55, … 0.95"),
    Measure(
        "froc",
        "FROC score",
        "",
        "high",
        "mean sensitivity at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false boxes an image, at IoU 0.5",
    ),
    Measure("sensitivity_fp1", "Sensitivity at 1 FP", "", "high", "share of boxes found at one false box an image"),
    Measure("found", "Found at any score", "", "high", "share of boxes that some predicted box overlaps by half"),
)
"""Of detection, in the order of tables."""

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {measure.name: measure for measure in (*MASK_MEASURES, *CLASS_MEASURES, *BOX_MEASURES)}
)
"""Every number of a summary by its name in files."""
