"""The losses of classification by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from medopt.errors import MedOptError
from medopt.tasks.losses.focal import focus
from medopt.tasks.losses.partial import NEVER
from medopt.tasks.losses.regions import IGNORED
from medopt.tasks.losses.settings import OF_CLASSIFICATION, LossSettings
from medopt.tasks.losses.weights import needed_weights

ClassificationLoss = Callable[[Tensor, Tensor], Tensor]


def classification_loss(
    settings: LossSettings, exclusive: bool, weights: Sequence[float] | None = None
) -> ClassificationLoss:
    """The loss that the settings name: ``loss(logits, target)``, a float32 scalar.

    Parameters
    ----------
    exclusive : whether an image shows exactly one class (softmax), or any number of them (sigmoid)
    weights : (classes,) of ``class_weights``; needed when the settings ask for weights. Of exclusive classes they
        weigh images by their class; otherwise they multiply the loss of images that show the class

    ``logits`` and ``target`` are (batch, classes), the target 0, 1, or 255 where nobody judged the class. Exclusive:
    an image with a class present counts by that class; one without, by the sum of the probabilities of its unjudged
    classes (the marginal loss of Shi et al. 2021), so that an image which says nothing counts nowhere. The mean is
    over images, weighted as in torch. Otherwise the mean is over judged (image, class) pairs. A batch without
    anything to learn from has loss and gradient 0.

    Raises MedOptError for a loss of another task and when weights are asked for and not given.
    """
    name = OF_CLASSIFICATION[0] if settings.name == "auto" else settings.name
    if name not in OF_CLASSIFICATION:
        raise MedOptError("not a loss of classification", expected=" or ".join(OF_CLASSIFICATION), found=name)
    given = needed_weights(settings, weights)
    gamma = settings.gamma if name == "focal" else None
    compare = _one_class if exclusive else _any_classes

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        logits = logits.float()
        each = None if given is None else logits.new_tensor(given)
        return compare(logits, target, each, gamma, settings.label_smoothing)

    return loss


def _one_class(logits: Tensor, target: Tensor, weights: Tensor | None, gamma: float | None, spread: float) -> Tensor:
    present, unjudged = target == 1, target == IGNORED
    # the classes that the image may be of
    possible = torch.where(present.any(1, keepdim=True), present, unjudged)
    told = possible.any(1) & ~possible.all(1)
    log_probability = F.log_softmax(logits, dim=1)
    log_right = torch.logsumexp(log_probability.masked_fill(~possible & told[:, None], NEVER), dim=1)
    values = -log_right if gamma is None else -log_right * focus(log_right, gamma)
    if weights is None:
        weights = torch.ones_like(logits[0])
    each = (possible * weights).sum(1) / possible.sum(1).clamp_min(1) * told
    values = values * each
    if spread:
        values = (1 - spread) * values - spread * told * (log_probability * weights).mean(1)
    return values.sum() / each.sum().clamp_min(torch.finfo(torch.float32).tiny)


def _any_classes(logits: Tensor, target: Tensor, weights: Tensor | None, gamma: float | None, spread: float) -> Tensor:
    judged = (target != IGNORED).float()
    truth = (target == 1).float()
    softened = truth * (1 - spread) + spread / 2
    values = F.binary_cross_entropy_with_logits(logits, softened, pos_weight=weights, reduction="none")
    if gamma is not None:
        values = values * focus(F.logsigmoid(torch.where(truth > 0, logits, -logits)), gamma)
    return (values * judged).sum() / judged.sum().clamp_min(1)
