"""The cases of a validation as columns of a table, for each task."""

from __future__ import annotations

from medopt.scene.tables import Cell
from medopt.validation import MEASURES, AnyResults, BoxResults, ClassResults, Results
from medopt.validation.ranking import ranked_boxes, ranked_classes

MASK_METRICS = ("dice", "nsd", "hd95_mm", "volume_difference_ml")
"""Metrics of segmentation that have a column."""


def result_columns(results: AnyResults) -> tuple[dict[str, list[Cell]], dict[str, str]]:
    """(column name -> cells, column name -> unit), as `table_from_columns` takes them.

    Segmentation has a row a case and structure, in the order of the results; classification and detection have a row a
    case, the worst first (see ``medopt.validation.ranking``). No cases give columns without cells.
    """
    if isinstance(results, ClassResults):
        return _of_classes(results), {}
    if isinstance(results, BoxResults):
        return _of_boxes(results), {}
    return _of_masks(results)


def _of_masks(results: Results) -> tuple[dict[str, list[Cell]], dict[str, str]]:
    columns: dict[str, list[Cell]] = {
        "Case": [score.case for score in results.cases],
        "Structure": [score.structure for score in results.cases],
    }
    units = {}
    for name in MASK_METRICS:
        columns[MEASURES[name].title] = [score.value(name) for score in results.cases]
        units[MEASURES[name].title] = MEASURES[name].unit
    return columns, units


def _of_classes(results: ClassResults) -> dict[str, list[Cell]]:
    ranked = ranked_classes(results)
    columns: dict[str, list[Cell]] = {
        "Case": [case.case for case in ranked],
        "Reference": [", ".join(case.present) or "none" for case in ranked],
        "Predicted": [", ".join(case.predicted) or "none" for case in ranked],
        "Probability of the truth": [case.agreement for case in ranked],
    }
    for structure in results.structures:
        columns[f"P({structure.name})"] = [case.probabilities[structure.name] for case in ranked]
    return columns


def _of_boxes(results: BoxResults) -> dict[str, list[Cell]]:
    ranked = ranked_boxes(results)
    return {
        "Case": [item.case.case for item in ranked],
        "Boxes": [item.found + item.missed for item in ranked],
        "Found": [item.found for item in ranked],
        "Missed": [item.missed for item in ranked],
        "False": [item.false for item in ranked],
        "Mean IoU": [item.mean_iou for item in ranked],
        "Surest false": [item.surest_false for item in ranked],
    }
