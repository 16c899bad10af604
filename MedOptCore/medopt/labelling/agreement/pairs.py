"""Two annotators' labels of one case, compared: numbers that add up over cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Boxes, ClassLabel, Geometry, LabelMap
from medopt.labelling.regions import joint_region, value_regions
from medopt.metrics import METRICS, box_iou, compare_masks, match_boxes
from medopt.project import ProjectSettings

IOU = 0.5
"""From which overlap on two annotators' boxes are the same box, as COCO's loosest threshold has it."""


@dataclass(frozen=True)
class Part:
    """A measure of one class of one case and pair, as ``numerator`` over ``denominator``.

    Over several cases and pairs the measure is the sum of the numerators over that of the denominators.
    """

    structure: str
    measure: str
    numerator: float
    denominator: float


@dataclass(frozen=True)
class Task:
    """What comparing needs to know of a project.

    Parameters
    ----------
    settings : classes, and what else the project says of its labels
    tolerance_mm : of NSD
    """

    settings: ProjectSettings
    tolerance_mm: float


Compare = Callable[[Any, Any, Geometry, Task], list[Part]]


def compare_voxels(first: LabelMap, second: LabelMap, grid: Geometry, task: Task) -> list[Part]:
    """Dice and NSD of each class that both looked for; both 1 where neither marked it, 0 where one did.

    Voxels that either left out (the project's ``ignored`` value) are background for both.
    """
    one, other = first.array, second.array
    ignored = task.settings.ignored
    if ignored is not None:
        out = (one == ignored) | (other == ignored)
        one, other = np.where(out, 0, one), np.where(out, 0, other)
    regions = [value_regions(one), value_regions(other)]
    parts = []
    for info in _judged_by_both(first, second, task):
        held = [found[info.value] for found in regions if info.value in found]
        region = joint_region(held) if held else (slice(0, 1),) * 3
        comparison = compare_masks(
            one[region] == info.value,
            other[region] == info.value,
            grid.spacing,
            nsd_tolerance_mm=task.tolerance_mm,
            diagonal=grid.diagonal,
            two_d=grid.is_2d,
        )
        for measure in ("dice", "nsd"):
            value = METRICS[measure].read(comparison)
            if value is not None:
                parts.append(Part(info.name, measure, value, 1.0))
    return parts


def compare_boxes(first: Boxes, second: Boxes, grid: Geometry, task: Task) -> list[Part]:
    """Of each class that both looked for, how many boxes are the same, and how much the same boxes overlap.

    Boxes are the same from an IoU of ``IOU`` on, each with one box of the other at most. They are matched from the
    best overlap on, in both directions, and the direction that finds more counts, so that the order of annotators
    makes no difference.
    """
    corners = [first.to_index(grid), second.to_index(grid)]
    values = [np.array([box.value for box in boxes.boxes], int) for boxes in (first, second)]
    parts = []
    for info in _judged_by_both(first, second, task):
        one, other = (c[v == info.value] for c, v in zip(corners, values, strict=True))
        overlaps = max((_matched(one, other), _matched(other, one)), key=lambda found: (len(found), sum(found)))
        parts.append(Part(info.name, "boxes", 2.0 * len(overlaps), float(len(one) + len(other))))
        parts.append(Part(info.name, "iou", float(sum(overlaps)), float(len(overlaps))))
    return parts


def compare_classes(first: ClassLabel, second: ClassLabel, grid: Geometry, task: Task) -> list[Part]:
    """Whether both give the same answer: of each class where several are allowed at once, else of the choice."""
    if not task.settings.multi_label:
        if not first.present or not second.present:
            return []
        return [Part("all", "share", float(first.present == second.present), 1.0)]
    return [
        Part(info.name, "share", float((info.value in first.present) == (info.value in second.present)), 1.0)
        for info in _judged_by_both(first, second, task)
    ]


COMPARE: Mapping[str, Compare] = MappingProxyType(
    {"segmentation": compare_voxels, "detection": compare_boxes, "classification": compare_classes}
)
"""Task → how two of its labels are compared."""


def _judged_by_both(first: Any, second: Any, task: Task) -> list[Any]:
    return [c for c in task.settings.classes if c.value not in {*first.unjudged, *second.unjudged}]


def _matched(boxes: Sequence[Any], others: Sequence[Any]) -> list[float]:
    """IoU of each of ``boxes`` that is one of ``others``."""
    one, other = np.asarray(boxes, float).reshape(-1, 2, 3), np.asarray(others, float).reshape(-1, 2, 3)
    overlaps = box_iou(one, other)
    best = overlaps.max(axis=1) if len(other) else np.zeros(len(one))
    if not np.isfinite(best).all():
        raise MedOptError("a box has no size")
    found = match_boxes(
        (one, np.zeros(len(one), int), best), (other, np.zeros(len(other), int)), np.ones(1, bool), (IOU,)
    )
    places = zip(found.order, found.matched[:, 0], strict=True)
    return [float(overlaps[here, there]) for here, there in places if there >= 0]
