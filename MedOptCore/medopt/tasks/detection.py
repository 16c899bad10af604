"""Detection: boxes from a heat map of their centres, with size and offset at each cell (Zhou et al. 2019)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medopt.augment import transform_boxes
from medopt.errors import MedOptError
from medopt.image import Boxes, Geometry
from medopt.metrics import BoxMatches, match_boxes, mean_box_average_precision
from medopt.project import ClassInfo
from medopt.tasks.heatmap import FIRST_LOGIT, encode_boxes
from medopt.tasks.numbers import sigmoid, which_judged
from medopt.tasks.peaks import decode_boxes
from medopt.tasks.task import Head, Sample

if TYPE_CHECKING:
    from torch import Tensor, nn

    from medopt.tasks.losses import LossSettings

MOST = 300
"""Boxes an image at most."""
FAINTEST = 0.01
"""Boxes that score less are dropped; curves over the score need the faint ones, people do not."""


class DetectionTask:
    """Targets are (n, 7) float32: class index from 0, lower k, j, i and upper k, j, i in prepared-grid indices.

    The network gives, for each cell of its output, a logit a class, then along (k, j, i), or (j, i) in 2D, the
    logarithm of the box's sizes in voxels of the prepared grid, and how far its centre lies from the middle of the
    cell, in cells.

    Parameters
    ----------
    classes : of the project
    dims : 2 or 3
    stride : voxels (k, j, i) that a cell covers
    loss : weights of the loss
    """

    name = "detection"
    metric = "map50"
    head: Head = "voxels"
    dense = False

    def __init__(
        self,
        classes: Sequence[ClassInfo],
        *,
        dims: int = 3,
        stride: tuple[int, int, int] = (1, 1, 1),
        loss: LossSettings | None = None,
    ) -> None:
        self.classes, self.dims, self.stride, self._loss = tuple(classes), dims, stride, loss
        self._compare: Any = None

    @property
    def outputs(self) -> int:
        """Classes, sizes and offsets."""
        return len(self.classes) + 2 * self.dims

    @property
    def key(self) -> tuple[Any, ...]:
        """The classes' values in the order of the outputs."""
        return tuple(c.value for c in self.classes)

    def judged(self, label: Boxes) -> NDArray[np.bool_]:
        """(classes,) which classes somebody looked for."""
        return which_judged(self.classes, label.unjudged)

    def encode(self, label: Boxes, grid: Geometry) -> NDArray[np.float32]:
        """(n, 7); boxes whose centre preprocessing cropped away are left out; MedOptError for an unknown class."""
        index = {info.value: n for n, info in enumerate(self.classes)}
        if unknown := sorted(set(label.values()) - set(index)):
            allowed = ", ".join(f"{c.value} ({c.name})" for c in self.classes)
            raise MedOptError("box of a class that the project does not have", expected=allowed, found=str(unknown))
        corners = label.to_index(grid)
        if grid.is_2d:
            corners[:, :, 0] = (-0.5, 0.5)  # whatever thickness the box was drawn with
        middle = corners.mean(axis=1)
        inside = ((middle > -0.5) & (middle < np.asarray(grid.shape) - 0.5)).all(axis=1)
        classes = np.array([index[box.value] for box in label.boxes], float)
        return np.column_stack([classes, corners.reshape(-1, 6)])[inside].astype(np.float32)

    def points(self, target: NDArray[np.float32], shape: Sequence[int]) -> list[NDArray[np.int32]]:
        """The centres of the boxes of each class."""
        middle = np.rint(_corners(target).mean(axis=1)).astype(np.int32)
        middle = np.clip(middle, 0, np.asarray(shape) - 1).astype(np.int32)
        return [middle[target[:, 0] == n] for n in range(len(self.classes))]

    def targets(
        self, samples: Sequence[Sample], labels: Tensor | None, patch: Sequence[int], dims: int
    ) -> dict[str, Tensor]:
        """What the loss needs of the boxes as they lie in each patch; see ``medopt.tasks.heatmap``."""
        import torch

        encoded = []
        for sample in samples:
            boxes = np.asarray(sample.target, float)
            moved = transform_boxes(_corners(boxes), sample.drawn, tuple(sample.center), sample.spacing)
            here = np.column_stack([boxes[:, 0], moved.reshape(-1, 6)])
            encoded.append(encode_boxes(here, tuple(patch), self.stride, len(self.classes), dims))
        result = {name: torch.from_numpy(np.stack([e[name] for e in encoded])) for name in encoded[0]}
        result["judged"] = torch.from_numpy(np.stack([sample.judged for sample in samples]))
        return result

    def share(self, total: Callable[[Tensor], Tensor]) -> None:
        """Nothing to do: each process divides by the centres of its own samples, on average the same."""

    def prime(self, network: nn.Module) -> None:
        """Let centres start as rare as they are; see ``medopt.tasks.heatmap.FIRST_LOGIT``."""
        import torch

        for head in getattr(network, "heads", ()):
            if head.bias is not None and len(head.bias) == self.outputs:
                with torch.no_grad():
                    head.bias[: len(self.classes)] = FIRST_LOGIT

    def learn_weights(self, targets: Sequence[NDArray[np.float32]]) -> None:
        """Nothing to do: the loss divides by the number of centres, whatever their class."""

    def loss(self, outputs: Tensor | list[Tensor], targets: Mapping[str, Tensor]) -> Tensor:
        """Of outputs (batch, outputs, *cells)."""
        from medopt.tasks.losses import LossSettings, detection_loss

        if self._compare is None:
            self._compare = detection_loss(self._loss or LossSettings())
        finest = outputs[0] if isinstance(outputs, list) else outputs
        result: Tensor = self._compare(finest, targets)
        return result

    def activate(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Centres as probabilities; sizes and offsets as they are."""
        classes = len(self.classes)
        return np.concatenate([sigmoid(logits[:, :classes]), logits[:, classes:]], axis=1)

    def judge(self, scores: NDArray[np.float32], target: NDArray[np.float32], judged: NDArray[np.bool_]) -> BoxMatches:
        """Which boxes that the scores say are right, in prepared-grid indices."""
        corners, classes, sure = self._boxes(scores)
        boxes = np.asarray(target, float)
        return match_boxes((corners, classes, sure), (_corners(boxes), boxes[:, 0].astype(int)), judged, ious=(0.5,))

    def case_score(self, judgement: BoxMatches) -> float | None:
        """None: a precision curve takes many images."""
        return None

    def summarize(self, judgements: Sequence[BoxMatches]) -> dict[str, float]:
        """Average precision at an overlap of one half; classes without any box to find are absent."""
        if not judgements:
            return {}
        _, by_class = mean_box_average_precision(judgements)
        pairs = zip(self.classes, by_class, strict=True)
        return {info.name: value for info, value in pairs if value is not None}

    def decode(self, scores: NDArray[np.float32], grid: Geometry, original: Geometry) -> Boxes:
        """Boxes along the axes of the image, in the patient."""
        corners, classes, sure = self._boxes(scores)
        values = [self.classes[n].value for n in classes]
        return Boxes.from_index(corners, values, grid, scores=[float(s) for s in sure])

    def _boxes(self, scores: NDArray[np.float32]) -> tuple[NDArray, NDArray, NDArray]:
        return decode_boxes(scores, self.stride, self.dims, threshold=FAINTEST, most=MOST)


def _corners(boxes: NDArray) -> NDArray[np.float64]:
    """(n, 2, 3) of (n, 7)."""
    return np.asarray(boxes, float)[:, 1:].reshape(-1, 2, 3)
