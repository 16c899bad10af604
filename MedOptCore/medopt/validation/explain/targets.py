"""What of the network's answer a map explains: one number for one class of one image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.inference.description import ModelDescription
from medopt.tasks.peaks import decode_boxes

FAINTEST = 0.01
"""Peaks that score less are no boxes; the same as where predictions are made."""


@dataclass(frozen=True, eq=False)
class Target:
    """The sum of one output over cells.

    Parameters
    ----------
    channel : of the network's output
    cells : (k, j, i) of the output on the prepared grid, a number each: how often it counts; None when the network
        answers for the image as a whole
    """

    channel: int
    cells: NDArray | None = None


def find_target(scores: NDArray, description: ModelDescription, index: int, peak: int = 1) -> Target:
    """What is explained of class ``index`` (from 0) in an image with these scores (see ``image_scores``).

    Classification: the class's logit. Segmentation: the class's logits summed over the voxels in which the model finds
    it (Seg-Grad-CAM, Vinogradova et al. 2020). Detection: the class's logit at the middle of its surest box, or of the
    one that ``peak`` counts. Raises MedOptError when the model finds nothing of the class.
    """
    name = description.classes[index].name
    if description.task == "classification":
        return Target(index)
    if description.task == "segmentation":
        found = scores.argmax(axis=0) == index + 1
        if not found.any():
            raise MedOptError(f"the model finds no {name} in this image, so there is nothing to explain")
        return Target(index + 1, found)
    return Target(index, _peak(scores, description, index, peak))


def _peak(scores: NDArray, description: ModelDescription, index: int, peak: int) -> NDArray[np.bool_]:
    """True at the cell of the wanted box's centre."""
    dims, classes = description.dims, len(description.classes)
    one_class = np.concatenate([scores[index : index + 1], scores[classes:]])
    # without sizes and offsets a box lies on the middle of its cell
    one_class[1:] = 0
    corners, _, sure = decode_boxes(one_class, description.stride, dims, threshold=FAINTEST, most=peak)
    if len(sure) < peak:
        raise MedOptError(
            f"the model finds no {peak}. box of {description.classes[index].name} in this image"
            if peak > 1
            else f"the model finds no {description.classes[index].name} in this image, so there is nothing to explain",
        )
    middle = corners[peak - 1].mean(axis=0)
    cell = np.rint((middle + 0.5) / np.asarray(description.stride) - 0.5).astype(int)
    result = np.zeros(scores.shape[1:], bool)
    result[tuple(cell)] = True
    return result
