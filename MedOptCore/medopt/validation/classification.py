"""Validation of classification: the model's probabilities against the reference, case by case and summed up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import ClassLabel, ClassScores
from medopt.validation.class_results import ClassCase, ClassResults
from medopt.validation.class_summary import summarize_classes
from medopt.validation.holdout import check_cases
from medopt.validation.scoring import NamedValue
from medopt.validation.settings import ValidationSettings
from medopt.validation.table import LeftOut, Structure


def validate_classes(
    cases: Iterable[tuple[str, str]],
    read_reference: Callable[[str], ClassLabel],
    read_prediction: Callable[[str], ClassScores],
    classes: Sequence[NamedValue],
    *,
    subset: str,
    model: str,
    exclusive: bool = True,
    settings: ValidationSettings | None = None,
    reporter: Reporter | None = None,
) -> ClassResults:
    """Score predicted classes against references and sum them up.

    Parameters
    ----------
    cases : (case, subject) pairs
    read_reference, read_prediction : what is there and what the model says, by case
    classes : values and names
    subset : which cases these are ("train", "validation", "test", …)
    model : what predicted them
    exclusive : whether a case shows exactly one class; then the most probable one is predicted, else every class with
        a probability of at least one half

    A case that raises a MedOptError, whose scores are no probabilities, or that nobody judged is left out with that
    reason. Raises MedOptError when there are no cases, a case comes twice, or names of classes are not unique.
    """
    settings = settings or ValidationSettings()
    reporter = reporter or Silence()
    pairs = list(cases)
    known = tuple(Structure(int(c.value), c.name) for c in classes)
    check_cases(pairs, known, subset)
    found: list[ClassCase] = []
    left_out: list[LeftOut] = []
    for case, subject in track(reporter, f"validating {subset}", pairs):
        try:
            found.append(
                score_classes(
                    read_reference(case), read_prediction(case), known, case=case, subject=subject, exclusive=exclusive
                )
            )
        except MedOptError as error:
            left_out.append(LeftOut(case, str(error)))
            reporter.emit("message", level="warning", text=f"{case} is left out: {error}")
    return ClassResults(
        subset=subset,
        model=model,
        structures=known,
        exclusive=exclusive,
        settings=settings,
        cases=tuple(found),
        summary=summarize_classes(found, [c.name for c in known], exclusive=exclusive, settings=settings.bootstrap),
        left_out=tuple(left_out),
    )


def score_classes(
    reference: ClassLabel,
    prediction: ClassScores,
    classes: Sequence[NamedValue],
    *,
    case: str = "",
    subject: str = "",
    exclusive: bool = True,
) -> ClassCase:
    """One case; raises MedOptError when its scores are no probabilities, miss a class, or when nobody judged it."""
    names = {c.value: c.name for c in classes}
    sure = dict(zip(prediction.values, prediction.probabilities, strict=True))
    if missing := [name for value, name in names.items() if value not in sure]:
        raise MedOptError("the model says nothing of a class", where=case or None, expected=", ".join(missing))
    wrong = [p for p in sure.values() if not math.isfinite(p) or not 0 <= p <= 1]
    if wrong:
        raise MedOptError("a score is no probability", where=case or None, expected="0 to 1", found=str(wrong[0]))
    if unknown := [value for value in reference.present if value not in names]:
        raise MedOptError("unknown class in the reference", where=case or None, found=", ".join(map(str, unknown)))
    unjudged = [value for value in reference.unjudged if value in names]
    if exclusive and len(reference.present) != 1:
        raise MedOptError(
            "the reference does not say which class it is",
            where=case or None,
            expected="exactly one",
            found=", ".join(names[v] for v in reference.present) or "none",
        )
    if len(unjudged) == len(names):
        raise MedOptError("nobody judged this case", where=case or None)
    # with exclusive classes one that is there rules the others out, judged or not
    open_ones = () if exclusive else tuple(names[value] for value in unjudged)
    return ClassCase(
        case=case,
        subject=subject,
        present=tuple(names[value] for value in reference.present),
        unjudged=open_ones,
        probabilities={name: float(sure[value]) for value, name in names.items()},
        predicted=tuple(names[value] for value in prediction.label().present if value in names),
    )
