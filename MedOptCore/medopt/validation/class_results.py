"""The results of a validation of classification, and their file ``metrics-<subset>.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medopt.files import read_json
from medopt.validation.class_calibration import ReliabilityPoint, reliability_points
from medopt.validation.settings import ValidationSettings
from medopt.validation.table import (
    LeftOut,
    Measured,
    Structure,
    SummaryRow,
    common_fields,
    damaged,
    demand_task,
)


@dataclass(frozen=True)
class ClassCase:
    """One case.

    Parameters
    ----------
    case, subject : whose it is
    present : names of the classes that it shows, as the reference says
    unjudged : names of the classes that nobody judged
    probabilities : of each class by name, as the model says
    predicted : names of the classes that the model finds
    """

    case: str
    subject: str
    present: tuple[str, ...]
    unjudged: tuple[str, ...]
    probabilities: Mapping[str, float]
    predicted: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "probabilities", dict(self.probabilities))

    @property
    def judged(self) -> tuple[str, ...]:
        """Classes of which the reference tells whether the case shows them."""
        return tuple(name for name in self.probabilities if name not in self.unjudged)

    @property
    def agreement(self) -> float:
        """How sure the model is of what is true: the least probability of it over the judged classes, 0 to 1.

        With exclusive classes and one of them present the probability of that one decides.
        """
        sure = [p if name in self.present else 1 - p for name, p in self.probabilities.items() if name in self.judged]
        return min(sure, default=1.0)

    @property
    def right(self) -> bool:
        """Whether the model finds exactly the classes that are there, of those that were judged."""
        judged = set(self.judged)
        return set(self.present) & judged == set(self.predicted) & judged


@dataclass(frozen=True)
class ClassResults(Measured):
    """A whole validation of classification.

    Parameters
    ----------
    subset, model, structures, settings, left_out : as in ``Results``; the structures are the classes
    exclusive : whether a case shows exactly one class
    cases : one a case
    summary : the classes and then ``MEAN`` (all classes together), each with its metrics
    """

    task = "classification"
    main_metric = "auroc"
    format = 2

    subset: str
    model: str
    structures: tuple[Structure, ...]
    exclusive: bool
    settings: ValidationSettings
    cases: tuple[ClassCase, ...]
    summary: tuple[SummaryRow, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def scored(self) -> tuple[ClassCase, ...]:
        """The cases."""
        return self.cases

    @property
    def calibrated(self) -> tuple[str, ...]:
        """What has a reliability diagram: the classes."""
        return tuple(s.name for s in self.structures)

    def calibration_row(self, structure: str) -> SummaryRow:
        """The calibration error of a class."""
        return self.row(structure, "ece")

    def reliability(self, structure: str) -> tuple[ReliabilityPoint, ...]:
        """How often a class is there when it is given so and so much, over the cases in which it was judged."""
        judged = [case for case in self.cases if structure not in case.unjudged]
        return reliability_points(
            [structure in case.present for case in judged],
            [case.probabilities[structure] for case in judged],
            [case.subject for case in judged],
            self.settings.bootstrap,
        )

    # ---- the file ---------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Plain data of ``metrics-<subset>.json``."""
        points = {s.name: [asdict(point) for point in self.reliability(s.name)] for s in self.structures}
        return {**super().to_json(), "exclusive": self.exclusive, "reliability": points}

    def cases_to_json(self) -> list[dict[str, Any]]:
        """Plain data of the cases."""
        return [
            {
                "case": case.case,
                "subject": case.subject,
                "present": list(case.present),
                "unjudged": list(case.unjudged),
                "predicted": list(case.predicted),
                "probabilities": dict(case.probabilities),
            }
            for case in self.cases
        ]

    @classmethod
    def from_json(cls, value: Any, where: str | Path = "validation results") -> ClassResults:
        """From the plain data of ``to_json``; MedOptError when it is newer, damaged or something else."""
        demand_task(value, where, cls.task)
        try:
            cases = tuple(_case_from_json(case) for case in value["cases"])
            return cls(exclusive=bool(value["exclusive"]), cases=cases, **common_fields(value, where))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise damaged(where, error) from error

    @classmethod
    def load(cls, path: str | Path) -> ClassResults:
        """Read a file that ``save`` wrote."""
        return cls.from_json(read_json(path), path)


def _case_from_json(value: Mapping[str, Any]) -> ClassCase:
    return ClassCase(
        case=str(value["case"]),
        subject=str(value["subject"]),
        present=tuple(str(name) for name in value["present"]),
        unjudged=tuple(str(name) for name in value["unjudged"]),
        probabilities={str(name): float(p) for name, p in value["probabilities"].items()},
        predicted=tuple(str(name) for name in value["predicted"]),
    )
