"""What the results of all tasks have in common: the summary rows, cases left out, and the head of their file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from medopt.errors import MedOptError
from medopt.files import write_json
from medopt.validation.interval import Interval
from medopt.validation.settings import ValidationSettings

NEWEST_FORMAT = 2
"""Version of the file: 1 is segmentation, 2 added the other tasks. A newer one is refused, since its numbers might mean
something else."""

MEAN = "mean"
"""Stands for the mean over structures or classes where the name of one is asked for."""

Method = Literal["bootstrap", "delong", "wilson"]
"""How an interval was made."""


@dataclass(frozen=True)
class Structure:
    """A class that is scored: its value and its name."""

    value: int
    name: str


@dataclass(frozen=True)
class SummaryRow:
    """A metric of one structure or class (or the mean over them) over all cases.

    Parameters
    ----------
    structure : its name, or ``MEAN``
    metric : a name of ``MEASURES``
    estimate : over all cases, None when it is not defined
    low, high : ends of the interval over subjects, None when it is refused
    n, n_subjects : cases and subjects that entered
    excluded : cases for which the metric is not defined (both masks empty; a class that nobody judged)
    note : why there is no interval, "" when there is one
    method : how the interval was made
    n_boxes : boxes that should be found (detection)
    without : classes for which the metric is not defined, which are left out of the mean over classes
    by_chance : calibration error below which right probabilities stay in 95 of 100 samples of these cases; None of
        every other metric and of the mean over classes
    """

    structure: str
    metric: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    n_subjects: int
    excluded: int
    note: str = ""
    method: Method = "bootstrap"
    n_boxes: int | None = None
    without: tuple[str, ...] = ()
    by_chance: float | None = None

    @classmethod
    def of(cls, structure: str, metric: str, found: Interval, excluded: int = 0, **more: Any) -> SummaryRow:
        """A row from a number with its interval; ``more`` are other fields."""
        ends = (found.estimate, found.low, found.high, found.n, found.n_subjects)
        return cls(structure, metric, *ends, excluded, found.refused, **more)


@dataclass(frozen=True)
class LeftOut:
    """A case that could not be scored, and why."""

    case: str
    reason: str


class OfCase(Protocol):
    """Anything that belongs to one case."""

    @property
    def case(self) -> str:
        """Its id."""

    @property
    def subject(self) -> str:
        """Whose it is."""


class Measured:
    """The questions that the results of every task answer; see ``Results``, ``ClassResults``, ``BoxResults``."""

    task: ClassVar[str]
    main_metric: ClassVar[str]
    """What stands in the headline and decides which case is worst."""
    format: ClassVar[int]

    subset: str
    model: str
    structures: tuple[Structure, ...]
    settings: ValidationSettings
    summary: tuple[SummaryRow, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def scored(self) -> Sequence[OfCase]:
        """What was scored, each with its case and subject."""
        raise NotImplementedError

    def cases_to_json(self) -> list[dict[str, Any]]:
        """Plain data of the cases."""
        raise NotImplementedError

    @property
    def n_cases(self) -> int:
        """Scored cases."""
        return len({score.case for score in self.scored})

    @property
    def n_subjects(self) -> int:
        """Subjects of the scored cases."""
        return len({score.subject for score in self.scored})

    def row(self, structure: str, metric: str) -> SummaryRow:
        """The summary of a metric for a structure or ``MEAN``; MedOptError when it was not measured."""
        for row in self.summary:
            if row.structure == structure and row.metric == metric:
                return row
        known = sorted({f"{row.structure}/{row.metric}" for row in self.summary})
        raise MedOptError("not measured", where=f"{structure}/{metric}", expected="one of " + ", ".join(known))

    def to_json(self) -> dict[str, Any]:
        """Plain data of ``metrics-<subset>.json``."""
        return {
            "format": self.format,
            "task": self.task,
            "subset": self.subset,
            "model": self.model,
            "n_cases": self.n_cases,
            "n_subjects": self.n_subjects,
            "structures": [asdict(structure) for structure in self.structures],
            "settings": self.settings.model_dump(mode="json"),
            "cases": self.cases_to_json(),
            "summary": [asdict(row) for row in self.summary],
            "left_out": [asdict(item) for item in self.left_out],
        }

    def save(self, path: str | Path) -> None:
        """Write ``to_json`` to a file, atomically."""
        write_json(path, self.to_json())


def task_of_file(value: Any, where: str | Path) -> str:
    """The task that the plain data of a file is about; MedOptError when it is newer or something else."""
    if not isinstance(value, dict) or not isinstance(value.get("format"), int):
        raise MedOptError(
            "not a file of validation results", where=where, expected="metrics-<subset>.json as MedOpt writes it"
        )
    if value["format"] > NEWEST_FORMAT:
        raise MedOptError(
            "the results are of a newer MedOpt",
            where=where,
            expected=f"format {NEWEST_FORMAT} or older",
            found=f"format {value['format']}",
            remedy="Update MedOpt, or validate again",
        )
    return str(value.get("task", "segmentation"))


def demand_task(value: Any, where: str | Path, task: str) -> None:
    """Raise MedOptError when the plain data is of another task."""
    found = task_of_file(value, where)
    if found != task:
        raise MedOptError("the results are of another task", where=where, expected=task, found=found)


def common_fields(value: Mapping[str, Any], where: str | Path) -> dict[str, Any]:
    """The fields of ``Measured`` from plain data; KeyError, TypeError or ValueError when it is damaged."""
    settings = ValidationSettings.parse(value.get("settings"), where=f"{where}, settings")
    return {
        "subset": str(value["subset"]),
        "model": str(value["model"]),
        "structures": tuple(Structure(int(s["value"]), str(s["name"])) for s in value["structures"]),
        "settings": settings,
        "summary": tuple(row_from_json(row) for row in value["summary"]),
        "left_out": tuple(LeftOut(str(item["case"]), str(item["reason"])) for item in value["left_out"]),
    }


def damaged(where: str | Path, error: Exception) -> MedOptError:
    """The error for plain data that breaks a reader."""
    return MedOptError("the validation results are damaged", where=where, found=f"{type(error).__name__}: {error}")


def number_or_none(value: Any) -> float | None:
    """A JSON number or null; ValueError for NaN and infinity, which no score has."""
    if value is None:
        return None
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(f"{value} is no number")
    return found


def row_from_json(value: Mapping[str, Any]) -> SummaryRow:
    """A row from plain data; KeyError, TypeError or ValueError when it is damaged."""
    known = {field.name for field in fields(SummaryRow)}
    numbers = {name: number_or_none(value[name]) for name in ("estimate", "low", "high")}
    numbers["by_chance"] = number_or_none(value.get("by_chance"))
    rest = {name: v for name, v in value.items() if name in known} | numbers
    return SummaryRow(**rest | {"without": tuple(str(name) for name in value.get("without", ()))})
