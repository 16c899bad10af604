"""Validation of detection: predicted boxes against the reference, case by case and summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import Boxes, Geometry
from medopt.metrics import COCO_IOUS, match_boxes
from medopt.metrics.box_iou import box_iou
from medopt.validation.box_results import BoxCase, BoxOutcome, BoxResults
from medopt.validation.box_summary import summarize_boxes
from medopt.validation.holdout import check_cases
from medopt.validation.scoring import NamedValue
from medopt.validation.settings import ValidationSettings
from medopt.validation.table import LeftOut, Structure


def validate_boxes(
    cases: Iterable[tuple[str, str]],
    read_reference: Callable[[str], Boxes],
    read_prediction: Callable[[str], Boxes],
    read_geometry: Callable[[str], Geometry],
    classes: Sequence[NamedValue],
    *,
    subset: str,
    model: str,
    settings: ValidationSettings | None = None,
    reporter: Reporter | None = None,
) -> BoxResults:
    """Score predicted boxes against references and sum them up.

    Parameters
    ----------
    cases : (case, subject) pairs
    read_reference, read_prediction : the boxes of a case, the predicted ones with scores
    read_geometry : the grid of the case's image, along whose axes boxes are compared
    classes : values and names
    subset : which cases these are ("train", "validation", "test", …)
    model : what predicted them

    A case that raises a MedOptError is left out with that reason. Raises MedOptError when there are no cases, a case
    comes twice, or names of classes are not unique.
    """
    settings = settings or ValidationSettings()
    reporter = reporter or Silence()
    pairs = list(cases)
    known = tuple(Structure(int(c.value), c.name) for c in classes)
    check_cases(pairs, known, subset)
    found: list[BoxCase] = []
    left_out: list[LeftOut] = []
    for case, subject in track(reporter, f"validating {subset}", pairs):
        try:
            found.append(
                score_boxes(
                    read_reference(case), read_prediction(case), read_geometry(case), known, case=case, subject=subject
                )
            )
        except MedOptError as error:
            left_out.append(LeftOut(case, str(error)))
            reporter.emit("message", level="warning", text=f"{case} is left out: {error}")
    return BoxResults(
        subset=subset,
        model=model,
        structures=known,
        settings=settings,
        cases=tuple(found),
        summary=summarize_boxes(found, [c.name for c in known], settings.bootstrap),
        left_out=tuple(left_out),
    )


def score_boxes(
    reference: Boxes,
    prediction: Boxes,
    geometry: Geometry,
    classes: Sequence[NamedValue],
    *,
    case: str = "",
    subject: str = "",
) -> BoxCase:
    """One case: its boxes paired as ``medopt.metrics.match_boxes`` does, the surest first, then the missed ones.

    Boxes are compared along the axes of the image; in an image of one slice (k = 1) only within it. Predicted boxes
    of classes that nobody looked for do not count. Raises MedOptError for a box of an unknown class, for a predicted
    one without a score, and for one whose score is no number.
    """
    places = {c.value: n for n, c in enumerate(classes)}
    for boxes, what in ((reference, "reference"), (prediction, "prediction")):
        if unknown := sorted(set(boxes.values()) - set(places)):
            raise MedOptError(f"unknown class in the {what}", where=case or None, found=", ".join(map(str, unknown)))
    if any(box.score is None for box in prediction.boxes):
        raise MedOptError("a predicted box has no score", where=case or None)
    judged = np.array([c.value not in reference.unjudged for c in classes], bool)
    there, kinds = _corners(reference, geometry), np.array([places[box.value] for box in reference.boxes], int)
    said, called = _corners(prediction, geometry), np.array([places[box.value] for box in prediction.boxes], int)
    scores = np.array([box.score for box in prediction.boxes], float)
    matches = match_boxes((said, called, scores), (there, kinds), judged)
    order = np.argsort(-scores, kind="stable")
    overlaps = box_iou(said[order], there)
    outcomes = []
    for place, index in enumerate(order):
        if not judged[called[index]]:
            continue
        name, score, took = classes[called[index]].name, float(scores[index]), int(matches.matched[place, 0])
        right_at = tuple(round(t, 2) for t, right in zip(COCO_IOUS, matches.right[place], strict=True) if right)
        if took < 0:
            outcomes.append(BoxOutcome(name, "false", score, predicted=int(index), right_at=right_at))
        else:
            iou = float(overlaps[place, took])
            outcomes.append(BoxOutcome(name, "found", score, iou, took, int(index), right_at))
    taken = set(matches.matched[:, 0].tolist())
    outcomes += [
        BoxOutcome(classes[kind].name, "missed", reference=n)
        for n, kind in enumerate(kinds)
        if n not in taken and judged[kind]
    ]
    return BoxCase(
        case, subject, tuple(outcomes), tuple(c.name for c, on in zip(classes, judged, strict=True) if not on)
    )


def _corners(boxes: Boxes, geometry: Geometry) -> NDArray[np.float64]:
    corners = boxes.to_index(geometry)
    if geometry.is_2d:
        corners[:, :, 0] = (-0.5, 0.5)
    return corners
