"""What is told of the agreement between annotators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from medopt.validation import Interval, LeftOut

EVERYBODY = "all"
"""In place of a pair: all annotators together."""

MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "dice": "Dice",
        "nsd": "NSD",
        "share": "same answer",
        "kappa": "Cohen's kappa",
        "fleiss": "Fleiss' kappa",
        "boxes": "box agreement",
        "iou": "IoU of shared boxes",
    }
)
"""Measures of agreement and their titles. ``share`` is the share of cases with the same answer; ``boxes`` is twice the
boxes that both drew over the boxes of both."""


@dataclass(frozen=True)
class AgreementRow:
    """One measure of one class, of a pair of annotators or of all.

    Parameters
    ----------
    first, second : the annotators; ``EVERYBODY`` and "" for all
    structure : name of the class; "mean" over classes, "all" of a choice among exclusive ones
    measure : a key of ``MEASURES``
    value : with its interval over subjects, and how many cases and subjects entered
    """

    first: str
    second: str
    structure: str
    measure: str
    value: Interval

    @property
    def who(self) -> str:
        """The pair, for people."""
        return f"{self.first} – {self.second}" if self.second else "all annotators"


@dataclass(frozen=True)
class RaterRow:
    """How an annotator compares with the consensus (STAPLE) of one class.

    Parameters
    ----------
    sensitivity, specificity : means over cases of what STAPLE estimates, with intervals over subjects; specificity is
        that of the surroundings of what anybody marked, not of the whole image
    """

    annotator: str
    structure: str
    sensitivity: Interval
    specificity: Interval


@dataclass(frozen=True)
class CaseRow:
    """One measure of one case and pair: ``measure`` is "dice", "nsd", "share", "boxes" or "iou"."""

    case: str
    subject: str
    first: str
    second: str
    structure: str
    measure: str
    value: float


@dataclass(frozen=True)
class Agreement:
    """The agreement of a project's annotators.

    Parameters
    ----------
    task : of the project
    annotators : whose labels were compared, in alphabetical order
    cases : that at least two of them labelled
    from_proposal : labels among those that began as a model's proposal; these make annotators alike
    labels : labels that were compared
    tolerance_mm : of NSD
    rows, raters, by_case : the figures; ``raters`` of segmentation only
    left_out : cases that could not be compared, and why
    """

    task: str
    annotators: tuple[str, ...]
    cases: tuple[str, ...]
    labels: int
    from_proposal: int
    tolerance_mm: float
    rows: tuple[AgreementRow, ...]
    raters: tuple[RaterRow, ...]
    by_case: tuple[CaseRow, ...]
    left_out: tuple[LeftOut, ...] = ()
