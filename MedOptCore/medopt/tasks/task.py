"""What a task must answer, for training, validation and inference alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from medopt.augment import Drawn
from medopt.image import Boxes, ClassLabel, ClassScores, Geometry, LabelMap

if TYPE_CHECKING:
    from torch import Tensor, nn

Label = LabelMap | Boxes | ClassLabel
"""What a person says of an image; which of them, the project's task decides."""
Prediction = LabelMap | Boxes | ClassScores
"""What a model says of an image."""
Head = Literal["voxels", "image"]
"""Whether a network answers for places in the image or for the image as a whole."""
IGNORED = 255
"""Target of voxels that nobody annotated and of classes that nobody judged; they count in no loss and no score."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Where one patch of a batch comes from.

    Parameters
    ----------
    target : of the whole case, as the task encoded it
    judged : (classes,) which classes somebody looked for in this case
    drawn, center, spacing : how the patch was cut, as given to ``sample_patches``
    """

    target: NDArray
    judged: NDArray[np.bool_]
    drawn: Drawn
    center: NDArray
    spacing: Sequence[float]


class Task(Protocol):
    """One of the things that a project can teach a network.

    A task knows the project's classes, and for detection the grid of the network's output. It needs torch only for
    ``targets`` and ``loss``; so a panel or a plain onnxruntime can read a model's answer without it.
    """

    name: str
    """As project.yaml calls it."""
    metric: str
    """What chooses the best checkpoint; higher is better."""
    head: Head
    """What kind of answer the network gives."""
    dense: bool
    """Whether the target lies on the image's voxels, so that a patch of it is cut like one of the image."""
    stride: tuple[int, int, int]
    """Voxels of the prepared grid that a cell of the network's output covers along (k, j, i)."""

    @property
    def outputs(self) -> int:
        """Output channels that the network needs."""
        ...

    @property
    def key(self) -> tuple[Any, ...]:
        """What, beside the label itself, decides how it is encoded; plain values."""
        ...

    def judged(self, label: Any) -> NDArray[np.bool_]:
        """(classes,) which classes somebody looked for."""
        ...

    def encode(self, label: Any, grid: Geometry) -> NDArray:
        """The target of a case on the prepared grid, as the cache keeps it."""
        ...

    def points(self, target: NDArray, shape: Sequence[int]) -> list[NDArray[np.int32]]:
        """For each class (n, 3) voxels (k, j, i) that patches may be centred on; none where the class is absent."""
        ...

    def targets(
        self, samples: Sequence[Sample], labels: Tensor | None, patch: Sequence[int], dims: int
    ) -> dict[str, Tensor]:
        """What the loss compares with, batch first; ``labels`` (batch, k, j, i) int64 when the task is dense."""
        ...

    def share(self, total: Callable[[Tensor], Tensor]) -> None:
        """Let ``total`` sum over the processes that share a batch; to be called before ``loss`` where there are any."""
        ...

    def prime(self, network: nn.Module) -> None:
        """Set what a fresh network's outputs start from, where the task knows better than chance."""
        ...

    def learn_weights(self, targets: Sequence[NDArray]) -> None:
        """Work out the weights of the classes, where the loss asks for them, from the targets of the training part;
        to be called once before ``loss``.
        """
        ...

    def loss(self, outputs: Tensor | list[Tensor], targets: Mapping[str, Tensor]) -> Tensor:
        """A scalar to minimise."""
        ...

    def activate(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores of logits (n, outputs, …), such as probabilities; what windows are blended in."""
        ...

    def judge(self, scores: NDArray[np.float32], target: NDArray, judged: NDArray[np.bool_]) -> Any:
        """What ``summarize`` needs of one case: its scores on the prepared grid against its target."""
        ...

    def case_score(self, judgement: Any) -> float | None:
        """``metric`` of one case, the mean over its classes; None where it has no value for single cases."""
        ...

    def summarize(self, judgements: Sequence[Any]) -> dict[str, float]:
        """``metric`` of each class by name over all cases; classes for which it is not defined are absent."""
        ...

    def decode(self, scores: NDArray[np.float32], grid: Geometry, original: Geometry) -> Prediction:
        """What scores on the prepared grid say of the image, on its own grid."""
        ...
