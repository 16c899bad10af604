"""Validation: scores case by case, means with intervals over subjects, comparisons, and a verdict on overfitting."""

from medopt.validation.compare import PairedRow, compare_results
from medopt.validation.holdout import validate_cases
from medopt.validation.overfitting import SubsetGap, Verdict, compare_subsets
from medopt.validation.results import MEAN, CaseScore, CaseValue, LeftOut, Results, Structure, SummaryRow
from medopt.validation.scoring import score_case
from medopt.validation.settings import BootstrapSettings, ValidationSettings
from medopt.validation.statistics import Interval, bootstrap_difference, bootstrap_mean
from medopt.validation.summary import summarize

__all__ = [
    "MEAN",
    "BootstrapSettings",
    "CaseScore",
    "CaseValue",
    "Interval",
    "LeftOut",
    "PairedRow",
    "Results",
    "Structure",
    "SubsetGap",
    "SummaryRow",
    "ValidationSettings",
    "Verdict",
    "bootstrap_difference",
    "bootstrap_mean",
    "compare_results",
    "compare_subsets",
    "score_case",
    "summarize",
    "validate_cases",
]
