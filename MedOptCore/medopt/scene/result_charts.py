"""Results as charts: ROC, precision-recall and reliability of classes, precision-recall and FROC of boxes, Bland-Altman
of volumes, reliability of voxels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from medopt.metrics.froc import LUNA_RATES
from medopt.scene.case_plot import case_chart
from medopt.scene.plots import PALETTE, Chart, Series
from medopt.validation import AnyResults, BoxResults, ClassResults, Interval, Results, SummaryRow
from medopt.validation.box_summary import BoxTable
from medopt.validation.class_table import ClassTable
from medopt.validation.weighted import weighted_froc, weighted_precision_at, weighted_roc

GRID = np.linspace(0, 1, 201)
RATES = np.linspace(0, LUNA_RATES[-1], 161)
NAMES = {
    "roc": "ROC",
    "precision": "Precision and recall",
    "reliability": "Reliability",
    "froc": "FROC",
    "volumes": "Volumes (Bland-Altman)",
    "case-calibration": "Calibration error of each case",
}
"""Charts by the name under which they are asked for."""


def chart_names(results: AnyResults) -> tuple[str, ...]:
    """The charts that results have, beside those of each metric case by case (``medopt.scene.case_chart``)."""
    if isinstance(results, ClassResults):
        return ("roc", "precision", "reliability")
    if isinstance(results, BoxResults):
        return ("froc", "precision")
    return ("volumes", "reliability", "case-calibration") if results.calibrated else ("volumes",)


def result_chart(results: AnyResults, name: str, colors: Mapping[str, str] | None = None) -> Chart:
    """The chart called ``name`` (see ``chart_names``): a line a class, whose name tells its figure with interval and n;
    of volumes a point a case, labelled with it.

    Classes for which the curve is not defined have no line. ``colors`` are class -> ``"#rrggbb"``.
    """
    title = f"{results.model}, {results.subset}: {NAMES[name]}"
    if isinstance(results, Results | ClassResults) and name == "reliability":
        return _reliability(results, title, colors or {})
    if isinstance(results, Results):
        how = _case_calibration if name == "case-calibration" else _volumes
        return how(results, title, colors or {})
    if isinstance(results, ClassResults):
        x, curves, axes = _of_classes(results, name)
    else:
        x, curves, axes = _of_boxes(results, name)
    metric = {"roc": "auroc", "froc": "froc"}.get(name, "ap50" if results.task == "detection" else "average_precision")
    series = []
    for place, (structure, y) in enumerate(curves.items()):
        if not np.isfinite(y).all():
            continue
        row = results.row(structure, metric)
        n = f"{row.n_boxes} boxes" if row.n_boxes is not None else f"n = {row.n}"
        color = (colors or {}).get(structure) or PALETTE[place % len(PALETTE)]
        series.append(Series(f"{structure}{_told(row)}, {n}", x.tolist(), y.tolist(), (), "line", color))
    if name == "roc":
        series.append(Series("chance", [0.0, 1.0], [0.0, 1.0], (), "dashes", "#999999"))
    return Chart(title, *axes, tuple(series), (0.0, 1.0))


def _told(row: SummaryRow | Interval, digits: int = 3) -> str:
    value = "" if row.estimate is None else f" {row.estimate:.{digits}f}"
    return value + ("" if row.low is None or row.high is None else f" [{row.low:.{digits}f}, {row.high:.{digits}f}]")


def _volumes(results: Results, title: str, colors: Mapping[str, str]) -> Chart:
    """Bland and Altman's: the difference of both volumes over their mean, with bias and limits of agreement."""
    series = []
    for place, structure in enumerate(s.name for s in results.structures):
        color = colors.get(structure) or PALETTE[place % len(PALETTE)]
        scores = [score for score in results.cases if score.structure == structure]
        if not scores:
            continue
        mean = [(score.reference_ml + score.predicted_ml) / 2 for score in scores]
        apart = [score.predicted_ml - score.reference_ml for score in scores]
        cases = [score.case for score in scores]
        series.append(Series(f"{structure}, n = {len(scores)}", mean, apart, cases, "points", color))
        found, across = results.volume_agreement(structure), [min(mean), max(mean)]
        for name, part in (("bias", found.bias), ("lower limit", found.lower), ("upper limit", found.upper)):
            if part.estimate is not None:
                words, level = f"{structure} {name}{_told(part, 2)}", [part.estimate] * 2
                series.append(Series(words, across, level, (), "line" if name == "bias" else "dashes", color))
    return Chart(title, "Mean of both volumes (ml)", "Predicted - reference (ml)", tuple(series))


def _case_calibration(results: Results, title: str, colors: Mapping[str, str]) -> Chart:
    """A point a case, labelled with it, in a column a structure."""
    values: dict[str, dict[str, float | None]] = {structure: {} for structure in results.calibrated}
    for case in results.calibration.cases if results.calibration is not None else ():
        values[case.structure][case.case] = case.values["ece"]
    return case_chart(title, NAMES["case-calibration"], values, colors)


def _reliability(results: Results | ClassResults, title: str, colors: Mapping[str, str]) -> Chart:
    """How often a class is there, over the probability that it is given; dashes join the ends of the intervals."""
    series = []
    for place, structure in enumerate(results.calibrated):
        points = [point for point in results.reliability(structure) if point.given is not None]
        if not points:
            continue
        color, row = colors.get(structure) or PALETTE[place % len(PALETTE)], results.calibration_row(structure)
        chance = "" if row.by_chance is None else f" (chance: < {row.by_chance:.3f})"
        given, true = [p.given or 0.0 for p in points], [p.true.estimate or 0.0 for p in points]
        words = f"{structure}, error{_told(row)}{chance}, n = {row.n}"
        series += [Series(words, given, true, (), "line", color)]
        cases = [f"{p.true.n} cases" for p in points]
        series.append(Series(f"{structure} bins", given, true, cases, "points", color))
        bounded = [(p.given or 0.0, p.true.low, p.true.high) for p in points if p.true.low is not None]
        for end, word in ((1, "low"), (2, "high")):
            y = [float(point[end] or 0.0) for point in bounded]
            series.append(Series(f"{structure} {word}", [point[0] for point in bounded], y, (), "dashes", color))
    series.append(Series("right", [0.0, 1.0], [0.0, 1.0], (), "dashes", "#999999"))
    what = "Share with the class" if isinstance(results, ClassResults) else "Share of voxels in the structure"
    return Chart(title, "Probability", what, tuple(series), (0.0, 1.0))


def _of_classes(results: ClassResults, name: str) -> tuple[NDArray, dict[str, NDArray], tuple[str, str]]:
    table = ClassTable.of(results.cases, [s.name for s in results.structures])
    curves = {}
    for c, structure in enumerate(table.names):
        here = table.judged[:, c]
        one, truth, sure = np.ones((1, int(here.sum()))), table.truth[here, c], table.sure[here, c]
        if name == "roc":
            curves[structure] = weighted_roc(one, truth, sure, GRID)[0]
        else:
            curves[structure] = weighted_precision_at(one, truth, sure, GRID)[0]
    return GRID, curves, ("1 - specificity", "Sensitivity") if name == "roc" else ("Recall", "Precision")


def _of_boxes(results: BoxResults, name: str) -> tuple[NDArray, dict[str, NDArray], tuple[str, str]]:
    curves = {}
    for structure in (s.name for s in results.structures):
        table = BoxTable.of(results.cases, structure)
        one, right = np.ones((1, len(table.scores))), table.right[:, 0]
        boxes, images = np.array([table.references.sum()], float), np.array([table.judged.sum()], float)
        if name == "froc":
            curves[structure] = weighted_froc(one, right, table.scores, boxes, images, RATES.tolist())[0]
        else:
            curves[structure] = weighted_precision_at(one, right, table.scores, GRID, boxes)[0]
    if name == "froc":
        return RATES, curves, ("False boxes an image", "Share of boxes found")
    return GRID, curves, ("Recall", "Precision")
