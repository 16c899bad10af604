"""Segmentation: one class a voxel, background included, by softmax."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.metrics import dice
from medopt.preprocess import resample_label, restore_label
from medopt.project import ClassInfo
from medopt.tasks.numbers import mean_by_class, softmax, which_judged
from medopt.tasks.task import IGNORED, Head, Sample

if TYPE_CHECKING:
    from torch import Tensor, nn

    from medopt.tasks.losses import LossSettings

POINTS_A_CLASS = 2000
"""Voxels of each structure that are kept as possible patch centres."""


class SegmentationTask:
    """Targets are class indices: 0 background, then the project's classes in their order, 255 not annotated.

    Coarser outputs of deep supervision count half as much each and are compared with the target at their own size.

    Parameters
    ----------
    classes : of the project
    ignored : the label value of voxels that nobody annotated
    loss : which loss; soft Dice over the batch plus cross-entropy by default (Isensee et al. 2021)
    """

    name = "segmentation"
    metric = "dice"
    head: Head = "voxels"
    dense = True
    stride = (1, 1, 1)

    def __init__(
        self, classes: Sequence[ClassInfo], *, ignored: int | None = None, loss: LossSettings | None = None
    ) -> None:
        if not 1 <= len(classes) < IGNORED:
            raise MedOptError("wrong number of classes", expected=f"1 to {IGNORED - 1}", found=str(len(classes)))
        self.classes, self._ignored, self._loss = tuple(classes), ignored, loss
        self._weights: Sequence[float] | None = None
        self._total: Callable[[Tensor], Tensor] | None = None
        self._compare: Any = None

    @property
    def outputs(self) -> int:
        """Classes with background."""
        return len(self.classes) + 1

    @property
    def key(self) -> tuple[Any, ...]:
        """The label values in the order of the outputs, and the ignored one."""
        return (*(c.value for c in self.classes), self._ignored)

    def judged(self, label: LabelMap) -> NDArray[np.bool_]:
        """(classes,) which classes somebody outlined or found absent."""
        return which_judged(self.classes, label.unjudged)

    def encode(self, label: LabelMap, grid: Geometry) -> NDArray[np.uint8]:
        """(k, j, i) uint8 class indices of ``label`` on ``grid``; raises MedOptError on a value that no class has."""
        values = resample_label(label, grid).array
        target = np.zeros(values.shape, np.uint8)
        known = np.equal(values, 0)
        wanted = [(index, info.value) for index, info in enumerate(self.classes, start=1)]
        for index, value in [*wanted, *([] if self._ignored is None else [(IGNORED, self._ignored)])]:
            here = values == value
            target[here] = index
            known |= here
        if not known.all():
            strange = sorted({int(v) for v in np.unique(values[~known])})
            allowed = ", ".join(f"{c.value} ({c.name})" for c in self.classes)
            raise MedOptError("label value outside the classes", expected=f"0 or {allowed}", found=str(strange))
        return target

    def points(self, target: NDArray[np.uint8], shape: Sequence[int]) -> list[NDArray[np.int32]]:
        """Up to POINTS_A_CLASS voxels of each class, evenly through its list of voxels."""
        found = []
        for index in range(1, self.outputs):
            voxels = np.argwhere(target == index).astype(np.int32)
            keep = np.linspace(0, len(voxels) - 1, min(len(voxels), POINTS_A_CLASS)).astype(int)
            found.append(voxels[keep])
        return found

    def targets(
        self, samples: Sequence[Sample], labels: Tensor | None, patch: Sequence[int], dims: int
    ) -> dict[str, Tensor]:
        """``classes`` (batch, *space) int64 and ``judged`` (batch, classes)."""
        import torch

        if labels is None:
            raise MedOptError("patches came without labels")
        return {
            "classes": labels.squeeze(1) if dims == 2 else labels,
            "judged": torch.from_numpy(np.stack([sample.judged for sample in samples])).to(labels.device),
        }

    def share(self, total: Callable[[Tensor], Tensor]) -> None:
        """Measure overlaps over the whole batch where processes share one."""
        self._total, self._compare = total, None

    def prime(self, network: nn.Module) -> None:
        """Nothing to do."""

    def learn_weights(self, targets: Sequence[NDArray[np.uint8]]) -> None:
        """Weights of the classes, where the loss asks for them, from the voxels of each."""
        from medopt.tasks.losses import LossSettings, class_weights

        settings = self._loss or LossSettings()
        if not settings.weighted:
            return
        counts = np.zeros(self.outputs)
        for target in targets:
            counts += np.bincount(target.ravel(), minlength=IGNORED + 1)[: self.outputs]
        self._weights = class_weights(settings, ["background", *(info.name for info in self.classes)], counts)
        self._compare = None

    def loss(self, outputs: Tensor | list[Tensor], targets: Mapping[str, Tensor]) -> Tensor:
        """Of logits (batch, outputs, *space), finest first when a list."""
        import torch

        from medopt.tasks.losses import LossSettings, segmentation_loss

        if self._compare is None:
            self._compare = segmentation_loss(self._loss or LossSettings(), self._weights, self._total)
        target, judged = targets["classes"], targets.get("judged")
        levels = outputs if isinstance(outputs, list) else [outputs]
        weights = [0.5**n for n in range(len(levels))]
        terms = [
            w * self._compare(o, _at_size(target, o.shape[2:]), judged) for w, o in zip(weights, levels, strict=True)
        ]
        return torch.stack(terms).sum() / sum(weights)

    def activate(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Softmax over axis 1."""
        return softmax(logits)

    def judge(
        self, scores: NDArray[np.float32], target: NDArray[np.uint8], judged: NDArray[np.bool_]
    ) -> dict[str, float]:
        """Dice of each judged class by name, from scores (outputs, k, j, i) and target (k, j, i)."""
        indices = scores.argmax(axis=0)
        seen = target != IGNORED
        return {
            info.name: mask_dice((target == index) & seen, (indices == index) & seen)
            for index, info in enumerate(self.classes, start=1)
            if judged[index - 1]
        }

    def case_score(self, judgement: dict[str, float]) -> float | None:
        """Mean Dice over the classes that were judged; None when none was."""
        return sum(judgement.values()) / len(judgement) if judgement else None

    def summarize(self, judgements: Sequence[dict[str, float]]) -> dict[str, float]:
        """Mean Dice of each class over the cases in which it was judged."""
        return mean_by_class([info.name for info in self.classes], judgements)

    def decode(self, scores: NDArray[np.float32], grid: Geometry, original: Geometry) -> LabelMap:
        """The label map with the classes' values, the smallest unsigned type that holds them."""
        return self.label(restore_label(scores, grid, original))

    def label(self, indices: LabelMap) -> LabelMap:
        """The label map with the classes' values for one with their places among the outputs."""
        values = np.array([0, *(c.value for c in self.classes)])
        values = values.astype(np.uint8 if values.max() < 256 else np.uint16)
        result = np.empty(indices.array.shape, values.dtype)
        for k, indices_k in enumerate(indices.array):  # an index array is widened to 8 bytes a voxel
            result[k] = values[indices_k]
        return LabelMap(result, indices.geometry)


def mask_dice(reference: NDArray[np.bool_], prediction: NDArray[np.bool_]) -> float:
    """Dice of two masks of one shape; 1 when both are empty."""
    shared = int(np.count_nonzero(reference & prediction))
    return dice(int(np.count_nonzero(reference)), int(np.count_nonzero(prediction)), shared)


def _at_size(target: Tensor, size: Sequence[int]) -> Tensor:
    import torch.nn.functional as F

    if tuple(target.shape[1:]) == tuple(size):
        return target
    return F.interpolate(target[:, None].float(), size=tuple(size), mode="nearest-exact")[:, 0].long()
