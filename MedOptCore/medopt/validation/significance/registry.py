"""The tests by name: a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class TestKind:
    """A test of two models on the same cases.

    Parameters
    ----------
    name, title : in files, and for people
    explanation : one line for a reader
    """

    __test__ = False  # pytest would take it for a case of its own

    name: str
    title: str
    explanation: str


TESTS: Mapping[str, TestKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            TestKind("bootstrap", "Paired bootstrap", "whether the bootstrap interval of the difference holds 0"),
            TestKind("wilcoxon", "Wilcoxon signed-rank", "whether the subjects' differences lie as often above 0"),
            TestKind("delong", "DeLong", "difference of two areas under ROC curves of independent cases"),
            TestKind("mcnemar", "McNemar, exact", "cases that one model gets right and the other wrong"),
            TestKind("nadeau-bengio", "Corrected t over folds", "scores of two recipes on the same folds"),
        )
    }
)
"""Every test by its name in files."""
