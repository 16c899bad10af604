"""The scores of a validation of segmentation, case by case and summed up, and their file ``metrics-<subset>.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from medopt.errors import MedOptError
from medopt.files import read_json
from medopt.metrics import Empty, LesionCounts
from medopt.validation.bland_altman import AgreementLimits, agreement_limits
from medopt.validation.class_calibration import ReliabilityPoint, points_from_json
from medopt.validation.mask_calibration import MaskCalibration, mask_bins_from_json
from medopt.validation.settings import ValidationSettings
from medopt.validation.table import (
    MEAN,
    LeftOut,
    Measured,
    Structure,
    SummaryRow,
    common_fields,
    damaged,
    demand_task,
    number_or_none,
    row_from_json,
)

_NOT_METRICS = ("case", "subject", "structure", "reference_ml", "predicted_ml", "empty", "lesions")


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
    lesions : connected parts of both masks and which of them meet; None in files of an older MedOpt
    """

    case: str
    subject: str
    structure: str
    values: Mapping[str, float | None]
    reference_ml: float
    predicted_ml: float
    empty: Empty
    lesions: LesionCounts | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", dict(self.values))

    def value(self, metric: str) -> float | None:
        """The value of a metric; None where it is not defined or was not measured."""
        return self.values.get(metric)


@dataclass(frozen=True)
class CaseValue:
    """One number of one case; None when the metric is not defined for it."""

    case: str
    subject: str
    value: float | None


@dataclass(frozen=True)
class Results(Measured):
    """A whole validation of segmentation.

    Parameters
    ----------
    subset : which cases: "train", "validation", "test", or a name of the user's
    model : what predicted
    structures : what was scored
    settings : how it was measured
    cases : scores, a case's structures one after another
    summary : structures and then ``MEAN``, each with every metric
    left_out : cases that could not be scored
    calibration : how far the probabilities of voxels hold; None where only masks were at hand
    """

    task = "segmentation"
    main_metric = "dice"
    format = 1

    subset: str
    model: str
    structures: tuple[Structure, ...]
    settings: ValidationSettings
    cases: tuple[CaseScore, ...]
    summary: tuple[SummaryRow, ...]
    left_out: tuple[LeftOut, ...] = ()
    calibration: MaskCalibration | None = None

    @property
    def scored(self) -> tuple[CaseScore, ...]:
        """The cases' structures."""
        return self.cases

    def case_values(self, structure: str, metric: str) -> list[CaseValue]:
        """A metric case by case, in the order of the cases.

        For ``MEAN`` the mean over those structures of the case for which the metric is defined.
        """
        return case_values(self.cases, structure, metric)

    def volume_agreement(self, structure: str) -> AgreementLimits:
        """Bias and limits of agreement of a structure's volume in ml."""
        scores = [score for score in self.cases if score.structure == structure]
        differences = [score.predicted_ml - score.reference_ml for score in scores]
        return agreement_limits(differences, [score.subject for score in scores], self.settings.bootstrap)

    @property
    def calibrated(self) -> tuple[str, ...]:
        """What has a reliability diagram: structures, and last all of them together."""
        return () if self.calibration is None else self.calibration.structures

    def reliability(self, structure: str) -> tuple[ReliabilityPoint, ...]:
        """How often voxels near the structure belong to it when they are given so and so much."""
        return () if self.calibration is None else self.calibration.points.get(structure, ())

    def calibration_row(self, structure: str) -> SummaryRow:
        """The calibration error of a structure; MedOptError where it was not measured."""
        if self.calibration is None:
            raise MedOptError("not measured", where=f"{structure}/ece", remedy="Validate the run again")
        return self.calibration.row(structure, "ece")

    # ---- the file ---------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Plain data of ``metrics-<subset>.json``."""
        agreement = {s.name: asdict(self.volume_agreement(s.name)) for s in self.structures}
        plain = {**super().to_json(), "volume_agreement_ml": agreement}
        if self.calibration is not None:
            points = {name: [asdict(p) for p in points] for name, points in self.calibration.points.items()}
            plain |= {"calibration": self.calibration.to_json(), "reliability": points}
        return plain

    def cases_to_json(self) -> list[dict[str, Any]]:
        """Plain data of the cases."""
        return [_score_to_json(score) for score in self.cases]

    @classmethod
    def from_json(cls, value: Any, where: str | Path = "validation results") -> Results:
        """From the plain data of ``to_json``; MedOptError when it is newer, damaged or something else."""
        demand_task(value, where, cls.task)
        try:
            cases = tuple(_score_from_json(score) for score in value["cases"])
            return cls(cases=cases, calibration=_calibration_from_json(value), **common_fields(value, where))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise damaged(where, error) from error

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
    lesions = {} if score.lesions is None else {"lesions": asdict(score.lesions)}
    return {
        "case": score.case,
        "subject": score.subject,
        "structure": score.structure,
        **score.values,
        "reference_ml": score.reference_ml,
        "predicted_ml": score.predicted_ml,
        "empty": score.empty,
        **lesions,
    }


def _calibration_from_json(value: Mapping[str, Any]) -> MaskCalibration | None:
    found = value.get("calibration")
    if found is None:
        return None
    return MaskCalibration(
        tuple(mask_bins_from_json(case) for case in found["cases"]),
        tuple(row_from_json(row) for row in found["summary"]),
        {str(name): points_from_json(points) for name, points in value["reliability"].items()},
        {str(case): str(why) for case, why in found["without"].items()},
    )


def _score_from_json(value: Mapping[str, Any]) -> CaseScore:
    if value["empty"] not in get_args(Empty):
        raise ValueError(f"empty is {value['empty']!r}")
    return CaseScore(
        case=str(value["case"]),
        subject=str(value["subject"]),
        structure=str(value["structure"]),
        values={name: number_or_none(v) for name, v in value.items() if name not in _NOT_METRICS},
        reference_ml=float(value["reference_ml"]),
        predicted_ml=float(value["predicted_ml"]),
        empty=value["empty"],
        lesions=LesionCounts(**lesions) if (lesions := value.get("lesions")) is not None else None,
    )
