"""The results of a validation of detection, and their file ``metrics-<subset>.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from medopt.files import read_json
from medopt.validation.settings import ValidationSettings
from medopt.validation.table import (
    LeftOut,
    Measured,
    Structure,
    SummaryRow,
    common_fields,
    damaged,
    demand_task,
    number_or_none,
)

Outcome = Literal["found", "missed", "false"]
"""A reference box that a predicted one overlaps by half, one that none does, a predicted box that finds nothing."""


@dataclass(frozen=True)
class BoxOutcome:
    """One box of the reference, of the prediction, or of both.

    Parameters
    ----------
    structure : the class by name
    outcome : at an IoU of one half
    score : of the predicted box; None when it is missed
    iou : of the two boxes; None unless found
    reference, predicted : places among the boxes of the label and of the prediction; None where there is none
    right_at : IoU thresholds (0.5, 0.55, …) at which the predicted box counts as right
    """

    structure: str
    outcome: Outcome
    score: float | None = None
    iou: float | None = None
    reference: int | None = None
    predicted: int | None = None
    right_at: tuple[float, ...] = ()


@dataclass(frozen=True)
class BoxCase:
    """One case; ``unjudged`` are names of classes that nobody looked for, whose boxes do not count."""

    case: str
    subject: str
    boxes: tuple[BoxOutcome, ...]
    unjudged: tuple[str, ...] = ()

    def number(self, outcome: Outcome, structure: str | None = None, above: float = 0.0) -> int:
        """Boxes of an outcome, of one class or of all; of predicted ones those that score at least ``above``."""
        return sum(
            box.outcome == outcome and structure in (None, box.structure) and (box.score is None or box.score >= above)
            for box in self.boxes
        )


@dataclass(frozen=True)
class BoxResults(Measured):
    """A whole validation of detection.

    Parameters
    ----------
    subset, model, structures, settings, left_out : as in ``Results``; the structures are the classes
    cases : one a case, cases without any box included
    summary : the classes and then ``MEAN`` (the mean over classes), each with its metrics
    """

    task = "detection"
    main_metric = "ap50"
    format = 2

    subset: str
    model: str
    structures: tuple[Structure, ...]
    settings: ValidationSettings
    cases: tuple[BoxCase, ...]
    summary: tuple[SummaryRow, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def scored(self) -> tuple[BoxCase, ...]:
        """The cases."""
        return self.cases

    # ---- the file ---------------------------------------------------------------------------------------------

    def cases_to_json(self) -> list[dict[str, Any]]:
        """Plain data of the cases."""
        return [
            {
                "case": case.case,
                "subject": case.subject,
                "unjudged": list(case.unjudged),
                "boxes": [_box_to_json(box) for box in case.boxes],
            }
            for case in self.cases
        ]

    @classmethod
    def from_json(cls, value: Any, where: str | Path = "validation results") -> BoxResults:
        """From the plain data of ``to_json``; MedOptError when it is newer, damaged or something else."""
        demand_task(value, where, cls.task)
        try:
            cases = tuple(
                BoxCase(
                    str(case["case"]),
                    str(case["subject"]),
                    tuple(_box_from_json(box) for box in case["boxes"]),
                    tuple(str(name) for name in case["unjudged"]),
                )
                for case in value["cases"]
            )
            return cls(cases=cases, **common_fields(value, where))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise damaged(where, error) from error

    @classmethod
    def load(cls, path: str | Path) -> BoxResults:
        """Read a file that ``save`` wrote."""
        return cls.from_json(read_json(path), path)


def _box_to_json(box: BoxOutcome) -> dict[str, Any]:
    """What a box has; a file may hold many thousands of them."""
    found: dict[str, Any] = {"structure": box.structure, "outcome": box.outcome}
    for name in ("score", "iou", "reference", "predicted"):
        if getattr(box, name) is not None:
            found[name] = getattr(box, name)
    return found | ({"right_at": list(box.right_at)} if box.right_at else {})


def _box_from_json(value: Mapping[str, Any]) -> BoxOutcome:
    if value["outcome"] not in get_args(Outcome):
        raise ValueError(f"outcome is {value['outcome']!r}")
    places = {name: None if value.get(name) is None else int(value[name]) for name in ("reference", "predicted")}
    return BoxOutcome(
        structure=str(value["structure"]),
        outcome=value["outcome"],
        score=number_or_none(value.get("score")),
        iou=number_or_none(value.get("iou")),
        right_at=tuple(float(threshold) for threshold in value.get("right_at", ())),
        **places,
    )
