"""Validation of predictions against references, case by case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import LabelMap
from medopt.validation.case_bins import CaseBins
from medopt.validation.mask_calibration import MaskBins, calibrate_masks, mask_bins
from medopt.validation.results import CaseScore, Results
from medopt.validation.scoring import NamedValue, score_case
from medopt.validation.settings import ValidationSettings
from medopt.validation.summary import summarize
from medopt.validation.table import MEAN, LeftOut, Structure


def validate_cases(
    cases: Iterable[tuple[str, str]],
    read_reference: Callable[[str], LabelMap],
    read_prediction: Callable[[str], LabelMap],
    structures: Sequence[NamedValue],
    *,
    subset: str,
    model: str,
    settings: ValidationSettings | None = None,
    reporter: Reporter | None = None,
    read_bins: Callable[[str], CaseBins] | None = None,
) -> Results:
    """Score predictions against references and sum them up.

    Parameters
    ----------
    cases : (case, subject) pairs
    read_reference, read_prediction : the label of a case; one pair of labels is in memory at a time
    structures : what to score: label values and names
    subset : which cases these are ("train", "validation", "test", …)
    model : what predicted them
    settings : how to measure; the defaults when None
    read_bins : the binned probabilities of a case; without it calibration is not measured

    A case that raises a MedOptError (unreadable, missing, on another grid) is left out with that reason and the rest
    goes on. Raises MedOptError when there are no cases, a case comes twice, or names of structures are not unique.
    """
    settings = settings or ValidationSettings()
    reporter = reporter or Silence()
    pairs = list(cases)
    scored = tuple(Structure(int(s.value), s.name) for s in structures)
    check_cases(pairs, scored, subset)
    scores: list[CaseScore] = []
    left_out: list[LeftOut] = []
    bins: list[MaskBins] = []
    without: dict[str, str] = {}
    for case, subject in track(reporter, f"validating {subset}", pairs):
        try:
            scores += score_case(
                read_reference(case),
                read_prediction(case),
                scored,
                case=case,
                subject=subject,
                nsd_tolerance_mm=settings.nsd_tolerance_mm,
                surface_points=settings.surface_points,
                lesion_overlap=settings.lesion_overlap,
            )
            if read_bins is not None:
                found = read_bins(case)
                bins += mask_bins(case, subject, found)
                without |= {case: found.why_not} if found.why_not else {}
        except MedOptError as error:
            left_out.append(LeftOut(case, str(error)))
            reporter.emit("message", level="warning", text=f"{case} is left out: {error}")
    names = [s.name for s in scored]
    return Results(
        subset=subset,
        model=model,
        structures=scored,
        settings=settings,
        cases=tuple(scores),
        summary=summarize(scores, names, settings.bootstrap),
        left_out=tuple(left_out),
        calibration=None if read_bins is None else calibrate_masks(bins, names, settings.bootstrap, without),
    )


def check_cases(pairs: Sequence[tuple[str, str]], structures: Sequence[Structure], subset: str) -> None:
    """Raise MedOptError when there are no cases, a case comes twice, or structures cannot be told apart."""
    if not pairs:
        raise MedOptError("there are no cases to validate", where=subset)
    names = [case for case, _ in pairs]
    twice = sorted({case for case in names if names.count(case) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise MedOptError("cases come more than once", where=subset, found=", ".join(twice[:5]))
    titles = [s.name for s in structures]
    values = [s.value for s in structures]
    if not titles or len(set(titles)) < len(titles) or len(set(values)) < len(values) or MEAN in titles:
        raise MedOptError(
            "the structures cannot be told apart",
            where=subset,
            expected=f"at least one, each with a value and a name of its own, none named '{MEAN}'",
            found=", ".join(f"{s.value} {s.name}" for s in structures) or "none",
        )
    if min(values) < 1:
        raise MedOptError("the background cannot be scored", where=subset, expected="label values of at least 1")
