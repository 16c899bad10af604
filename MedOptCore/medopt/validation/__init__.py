"""Validation: scores case by case, figures with intervals over subjects, comparisons, and a verdict on overfitting."""

from medopt.validation.box_results import BoxCase, BoxOutcome, BoxResults
from medopt.validation.class_results import ClassCase, ClassResults
from medopt.validation.classification import score_classes, validate_classes
from medopt.validation.compare import PairedRow, compare_results
from medopt.validation.detection import score_boxes, validate_boxes
from medopt.validation.holdout import validate_cases
from medopt.validation.measures import MEASURES, Measure
from medopt.validation.overfitting import SubsetGap, Verdict, compare_subsets
from medopt.validation.result_files import AnyResults, load_results
from medopt.validation.results import CaseScore, CaseValue, Results
from medopt.validation.scoring import score_case
from medopt.validation.settings import BootstrapSettings, ValidationSettings
from medopt.validation.statistics import Interval, bootstrap_difference, bootstrap_mean, bootstrap_median
from medopt.validation.summary import summarize
from medopt.validation.table import MEAN, LeftOut, Structure, SummaryRow

__all__ = [
    "MEAN",
    "MEASURES",
    "AnyResults",
    "BootstrapSettings",
    "BoxCase",
    "BoxOutcome",
    "BoxResults",
    "CaseScore",
    "CaseValue",
    "ClassCase",
    "ClassResults",
    "Interval",
    "LeftOut",
    "Measure",
    "PairedRow",
    "Results",
    "Structure",
    "SubsetGap",
    "SummaryRow",
    "ValidationSettings",
    "Verdict",
    "bootstrap_difference",
    "bootstrap_mean",
    "bootstrap_median",
    "compare_results",
    "compare_subsets",
    "load_results",
    "score_boxes",
    "score_case",
    "score_classes",
    "summarize",
    "validate_boxes",
    "validate_cases",
    "validate_classes",
]
