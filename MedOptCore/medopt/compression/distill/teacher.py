"""The teacher: one network, or several whose answers are averaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from medopt.compression.distill.terms import (
    attention_difference,
    binary_divergence,
    box_difference,
    class_divergence,
    heat_divergence,
    overlap_difference,
    voxel_divergence,
)
from medopt.compression.settings import TeachingSettings
from medopt.errors import MedOptError


class Teacher:
    """Answers for the very patches that the student sees, augmented as they are.

    They are computed anew in each step: an augmented patch never comes twice, so there is nothing to keep.

    Parameters
    ----------
    networks : one or more, of the student's task
    task : its name
    classes : of the project; of detection the first so many outputs are heat
    exclusive : whether an image shows exactly one class (classification)
    settings : weights of the terms
    """

    def __init__(
        self,
        networks: Sequence[nn.Module],
        task: str,
        classes: int,
        settings: TeachingSettings,
        *,
        exclusive: bool = True,
    ) -> None:
        if not networks:
            raise MedOptError("there is no teacher", expected="one run or more")
        self._networks = [network.eval().requires_grad_(False) for network in networks]
        self._task, self._classes, self._exclusive, self._settings = task, classes, exclusive, settings
        self._seen: dict[str, list[Tensor]] = {}

    def join(self, student: nn.Module) -> None:
        """Follow the student to its device, and look at its features where they count."""
        device = next(student.parameters()).device
        self._networks = [network.to(device) for network in self._networks]
        if self._settings.features:
            self._watch("student", student)
            for number, network in enumerate(self._networks):
                self._watch(f"teacher {number}", network)

    def terms(self, outputs: Any, images: Tensor) -> Tensor:
        """The weighted sum of the terms for the student's ``outputs`` of ``images`` (batch, channel, *space).

        It is 0 in a step in which the teacher is not asked, as torch's random numbers draw it.
        """
        finest: Tensor = outputs[0] if isinstance(outputs, list) else outputs
        every = self._settings.every or 1
        if not (self._settings.weight or self._settings.features) or (every > 1 and torch.rand(()) * every >= 1):
            return finest.new_zeros(())
        with torch.no_grad(), torch.autocast(images.device.type, finest.dtype, enabled=finest.dtype != torch.float32):
            answers = [network(images).float() for network in self._networks]
        total = self._settings.weight * self._difference(finest, answers)
        if self._settings.features:
            total = total + self._settings.features * self._features()
        return every * total

    # ---- parts of it -----------------------------------------------------------------------------------------

    def _difference(self, logits: Tensor, answers: Sequence[Tensor]) -> Tensor:
        temperature = self._settings.temperature
        if self._task == "detection":
            heat, boxes = logits[:, : self._classes], logits[:, self._classes :]
            sure = _mean([torch.sigmoid(a[:, : self._classes]) for a in answers])
            softened = _mean([torch.sigmoid(a[:, : self._classes] / temperature) for a in answers])
            taught = _mean([a[:, self._classes :] for a in answers])
            return heat_divergence(heat, softened, temperature) + box_difference(boxes, taught, sure)
        if self._task == "classification" and not self._exclusive:
            taught = _mean([torch.sigmoid(a / temperature) for a in answers])
            return binary_divergence(logits, taught, temperature).mean()
        softened = _mean([torch.softmax(a / temperature, dim=1) for a in answers])
        if self._task == "classification":
            return class_divergence(logits, softened, temperature)
        taught = _mean([torch.softmax(a, dim=1) for a in answers])
        overlap = overlap_difference(logits, taught)
        return overlap + voxel_divergence(logits, softened, temperature, self._settings.boundary)

    def _features(self) -> Tensor:
        student = self._seen["student"]
        found = []
        for number in range(len(self._networks)):
            for mine, taught in zip(student, self._seen[f"teacher {number}"], strict=False):
                found.append(attention_difference(mine, taught))
        return torch.stack(found).mean()

    def _watch(self, who: str, network: nn.Module) -> None:
        """Keep what each stage of the encoder gives in the latest pass."""

        def keep(first: bool) -> Callable[..., None]:
            def hook(module: nn.Module, given: Any, features: Tensor) -> None:
                self._seen[who] = [features] if first else [*self._seen[who], features]

            return hook

        for level, stage in enumerate(getattr(network, "stages", ())):
            stage.register_forward_hook(keep(level == 0))


def _mean(values: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(values)).mean(0)
