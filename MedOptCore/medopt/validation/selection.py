"""A part of results: some of their cases, or some of their structures under other names, summed up anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from medopt.errors import MedOptError
from medopt.validation.box_results import BoxCase
from medopt.validation.box_summary import summarize_boxes
from medopt.validation.class_results import ClassCase, ClassResults
from medopt.validation.class_summary import summarize_classes
from medopt.validation.result_files import AnyResults
from medopt.validation.results import Results
from medopt.validation.summary import summarize
from medopt.validation.table import Structure


def of_cases(results: AnyResults, cases: Collection[str]) -> AnyResults:
    """The results of those of ``cases`` that were scored, with figures and intervals of them alone.

    Raises MedOptError when none of them was.
    """
    kept = tuple(item for item in results.scored if item.case in cases)
    if not kept:
        raise MedOptError("none of the cases was scored", where=results.subset, expected=f"one of {results.n_cases}")
    return _summed(replace(results, cases=kept, left_out=()))  # type: ignore[arg-type]


def of_structures(results: AnyResults, renamed: Mapping[str, Structure]) -> AnyResults:
    """The results of some structures under other names and values, with figures and intervals of them alone.

    ``renamed`` is name → new structure, in the new order. Of exclusive classes the probabilities are scaled so that
    those that are left sum to 1, and cases that show none of them are gone: what the model says when it knows that
    only these classes are possible. Raises MedOptError for a name that is not there.
    """
    known = [s.name for s in results.structures]
    if unknown := [name for name in renamed if name not in known]:
        raise MedOptError("not measured", where=results.subset, expected=", ".join(known), found=", ".join(unknown))
    if {s.name: s for s in results.structures} == dict(renamed) and known == list(renamed):
        return results
    names = {old: new.name for old, new in renamed.items()}
    kept = replace(results, structures=tuple(renamed.values()))
    if isinstance(kept, Results):
        scores = tuple(replace(s, structure=names[s.structure]) for s in kept.cases if s.structure in names)
        return _summed(replace(kept, cases=scores))
    if isinstance(kept, ClassResults):
        found = (_of_classes(case, names, kept.exclusive) for case in kept.cases)
        return _summed(replace(kept, cases=tuple(case for case in found if case is not None)))
    return _summed(replace(kept, cases=tuple(_of_boxes(case, names) for case in kept.cases)))


def _of_classes(case: ClassCase, names: Mapping[str, str], exclusive: bool) -> ClassCase | None:
    probabilities = {new: case.probabilities[old] for old, new in names.items()}
    present = tuple(names[name] for name in case.present if name in names)
    predicted = tuple(names[name] for name in case.predicted if name in names)
    unjudged = tuple(names[name] for name in case.unjudged if name in names)
    if exclusive:
        if not present:
            return None
        total = sum(probabilities.values())
        probabilities = {name: p / total if total else 1 / len(names) for name, p in probabilities.items()}
        predicted = (max(probabilities, key=lambda name: probabilities[name]),)
    elif len(unjudged) == len(names):
        return None
    return ClassCase(case.case, case.subject, present, unjudged, probabilities, predicted)


def _of_boxes(case: BoxCase, names: Mapping[str, str]) -> BoxCase:
    boxes = tuple(replace(box, structure=names[box.structure]) for box in case.boxes if box.structure in names)
    return replace(case, boxes=boxes, unjudged=tuple(names[name] for name in case.unjudged if name in names))


def _summed(results: AnyResults) -> AnyResults:
    names, bootstrap = [s.name for s in results.structures], results.settings.bootstrap
    if isinstance(results, Results):
        return replace(results, summary=summarize(results.cases, names, bootstrap), calibration=None)
    if isinstance(results, ClassResults):
        summary = summarize_classes(results.cases, names, exclusive=results.exclusive, settings=bootstrap)
        return replace(results, summary=summary)
    return replace(results, summary=summarize_boxes(results.cases, names, bootstrap))
