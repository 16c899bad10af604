"""Classification: which classes an image shows as a whole; exactly one by softmax, or several by sigmoids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import ClassLabel, ClassScores, Geometry
from medopt.metrics import auroc
from medopt.project import ClassInfo
from medopt.tasks.numbers import sigmoid, softmax, which_judged
from medopt.tasks.task import IGNORED, Head, Sample

if TYPE_CHECKING:
    from torch import Tensor, nn

    from medopt.tasks.losses import LossSettings


class ClassificationTask:
    """Targets are (classes,) 0 or 1, and 255 where nobody judged.

    Parameters
    ----------
    classes : of the project; at least two when they are exclusive
    multi_label : whether an image may show several classes, or none
    loss : which loss; cross-entropy by default
    """

    name = "classification"
    metric = "auc"
    head: Head = "image"
    dense = False
    stride = (1, 1, 1)

    def __init__(
        self, classes: Sequence[ClassInfo], *, multi_label: bool = False, loss: LossSettings | None = None
    ) -> None:
        fewest = 1 if multi_label else 2
        if len(classes) < fewest:
            raise MedOptError(
                "too few classes to tell apart",
                where="project.yaml, classes",
                expected=f"{fewest} or more",
                found=str(len(classes)),
                remedy="" if multi_label else "Name the class of images without a finding, too, or set multi_label",
            )
        self.classes, self.exclusive, self._loss = tuple(classes), not multi_label, loss
        self._weights: Sequence[float] | None = None
        self._compare: Any = None

    @property
    def outputs(self) -> int:
        """One a class."""
        return len(self.classes)

    @property
    def key(self) -> tuple[Any, ...]:
        """The classes' values in the order of the outputs."""
        return (*(c.value for c in self.classes), self.exclusive)

    def judged(self, label: ClassLabel) -> NDArray[np.bool_]:
        """(classes,) which classes somebody judged."""
        return which_judged(self.classes, label.unjudged)

    def encode(self, label: ClassLabel, grid: Geometry) -> NDArray[np.uint8]:
        """(classes,) uint8; raises MedOptError for an unknown value, and for other than one exclusive class."""
        values = [info.value for info in self.classes]
        allowed = ", ".join(f"{c.value} ({c.name})" for c in self.classes)
        if unknown := sorted(set(label.present) - set(values)):
            raise MedOptError("label value outside the classes", expected=allowed, found=str(unknown))
        if self.exclusive and len(label.present) != 1 and not (label.unjudged and not label.present):
            raise MedOptError(
                "an image of exclusive classes shows exactly one",
                expected=f"one of {allowed}",
                found=str(list(label.present)) if label.present else "none",
            )
        judged = self.judged(label)
        return np.where(judged, np.isin(values, label.present), IGNORED).astype(np.uint8)

    def points(self, target: NDArray[np.uint8], shape: Sequence[int]) -> list[NDArray[np.int32]]:
        """The middle of the image for each class that it shows."""
        middle = np.array([[n // 2 for n in shape]], np.int32)
        return [middle if value == 1 else middle[:0] for value in target]

    def targets(
        self, samples: Sequence[Sample], labels: Tensor | None, patch: Sequence[int], dims: int
    ) -> dict[str, Tensor]:
        """``classes`` (batch, classes) uint8."""
        import torch

        return {"classes": torch.from_numpy(np.stack([np.asarray(sample.target) for sample in samples]))}

    def share(self, total: Callable[[Tensor], Tensor]) -> None:
        """Nothing to do: the loss is a mean over samples."""

    def prime(self, network: nn.Module) -> None:
        """Nothing to do."""

    def learn_weights(self, targets: Sequence[NDArray[np.uint8]]) -> None:
        """Weights of the classes, where the loss asks for them, from the images that show each."""
        from medopt.tasks.losses import LossSettings, class_weights

        settings = self._loss or LossSettings()
        if not settings.weighted:
            return
        every = np.stack([np.asarray(target) for target in targets])
        absent = None if self.exclusive else (every == 0).sum(axis=0)
        names = [info.name for info in self.classes]
        self._weights = class_weights(settings, names, (every == 1).sum(axis=0), absent)
        self._compare = None

    def loss(self, outputs: Tensor | list[Tensor], targets: Mapping[str, Tensor]) -> Tensor:
        """Of logits (batch, classes)."""
        from medopt.tasks.losses import LossSettings, classification_loss

        if self._compare is None:
            self._compare = classification_loss(self._loss or LossSettings(), self.exclusive, self._weights)
        logits = outputs[0] if isinstance(outputs, list) else outputs
        result: Tensor = self._compare(logits, targets["classes"])
        return result

    def activate(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities over axis 1."""
        return softmax(logits) if self.exclusive else sigmoid(logits)

    def judge(
        self, scores: NDArray[np.float32], target: NDArray[np.uint8], judged: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """The probabilities (classes,) beside the target."""
        return np.array(scores, np.float32), np.array(target, np.uint8)

    def case_score(self, judgement: Any) -> float | None:
        """None: an area under a curve takes many cases."""
        return None

    def summarize(self, judgements: Sequence[tuple[NDArray[np.float32], NDArray[np.uint8]]]) -> dict[str, float]:
        """Area under the ROC curve of each class against all others; classes with or without cases only are absent."""
        found = {}
        for index, info in enumerate(self.classes):
            known = [(float(s[index]), bool(t[index])) for s, t in judgements if t[index] != IGNORED]
            area = auroc([t for _, t in known], [s for s, _ in known])
            if area is not None:
                found[info.name] = area
        return found

    def decode(self, scores: NDArray[np.float32], grid: Geometry, original: Geometry) -> ClassScores:
        """The probability of each class."""
        return ClassScores(
            tuple(info.value for info in self.classes), tuple(float(s) for s in scores), exclusive=self.exclusive
        )
