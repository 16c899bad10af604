"""The scores of a validation, case by case and summed up, and their file ``metrics-<subset>.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.metrics import Empty
from medopt.validation.settings import ValidationSettings

FORMAT = 1
"""Version of the file; a newer one is refused, since its numbers might mean something else."""

MEAN = "mean"
"""Stands for the mean over structures where the name of a structure is asked for."""

_NOT_METRICS = ("case", "subject", "structure", "reference_ml", "predicted_ml", "empty")


@dataclass(frozen=True)
class Structure:
    """A class that is scored: its label value and its name."""

    value: int
    name: str


@dataclass(frozen=True)
class CaseScore:
    """One structure of one case.

    Parameters
    ----------
    case, subject, structure : whose score it is; the structure by name
    values : by the names of ``medopt.metrics.METRICS``; None where a metric is not defined and the case is left out
        of its mean
    reference_ml, predicted_ml : volumes
    empty : which of the two masks has no voxel
    """

    case: str
    subject: str
    structure: str
    values: Mapping[str, float | None]
    reference_ml: float
    predicted_ml: float
    empty: Empty

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", dict(self.values))

    def value(self, metric: str) -> float | None:
        """The value of a metric; None where it is not defined or was not measured."""
        return self.values.get(metric)


@dataclass(frozen=True)
class SummaryRow:
    """A metric of one structure (or the mean over structures) over all cases.

    Parameters
    ----------
    structure : its name, or ``MEAN``
    metric : a name of ``METRICS``
    estimate : mean over cases, None when no case has a value
    low, high : ends of the bootstrap interval over subjects, None when it is refused
    n, n_subjects : cases and subjects that entered
    excluded : cases for which the metric is not defined (both masks empty)
    note : why there is no interval, "" when there is one
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


@dataclass(frozen=True)
class LeftOut:
    """A case that could not be scored, and why."""

    case: str
    reason: str


@dataclass(frozen=True)
class CaseValue:
    """One number of one case; None when the metric is not defined for it."""

    case: str
    subject: str
    value: float | None


@dataclass(frozen=True)
class Results:
    """A whole validation.

    Parameters
    ----------
    subset : which cases: "train", "validation", "test", or a name of the user's
    model : what predicted
    structures : what was scored
    settings : how it was measured
    cases : scores, a case's structures one after another
    summary : structures and then ``MEAN``, each with every metric
    left_out : cases that could not be scored
    """

    subset: str
    model: str
    structures: tuple[Structure, ...]
    settings: ValidationSettings
    cases: tuple[CaseScore, ...]
    summary: tuple[SummaryRow, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def n_cases(self) -> int:
        """Scored cases."""
        return len({score.case for score in self.cases})

    @property
    def n_subjects(self) -> int:
        """Subjects of the scored cases."""
        return len({score.subject for score in self.cases})

    def row(self, structure: str, metric: str) -> SummaryRow:
        """The summary of a metric for a structure or ``MEAN``; MedOptError when it was not measured."""
        for row in self.summary:
            if row.structure == structure and row.metric == metric:
                return row
        known = sorted({f"{row.structure}/{row.metric}" for row in self.summary})
        raise MedOptError("not measured", where=f"{structure}/{metric}", expected="one of " + ", ".join(known))

    def case_values(self, structure: str, metric: str) -> list[CaseValue]:
        """A metric case by case, in the order of the cases.

        For ``MEAN`` the mean over those structures of the case for which the metric is defined.
        """
        return case_values(self.cases, structure, metric)

    # ---- the file ---------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Plain data of ``metrics-<subset>.json``."""
        return {
            "format": FORMAT,
            "subset": self.subset,
            "model": self.model,
            "n_cases": self.n_cases,
            "n_subjects": self.n_subjects,
            "structures": [asdict(structure) for structure in self.structures],
            "settings": self.settings.model_dump(mode="json"),
            "cases": [_score_to_json(score) for score in self.cases],
            "summary": [asdict(row) for row in self.summary],
            "left_out": [asdict(item) for item in self.left_out],
        }

    @classmethod
    def from_json(cls, value: Any, where: str | Path = "validation results") -> Results:
        """From the plain data of ``to_json``; MedOptError when it is newer, damaged or something else."""
        if not isinstance(value, dict) or not isinstance(value.get("format"), int):
            raise MedOptError(
                "not a file of validation results", where=where, expected="metrics-<subset>.json as MedOpt writes it"
            )
        if value["format"] > FORMAT:
            raise MedOptError(
                "the results are of a newer MedOpt",
                where=where,
                expected=f"format {FORMAT} or older",
                found=f"format {value['format']}",
                remedy="Update MedOpt, or validate again",
            )
        settings = ValidationSettings.parse(value.get("settings"), where=f"{where}, settings")
        try:
            return cls(
                subset=str(value["subset"]),
                model=str(value["model"]),
                structures=tuple(Structure(int(s["value"]), str(s["name"])) for s in value["structures"]),
                settings=settings,
                cases=tuple(_score_from_json(score) for score in value["cases"]),
                summary=tuple(_row_from_json(row) for row in value["summary"]),
                left_out=tuple(LeftOut(str(item["case"]), str(item["reason"])) for item in value["left_out"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MedOptError(
                "the validation results are damaged", where=where, found=f"{type(error).__name__}: {error}"
            ) from error

    def save(self, path: str | Path) -> None:
        """Write ``to_json`` to a file, atomically."""
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> Results:
        """Read a file that ``save`` wrote."""
        return cls.from_json(read_json(path), path)


def case_values(cases: tuple[CaseScore, ...], structure: str, metric: str) -> list[CaseValue]:
    """See ``Results.case_values``."""
    if structure != MEAN:
        return [CaseValue(s.case, s.subject, s.value(metric)) for s in cases if s.structure == structure]
    subjects: dict[str, str] = {}
    found: dict[str, list[float]] = {}
    for score in cases:
        subjects[score.case] = score.subject
        value = score.value(metric)
        found.setdefault(score.case, []).extend([] if value is None else [value])
    return [CaseValue(case, subjects[case], sum(v) / len(v) if v else None) for case, v in found.items()]


def _score_to_json(score: CaseScore) -> dict[str, Any]:
    return {
        "case": score.case,
        "subject": score.subject,
        "structure": score.structure,
        **score.values,
        "reference_ml": score.reference_ml,
        "predicted_ml": score.predicted_ml,
        "empty": score.empty,
    }


def _score_from_json(value: Mapping[str, Any]) -> CaseScore:
    if value["empty"] not in get_args(Empty):
        raise ValueError(f"empty is {value['empty']!r}")
    return CaseScore(
        case=str(value["case"]),
        subject=str(value["subject"]),
        structure=str(value["structure"]),
        values={name: _number(v) for name, v in value.items() if name not in _NOT_METRICS},
        reference_ml=float(value["reference_ml"]),
        predicted_ml=float(value["predicted_ml"]),
        empty=value["empty"],
    )


def _row_from_json(value: Mapping[str, Any]) -> SummaryRow:
    known = {field.name for field in fields(SummaryRow)}
    numbers = {name: _number(value[name]) for name in ("estimate", "low", "high")}
    return SummaryRow(**{name: v for name, v in value.items() if name in known} | numbers)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
