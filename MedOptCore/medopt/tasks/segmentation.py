"""Segmentation: one class a voxel, background included, by softmax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from medopt.errors import MedOptError
from medopt.image import LabelMap
from medopt.metrics import dice
from medopt.project import ClassInfo

IGNORED = 255
"""Target of voxels that nobody annotated; they count in no loss and no score."""
SMOOTH = 1e-5
"""Keeps the soft Dice of an absent structure finite."""


class SegmentationTask:
    """Targets are class indices: 0 background, then the project's classes in their order, 255 not annotated.

    The loss is soft Dice over the batch plus cross-entropy (Isensee et al. 2021); coarser outputs of deep
    supervision count half as much each and are compared with the target at their own size.
    """

    def __init__(self, classes: Sequence[ClassInfo]) -> None:
        if not 1 <= len(classes) < IGNORED:
            raise MedOptError("wrong number of classes", expected=f"1 to {IGNORED - 1}", found=str(len(classes)))
        self.classes = tuple(classes)

    @property
    def outputs(self) -> int:
        """Classes with background."""
        return len(self.classes) + 1

    @property
    def key(self) -> tuple[int, ...]:
        """The label values in the order of the outputs: targets encoded with another key are different."""
        return tuple(c.value for c in self.classes)

    def encode(self, label: LabelMap) -> NDArray[np.uint8]:
        """(k, j, i) uint8 class indices of ``label``; raises MedOptError on a value that no class has."""
        target = np.zeros(label.array.shape, np.uint8)
        known = np.equal(label.array, 0)
        for index, info in enumerate(self.classes, start=1):
            here = label.array == info.value
            target[here] = index
            known |= here
        if not known.all():
            strange = sorted({int(v) for v in np.unique(label.array[~known])})
            allowed = ", ".join(f"{c.value} ({c.name})" for c in self.classes)
            raise MedOptError("label value outside the classes", expected=f"0 or {allowed}", found=str(strange))
        return target

    def decode(self, indices: NDArray) -> NDArray:
        """Label values of class indices; the smallest unsigned integer type that holds them."""
        values = np.array([0, *(c.value for c in self.classes)])
        return values.astype(np.uint8 if values.max() < 256 else np.uint16)[indices]

    def loss(self, outputs: Tensor | list[Tensor], target: Tensor) -> Tensor:
        """Scalar loss of logits (batch, outputs, *space), finest first when a list, and target (batch, *space)."""
        levels = outputs if isinstance(outputs, list) else [outputs]
        weights = [0.5**n for n in range(len(levels))]
        terms = [
            w * _dice_and_cross_entropy(o, _at_size(target, o.shape[2:])) for w, o in zip(weights, levels, strict=True)
        ]
        return torch.stack(terms).sum() / sum(weights)

    def score(self, outputs: NDArray[np.float32], target: NDArray[np.uint8]) -> dict[str, float]:
        """Dice of each class by name, from scores (outputs, k, j, i) and target (k, j, i) on the prepared grid."""
        indices = outputs.argmax(axis=0)
        seen = target != IGNORED
        return {
            info.name: mask_dice((target == index) & seen, (indices == index) & seen)
            for index, info in enumerate(self.classes, start=1)
        }


def mask_dice(reference: NDArray[np.bool_], prediction: NDArray[np.bool_]) -> float:
    """Dice of two masks of one shape; 1 when both are empty."""
    shared = int(np.count_nonzero(reference & prediction))
    return dice(int(np.count_nonzero(reference)), int(np.count_nonzero(prediction)), shared)


def _at_size(target: Tensor, size: torch.Size) -> Tensor:
    if target.shape[1:] == size:
        return target
    return F.interpolate(target[:, None].float(), size=size, mode="nearest-exact")[:, 0].long()


def _dice_and_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    logits = logits.float()
    log_probabilities = F.log_softmax(logits, dim=1)
    cross_entropy = F.nll_loss(log_probabilities, target, ignore_index=IGNORED)
    seen = target != IGNORED
    one_hot = F.one_hot(target * seen, logits.shape[1]).movedim(-1, 1)[:, 1:].to(logits.dtype)
    mask = seen[:, None].to(logits.dtype)
    probabilities = log_probabilities[:, 1:].exp() * mask
    one_hot = one_hot * mask
    axes = [0, *range(2, logits.ndim)]
    overlap = (probabilities * one_hot).sum(axes)
    total = probabilities.sum(axes) + one_hot.sum(axes)
    soft_dice = (2 * overlap + SMOOTH) / (total + SMOOTH)
    return cross_entropy + 1 - soft_dice.mean()
