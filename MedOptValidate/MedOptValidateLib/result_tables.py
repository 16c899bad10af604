"""The results of a validation as the rows of two tables: the summary, and the cases with the worst first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.texts import interval, number

METRICS = ("dice", "nsd", "hd95_mm", "volume_difference_ml")
"""What the tables of segmentation show, the first one decides which case is worst."""

CASE_HEADERS = {
    "segmentation": (_("Case"), _("Structure"), _("Dice"), _("NSD"), _("HD95 (mm)"), _("Volume difference (mL)")),
    "classification": (_("Case"), _("Reference"), _("Predicted"), _("Truth has"), _("Prediction has"), _("Right")),
    "detection": (_("Case"), _("Boxes"), _("Found"), _("Missed"), _("False"), _("Mean IoU")),
}
"""Heads of the columns of the table of cases, by task; as many for each."""


@dataclass(frozen=True)
class CaseLine:
    """One structure of one case."""

    case: str
    structure: str
    values: tuple[float | None, ...]

    def cells(self) -> list[str]:
        """What the table shows."""
        digits = {"dice": 3, "nsd": 3}
        texts = [number(value, digits.get(name, 2)) for name, value in zip(METRICS, self.values, strict=True)]
        return [self.case, self.structure, *texts]


@dataclass(frozen=True)
class TextLine:
    """One case of a classification or detection; ``texts`` stand behind its name."""

    case: str
    texts: tuple[str, ...]

    def cells(self) -> list[str]:
        """What the table shows."""
        return [self.case, *self.texts]


def summaryCells(results: Any) -> list[list[str]]:
    """Structure or class, metric, estimate with interval, n; the mean over them last, and then how far the
    probabilities of voxels hold. A calibration error stands beside what chance gives.
    """
    from medopt.validation import MEAN, MEASURES

    together = _("mean of structures") if results.task == "segmentation" else _("all classes")
    calibration = results.calibration if results.task == "segmentation" else None
    rows = [row for row in results.summary if results.task != "segmentation" or row.metric in METRICS]
    cells = []
    for row in [*rows, *(calibration.summary if calibration is not None else ())]:
        metric = MEASURES.get(row.metric)
        unit = metric.unit if metric is not None else ""
        title = row.metric if metric is None else f"{metric.title} ({unit})" if unit else metric.title
        structure = together if row.structure == MEAN else row.structure
        excluded = _(" ({n} without a value)").format(n=row.excluded) if row.excluded else ""
        boxes = "" if row.n_boxes is None else _(", {n} boxes").format(n=row.n_boxes)
        value = interval(row.estimate, row.low, row.high, 2 if unit else 3)
        if row.by_chance is not None:
            value += _(" (by chance below {limit})").format(limit=number(row.by_chance, 3))
        cells.append([structure, title, value, f"{row.n}{boxes}{excluded}"])
    return cells


def caseLines(results: Any) -> list[CaseLine] | list[TextLine]:
    """Lines with the worst case first: one a structure and case in segmentation (the lowest Dice first; cases without a
    value last), one a case in classification (the least probability of the truth) and detection (most missed boxes).
    """
    if results.task == "classification":
        return _classLines(results)
    if results.task == "detection":
        return _boxLines(results)
    lines = [
        CaseLine(score.case, score.structure, tuple(score.value(name) for name in METRICS)) for score in results.cases
    ]
    return sorted(lines, key=lambda line: (math.inf if line.values[0] is None else line.values[0], line.case))


def _classLines(results: Any) -> list[TextLine]:
    from medopt.validation.ranking import ranked_classes

    lines = []
    for case in ranked_classes(results):
        said = max((case.probabilities[name] for name in case.predicted), default=None)
        there = ", ".join(case.present) or _("none")
        found = ", ".join(case.predicted) or _("none")
        right = _("yes") if case.right else _("no")
        lines.append(TextLine(case.case, (there, found, number(case.agreement, 3), number(said, 3), right)))
    return lines


def _boxLines(results: Any) -> list[TextLine]:
    from medopt.validation.ranking import ranked_boxes

    lines = []
    for item in ranked_boxes(results):
        counts = (item.found + item.missed, item.found, item.missed, item.false)
        lines.append(TextLine(item.case.case, (*(str(count) for count in counts), number(item.mean_iou, 2))))
    return lines


def caseLegend(task: str, case: str) -> str:
    """What of a case stands in the slice views, and what the colours mean."""
    if task == "classification":
        return _("{case}: the image").format(case=case)
    if task == "detection":
        return _(
            "{case}: reference filled, prediction outlined with its score; green found, blue missed, orange false"
        ).format(case=case)
    return _(
        "{case}: reference filled, prediction outlined; errors: blue missed, orange too much, pink other structure"
    ).format(case=case)


def headline(results: Any) -> str:
    """The main figure with interval, n, and what was left out, as one sentence."""
    from medopt.validation import MEAN

    titles = {"segmentation": "Dice", "classification": "AUROC", "detection": "AP50"}
    metric = results.main_metric
    row = next((row for row in results.summary if (row.structure, row.metric) == (MEAN, metric)), None)
    text = _("{run} on {subset}: mean {metric} {value} · {cases} cases of {subjects} subjects").format(
        run=results.model,
        subset=results.subset,
        metric=titles[results.task],
        value=interval(None, None, None) if row is None else interval(row.estimate, row.low, row.high),
        cases=results.n_cases,
        subjects=results.n_subjects,
    )
    if row is not None and row.low is not None:
        text += " · " + _("[ ]: 95 % interval over subjects")
    if results.left_out:
        text += " · " + _("{n} cases left out").format(n=len(results.left_out))
    return text
