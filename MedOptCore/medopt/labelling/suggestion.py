"""What a model suggests for one image: a label that a person can take over, how sure it is, and where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.image import Boxes, ClassLabel, ClassScores, Geometry, Image, LabelMap
from medopt.image.label import Label
from medopt.inference import predict_scores
from medopt.labelling.byte_probabilities import byte_probabilities
from medopt.labelling.confidence import box_confidence, class_confidence, voxel_confidence
from medopt.labelling.proposing_model import ProposingModel
from medopt.tasks.peaks import decode_boxes

LEAST_SCORE = 0.3
"""Boxes that score less are not proposed: a person deletes a wrong box as quickly as he draws a missing one, and at
this score Objects as Points (Zhou et al. 2019) shows its boxes, too."""
MOST_BOXES = 100
"""Boxes that are proposed for an image at most."""
OVERLAP = 0.5
"""Of two boxes of one class that overlap by more than this IoU only the surer one is proposed."""


@dataclass(frozen=True, eq=False)
class Suggestion:
    """A proposal before it is saved.

    Parameters
    ----------
    label : on the image's own grid, with the project's class values
    confidence : 0 to 1; see ``medopt.labelling.confidence``
    scores : (class, k, j, i) probability × 255 of the project's classes in their order; None except for segmentation
    """

    label: Label
    confidence: float
    scores: NDArray[np.uint8] | None = None


def suggest(
    image: Image, model: ProposingModel, values: Sequence[int], *, least_score: float = LEAST_SCORE
) -> Suggestion:
    """What ``model`` suggests for ``image``.

    Parameters
    ----------
    image : (channel, k, j, i), as the project keeps it
    values : the project's classes in their order; those that the model does not know are marked as not judged
    least_score : boxes that score less are left out

    Raises MedOptError when the image does not fit the model.
    """
    unjudged = tuple(values[place] for place in model.unknown)
    task = model.model.description.build_task()
    with predict_scores(image, model.model) as (scores, grid):
        if task.name == "detection":
            return _boxes(scores, grid, model, unjudged, least_score)
        said = task.decode(scores, grid, image.geometry)
        if isinstance(said, ClassScores):
            label = said.label()
            return Suggestion(ClassLabel(label.present, unjudged), class_confidence(said))
        rows = [None if row is None else row + 1 for row in model.rows]  # the first output is background
        kept = byte_probabilities(scores, grid, image.geometry, rows)
    if not isinstance(said, LabelMap):
        raise TypeError(f"a prediction of an unknown kind: {type(said).__name__}")
    known = [place for place, row in enumerate(rows) if row is not None]
    sure = voxel_confidence(said.array, kept[known] if len(known) < len(rows) else kept, [values[p] for p in known])
    return Suggestion(LabelMap(said.array, said.geometry, unjudged), sure, kept)


def _boxes(
    scores: NDArray[np.float32], grid: Geometry, model: ProposingModel, unjudged: tuple[int, ...], least: float
) -> Suggestion:
    """Boxes that do not cover each other; ``scores`` as ``DetectionTask`` describes them."""
    description = model.model.description
    corners, classes, sure = decode_boxes(
        scores, description.stride, description.dims, threshold=least, most=MOST_BOXES, overlap=OVERLAP
    )
    kinds = [description.classes[int(n)].value for n in classes]
    found = Boxes.from_index(corners, kinds, grid, scores=[float(s) for s in sure], unjudged=unjudged)
    highest = float(np.max(scores[: len(description.classes)], initial=0.0))
    return Suggestion(found, box_confidence(found, highest))
