"""Tests of whether two models differ, on the same cases."""

from medopt.validation.significance.delong import delong
from medopt.validation.significance.holm import holm
from medopt.validation.significance.mcnemar import mcnemar
from medopt.validation.significance.nadeau_bengio import nadeau_bengio
from medopt.validation.significance.outcome import Significance
from medopt.validation.significance.paired_bootstrap import bootstrap_test, paired_bootstrap
from medopt.validation.significance.registry import TESTS, TestKind
from medopt.validation.significance.wilcoxon import wilcoxon

__all__ = [
    "TESTS",
    "Significance",
    "TestKind",
    "bootstrap_test",
    "delong",
    "holm",
    "mcnemar",
    "nadeau_bengio",
    "paired_bootstrap",
    "wilcoxon",
]
