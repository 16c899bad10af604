"""Two models on the same cases: paired differences with intervals and p-values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medopt.errors import MedOptError
from medopt.validation.box_results import BoxResults
from medopt.validation.class_results import ClassResults
from medopt.validation.measures import BOX_MEASURES, CLASS_MEASURES, MASK_MEASURES
from medopt.validation.paired_boxes import TESTS_OF_BOXES, paired_boxes
from medopt.validation.paired_classes import TESTS_OF_CLASSES, paired_classes
from medopt.validation.paired_masks import TESTS_OF_MASKS, paired_masks
from medopt.validation.paired_rows import PairedRow, adjusted
from medopt.validation.result_files import AnyResults
from medopt.validation.results import Results
from medopt.validation.settings import OF_DIFFERENCES, BootstrapSettings

__all__ = ["PairedRow", "compare_results"]

_KNOWN = {
    "segmentation": (MASK_MEASURES, TESTS_OF_MASKS),
    "classification": (CLASS_MEASURES, TESTS_OF_CLASSES),
    "detection": (BOX_MEASURES, TESTS_OF_BOXES),
}


def compare_results(
    first: AnyResults,
    second: AnyResults,
    settings: BootstrapSettings | None = None,
    *,
    metrics: Sequence[str] | None = None,
    test: str = "auto",
) -> tuple[PairedRow, ...]:
    """Compare two validations of one task on the cases that both were given.

    Parameters
    ----------
    first, second : each with its cases; the difference is ``second`` minus ``first``
    settings : of the bootstrap; ``OF_DIFFERENCES`` when None
    metrics : what to compare; every metric of the task when None. P-values are adjusted for all rows (Holm), so name
        beforehand what matters
    test : how p-values are made; a name of ``medopt.validation.significance.TESTS`` that the task knows. ``auto``:
        Wilcoxon's signed ranks of subjects for segmentation; for classes DeLong and McNemar where they hold, else the
        paired bootstrap; the paired bootstrap for boxes

    Rows come in the order of the summary: structures or classes, then ``MEAN``.

    Raises MedOptError when tasks, structures or ways of measuring differ, when no case is shared, when a case belongs
    to different subjects or has another reference, and for an unknown metric or test.
    """
    if first.task != second.task:
        raise MedOptError("the two validations are of different tasks", expected=first.task, found=second.task)
    if first.structures != second.structures:
        raise MedOptError(
            "the two validations scored different structures",
            expected=", ".join(s.name for s in first.structures),
            found=", ".join(s.name for s in second.structures),
        )
    settings = settings or OF_DIFFERENCES
    measures, tests = _KNOWN[first.task]
    known = [measure.name for measure in measures]
    chosen = known if metrics is None else list(metrics)
    for found, allowed, what in ((chosen, known, "metric"), ([test], ["auto", *tests], "test")):
        if unknown := [name for name in found if name not in allowed]:
            raise MedOptError(
                f"{first.task} has no such {what}", expected="one of " + ", ".join(allowed), found=unknown[0]
            )
    _check_cases(first, second)
    if isinstance(first, Results) and isinstance(second, Results):
        rows = paired_masks(first, second, chosen, test, settings)
    elif isinstance(first, ClassResults) and isinstance(second, ClassResults):
        rows = paired_classes(first, second, chosen, test, settings)
    elif isinstance(first, BoxResults) and isinstance(second, BoxResults):
        rows = paired_boxes(first, second, chosen, settings)
    else:
        raise TypeError("results of two tasks")
    return adjusted(rows)


def _check_cases(first: AnyResults, second: AnyResults) -> None:
    subjects = [{score.case: score.subject for score in r.scored} for r in (first, second)]
    shared = subjects[0].keys() & subjects[1].keys()
    if not shared:
        raise MedOptError("the two validations share no case")
    moved = sorted(case for case in shared if subjects[0][case] != subjects[1][case])
    if moved:
        raise MedOptError("cases belong to different subjects in the two validations", found=", ".join(moved[:5]))
    references = [_references(results) for results in (first, second)]
    changed = sorted(case for case in shared if references[0][case] != references[1][case])
    if changed:
        raise MedOptError(
            "cases have another reference in the second validation",
            found=", ".join(changed[:5]),
            remedy="Their labels were changed in between; validate both again",
        )


def _references(results: AnyResults) -> Mapping[str, object]:
    """What is known of the reference of each case."""
    if isinstance(results, Results):
        volumes: dict[str, dict[str, float]] = {}
        for score in results.cases:
            volumes.setdefault(score.case, {})[score.structure] = round(score.reference_ml, 9)
        return volumes
    if isinstance(results, ClassResults):
        return {case.case: (set(case.present), set(case.unjudged)) for case in results.cases}
    return {
        case.case: (sorted(box.structure for box in case.boxes if box.reference is not None), set(case.unjudged))
        for case in results.cases
    }
