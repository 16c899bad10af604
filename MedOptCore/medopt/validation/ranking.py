"""Classified cases and cases with boxes from worst to best."""

from __future__ import annotations

from dataclasses import dataclass

from medopt.validation.box_results import BoxCase, BoxResults
from medopt.validation.class_results import ClassCase, ClassResults

OPERATING_SCORE = 0.3
"""Predicted boxes that score less are not shown; curves show all of them. Where to operate is the user's choice."""


@dataclass(frozen=True)
class RankedBoxes:
    """A case and its boxes at ``OPERATING_SCORE``.

    A box that only a less sure one finds counts as missed. ``mean_iou`` is of the found ones, ``surest_false`` the
    score of the surest false one at any score; None without.
    """

    case: BoxCase
    found: int
    missed: int
    false: int
    mean_iou: float | None
    surest_false: float | None


def ranked_classes(results: ClassResults) -> list[ClassCase]:
    """Cases by how sure the model is of what is true, the worst first; equal ones by name."""
    return sorted(results.cases, key=lambda case: (case.agreement, case.case))


def ranked_boxes(results: BoxResults) -> list[RankedBoxes]:
    """Cases by missed boxes and then by false ones, the worst first; equal ones by name."""
    ranked = []
    for case in results.cases:
        found = [box for box in case.boxes if box.outcome == "found" and (box.score or 0) >= OPERATING_SCORE]
        there = case.number("found") + case.number("missed")
        overlaps = [box.iou for box in found if box.iou is not None]
        false = [box.score for box in case.boxes if box.outcome == "false" and box.score is not None]
        ranked.append(
            RankedBoxes(
                case,
                len(found),
                there - len(found),
                sum(score >= OPERATING_SCORE for score in false),
                sum(overlaps) / len(overlaps) if overlaps else None,
                max(false, default=None),
            )
        )
    return sorted(ranked, key=lambda item: (-item.missed, -item.false, item.case.case))
