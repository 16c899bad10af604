"""The loss of centre heat maps, sizes and offsets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch.nn.functional as F
from torch import Tensor

from medopt.errors import MedOptError
from medopt.tasks.losses.settings import LossSettings

DetectionLoss = Callable[[Tensor, Mapping[str, Tensor]], Tensor]
NEAR = 4.0
"""Power with which cells near a centre are spared (beta of Law & Deng 2018)."""


def detection_loss(settings: LossSettings) -> DetectionLoss:
    """``loss(outputs, targets)``, a float32 scalar: penalty-reduced focal loss plus L1 on sizes and offsets.

    Law & Deng, "CornerNet", ECCV 2018; Zhou et al., "Objects as points", 2019. ``gamma`` of the settings is their
    alpha (2). The L1 errors of log sizes and offsets at the centres are summed over axes and weighted by
    ``size_weight`` and ``offset_weight``. Everything is divided by the number of centres in the batch, or by 1.

    ``outputs`` are (batch, classes + 2 dims, *cells): heat logits, log sizes, offsets. ``targets`` hold, batch first,
    what ``medopt.tasks.heatmap.encode_boxes`` gives, and may hold ``judged`` (batch, classes) bool: the heat of
    classes that nobody looked for counts nowhere. Batches without boxes teach that there is none.

    Raises MedOptError for a loss of another task.
    """
    if settings.name not in ("auto", "focal"):
        raise MedOptError("not a loss of detection", expected="auto or focal", found=settings.name)

    def loss(outputs: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        outputs = outputs.float()
        heat = targets["heat"]
        classes, dims = heat.shape[1], targets["sizes"].shape[1]
        logits, sizes, offsets = outputs.split([classes, dims, dims], dim=1)
        judged = targets.get("judged")
        seen = heat.new_ones(heat.shape[:2]) if judged is None else judged.to(heat)
        seen = seen.reshape(*seen.shape, *[1] * dims)
        centers = (heat == 1) * seen
        number = centers.sum().clamp_min(1)
        total = (_heat_loss(logits, heat, settings.gamma) * seen).sum()
        here = targets["centers"][:, None] * centers.amax(dim=1, keepdim=True)
        for weight, guess, truth in (
            (settings.size_weight, sizes, targets["sizes"]),
            (settings.offset_weight, offsets, targets["offsets"]),
        ):
            total = total + weight * (F.l1_loss(guess, truth, reduction="none") * here).sum()
        return total / number

    return loss


def _heat_loss(logits: Tensor, heat: Tensor, gamma: float) -> Tensor:
    """The loss of each cell."""
    log_yes, log_no = F.logsigmoid(logits), F.logsigmoid(-logits)
    at_center = -(gamma * log_no).exp() * log_yes
    elsewhere = -((1 - heat) ** NEAR) * (gamma * log_yes).exp() * log_no
    return (heat == 1) * at_center + (heat != 1) * elsewhere
