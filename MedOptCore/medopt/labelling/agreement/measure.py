"""The agreement between a project's annotators, from the history of its labels."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import ClassLabel
from medopt.labelling.agreement.answers import kappa_rows, questions_of
from medopt.labelling.agreement.opinions import Opinion, find_opinions, read_opinion
from medopt.labelling.agreement.pairs import COMPARE, Part, Task
from medopt.labelling.agreement.records import EVERYBODY, Agreement, AgreementRow, CaseRow, RaterRow
from medopt.labelling.agreement.staple import staple_labels
from medopt.labelling.effort import TOLERANCE_MM
from medopt.project import Project
from medopt.validation import MEAN, BootstrapSettings, Interval, LeftOut, bootstrap_mean
from medopt.validation.resampling import intervals, resample

Pair = tuple[str, str]


@dataclass
class _Collected:
    """What was measured so far, case by case."""

    subjects: dict[str, str] = field(default_factory=dict)
    parts: dict[tuple[Pair, str, str], list[tuple[str, float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    levels: dict[tuple[str, str], list[tuple[str, float, float]]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[str, dict[str, ClassLabel]] = field(default_factory=dict)
    opinions: list[Opinion] = field(default_factory=list)


def measure_agreement(
    project: Project,
    *,
    annotators: Sequence[str] | None = None,
    blind: bool = False,
    tolerance_mm: float = TOLERANCE_MM,
    settings: BootstrapSettings | None = None,
    reporter: Reporter | None = None,
) -> Agreement:
    """Compare what annotators said of the same cases: of each the last version in the history of the label.

    Parameters
    ----------
    annotators : whose labels are compared; everybody's when None
    blind : whether only labels count that were made without sight of a proposal
    tolerance_mm : of NSD
    settings : of the intervals over subjects

    Segmentation: Dice and NSD of each pair and class, and each annotator's performance against the STAPLE consensus.
    Detection: how many boxes are the same, and how much the same ones overlap. Classification: share of the same
    answer, Cohen's kappa of pairs, Fleiss' kappa of all. A case whose labels cannot be read is left out and told.
    Raises MedOptError when no case was labelled by two annotators.
    """
    listener, chosen = reporter or Silence(), settings or BootstrapSettings()
    opinions = find_opinions(project, annotators, blind=blind)
    if not opinions:
        raise MedOptError(
            "no case was labelled by two annotators" + (" without sight of a proposal" if blind else ""),
            where=project.folder,
            remedy="Let a second annotator label some of the cases under a handle of his own",
        )
    task = Task(project.settings, tolerance_mm)
    collected, left_out = _Collected(), []
    for case_id, said in track(listener, "compare", sorted(opinions.items())):
        try:
            _compare_case(project, case_id, said, task, collected)
        except MedOptError as error:
            left_out.append(LeftOut(case_id, str(error)))
            listener.emit("message", level="warning", text=f"{case_id} is left out: {error}")
    return Agreement(
        task=project.settings.task,
        annotators=tuple(sorted({opinion.annotator for opinion in collected.opinions})),
        cases=tuple(sorted(collected.subjects)),
        labels=len(collected.opinions),
        from_proposal=sum(opinion.from_proposal for opinion in collected.opinions),
        tolerance_mm=tolerance_mm,
        rows=tuple(_rows(collected, project, chosen)),
        raters=tuple(_raters(collected, chosen)),
        by_case=tuple(_case_rows(collected)),
        left_out=tuple(left_out),
    )


def _compare_case(project: Project, case_id: str, said: Sequence[Opinion], task: Task, collected: _Collected) -> None:
    case = project.case(case_id)
    labels = {opinion.annotator: read_opinion(project, case_id, opinion) for opinion in said}
    compare = COMPARE[project.settings.task]
    found: list[tuple[Pair, Part]] = []
    for first, second in combinations(labels, 2):
        parts = compare(labels[first], labels[second], case.geometry, task)
        found += [((first, second), part) for part in [*parts, *_means(parts)]]
    levels = _levels(labels, project) if project.settings.task == "segmentation" else []
    collected.subjects[case_id] = case.subject
    collected.opinions += said
    if project.settings.task == "classification":
        collected.answers[case_id] = labels
    for pair, part in found:
        collected.parts[pair, part.structure, part.measure].append((case_id, part.numerator, part.denominator))
    for annotator, structure, sensitivity, specificity in levels:
        collected.levels[annotator, structure].append((case_id, sensitivity, specificity))


def _means(parts: Sequence[Part]) -> list[Part]:
    """The mean over classes of each measure that every case has once, where there is more than one class."""
    columns: dict[str, list[float]] = defaultdict(list)
    for part in parts:
        if part.measure in ("dice", "nsd"):
            columns[part.measure].append(part.numerator)
    return [Part(MEAN, name, sum(v) / len(v), 1.0) for name, v in columns.items() if len(v) > 1]


def _levels(labels: dict[str, Any], project: Project) -> list[tuple[str, str, float, float]]:
    """(annotator, class, sensitivity, specificity) of STAPLE, of each class that somebody marked."""
    consensus = staple_labels(list(labels.values()), ignored=project.settings.ignored)
    names = {info.value: info.name for info in project.settings.classes}
    found = []
    for value, level in consensus.levels.items():
        judges = [name for name, label in labels.items() if value not in label.unjudged]
        for name, sensitivity, specificity in zip(judges, level.sensitivity, level.specificity, strict=True):
            if math.isfinite(sensitivity) and math.isfinite(specificity):
                found.append((name, names[value], sensitivity, specificity))
    return found


def _rows(collected: _Collected, project: Project, settings: BootstrapSettings) -> list[AgreementRow]:
    order = {c.name: n for n, c in enumerate(project.settings.classes)}
    place = {EVERYBODY: 1}
    by_class: dict[tuple[str, str], dict[Pair, list[tuple[str, float, float]]]] = defaultdict(dict)
    for (pair, structure, measure), values in collected.parts.items():
        by_class[structure, measure][pair] = values
    rows = []
    for (structure, measure), pairs in by_class.items():
        if len(pairs) > 1:
            everything = [value for values in pairs.values() for value in values]
            rows.append(AgreementRow(EVERYBODY, "", structure, measure, _ratio(everything, collected, settings)))
        for (first, second), values in pairs.items():
            rows.append(AgreementRow(first, second, structure, measure, _ratio(values, collected, settings)))
    rows += _kappas(collected, project, settings)
    return sorted(
        rows,
        key=lambda r: (-place.get(r.first, 0), order.get(r.structure, -1), r.structure, r.first, r.second),
    )


def _kappas(collected: _Collected, project: Project, settings: BootstrapSettings) -> list[AgreementRow]:
    if not collected.answers:
        return []
    annotators = sorted({opinion.annotator for opinion in collected.opinions})
    labels = [[row.get(name) for name in annotators] for row in collected.answers.values()]
    subjects = [collected.subjects[case] for case in collected.answers]
    questions = questions_of(labels, project.settings)
    return [row for question in questions for row in kappa_rows(question, annotators, subjects, settings)]


def _ratio(values: Sequence[tuple[str, float, float]], collected: _Collected, settings: BootstrapSettings) -> Interval:
    """Sum of numerators over sum of denominators, resampled by subject; n are the cases with a denominator."""
    totals: dict[str, tuple[float, float]] = {}
    for case_id, numerator, denominator in values:
        above, below = totals.get(case_id, (0.0, 0.0))
        totals[case_id] = above + numerator, below + denominator
    cases = [case_id for case_id, (_, below) in totals.items() if below > 0]
    if not cases:
        return Interval(None, None, None, 0, 0, "no case")
    subjects = [collected.subjects[case_id] for case_id in cases]
    above, below = np.array([totals[case_id] for case_id in cases]).T

    def statistic(weights: Any) -> Any:
        return np.divide(
            weights @ above, weights @ below, out=np.full(len(weights), np.nan), where=weights @ below > 0
        )[:, None]

    return intervals(resample(statistic, subjects, settings), [len(cases)], [len(set(subjects))], settings)[0]


def _raters(collected: _Collected, settings: BootstrapSettings) -> list[RaterRow]:
    rows = []
    for (annotator, structure), values in sorted(collected.levels.items()):
        subjects = [collected.subjects[case_id] for case_id, _, _ in values]
        sensitivity, specificity = (bootstrap_mean([value[n] for value in values], subjects, settings) for n in (1, 2))
        rows.append(RaterRow(annotator, structure, sensitivity, specificity))
    return rows


def _case_rows(collected: _Collected) -> list[CaseRow]:
    rows = [
        CaseRow(case_id, collected.subjects[case_id], first, second, structure, measure, numerator / denominator)
        for ((first, second), structure, measure), values in collected.parts.items()
        for case_id, numerator, denominator in values
        if denominator
    ]
    return sorted(rows, key=lambda row: (row.case, row.first, row.second, row.structure, row.measure))
