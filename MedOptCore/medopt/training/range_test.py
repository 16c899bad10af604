"""The learning-rate range test: which rates a network learns from, found in a minute before the real training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.project import Project, load_split
from medopt.training.build import build_for, task_of
from medopt.training.cache import prepare_cases, training_preprocess
from medopt.training.device import choose_device
from medopt.training.loader import Prefetch
from medopt.training.loop import StopRequest
from medopt.training.optimisation import build_optimiser, clip_gradient
from medopt.training.recipe import Recipe
from medopt.training.sampling import PatchSampler

SMOOTHING = 0.9
"""Decay a step of the moving average of the loss."""
BLOWN = 4.0
"""The test ends when the smoothed loss is so many times as far above its lowest as it had fallen."""
FEWEST = 20
"""Steps below which a curve says nothing."""


@dataclass(frozen=True)
class RangeTest:
    """The curve of a learning-rate range test.

    Parameters
    ----------
    rates : the learning rate of each step, rising
    losses : the loss of each step
    smoothed : its moving average, corrected for its start
    steepest : the rate at which the smoothed loss falls fastest in the logarithm of the rate; None when it never falls
    lowest : the rate at which it is lowest; None when it never falls
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    steepest: float | None
    lowest: float | None

    @property
    def suggestion(self) -> float | None:
        """A highest rate for a schedule with warm-up and decay: the steepest, but at most a tenth of the lowest, since
        a whole training has to bear it; rounded to one digit. None when the loss never falls.
        """
        if self.steepest is None or self.lowest is None:
            return None
        rate = min(self.steepest, self.lowest / 10)
        return float(f"{rate:.0e}")

    def to_json(self) -> dict[str, Any]:
        """Plain numbers under the field names, and the suggestion."""
        return {**asdict(self), "suggestion": self.suggestion}


def learning_rate_range(
    project: Project,
    recipe: Recipe,
    *,
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = 120,
    reporter: Reporter | None = None,
    stop: StopRequest | None = None,
) -> RangeTest:
    """Train a fresh network for ``steps`` steps while the rate rises from ``low`` to ``high`` by equal factors.

    Source: Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017.

    It sees training cases only, as the recipe prepares and augments them, and leaves nothing behind but prepared
    volumes in the cache. It ends early when the loss has blown up, and when ``stop`` asks for it. Raises MedOptError
    for an impossible range, for fewer than FEWEST steps, and when no case can be used.
    """
    if not 0 < low < high or steps < FEWEST:
        raise MedOptError(
            "this range cannot be tested",
            expected=f"0 < lowest < highest rate and {FEWEST} steps or more",
            found=f"{low:g} to {high:g} in {steps} steps",
        )
    listener = reporter or Silence()
    device = choose_device()
    task = task_of(recipe, project.settings.task, project.settings)
    names = load_split(project).train
    preprocess = training_preprocess(project, names, recipe.preprocess, reporter=listener)
    cases, left_out = prepare_cases(project, names, preprocess, task, reporter=listener)
    if not cases:
        raise MedOptError("none of the cases can be used", found=next(iter(left_out.values()), "no training cases"))
    task.learn_weights([case.target for case in cases])
    torch.manual_seed(recipe.seed)
    network = build_for(task, recipe, cases[0].image.shape[0])
    network.to(device.torch).train()
    optimiser = build_optimiser(network, recipe.training)
    sampler = PatchSampler(cases, task, recipe.training, recipe.augment, recipe.seed, device.torch, recipe.balance)
    rates = [float(r) for r in np.geomspace(low, high, steps)]
    losses: list[float] = []
    progress = Progress(listener, "range test", steps, unit="steps")
    with Prefetch(sampler.batch, 0) as batches:
        for rate in rates:
            batch = batches.next()
            for group in optimiser.param_groups:
                group["lr"] = rate
            half = recipe.running.precision == "bfloat16"
            with torch.autocast(device.torch.type, torch.bfloat16, enabled=half):
                outputs = network(batch.images)
            loss = task.loss(outputs, batch.targets)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            clip_gradient(network.parameters(), recipe.training.gradient_clip)
            optimiser.step()
            losses.append(float(loss.detach()))
            listener.emit("metric", step=len(losses), learning_rate=rate, train_loss=losses[-1])
            progress.advance()
            if _blown(losses) or (stop is not None and stop.requested()):
                break
    return read_curve(rates[: len(losses)], losses)


def read_curve(rates: Sequence[float], losses: Sequence[float]) -> RangeTest:
    """What the losses at rising rates tell; losses from the first that is no finite number on are left out."""
    finite = next((n for n, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
    rates, losses = tuple(rates[:finite]), tuple(losses[:finite])
    smoothed = _smoothed(losses)
    steepest = lowest = None
    if len(losses) >= FEWEST:
        warm = FEWEST // 4  # the average has hardly any memory before
        best = warm + int(np.argmin(smoothed[warm:]))
        slopes = np.gradient(np.asarray(smoothed), np.log(rates))[warm : best + 1]
        if len(slopes) > 2 and smoothed[best] < smoothed[warm] and slopes.min() < 0:
            steepest, lowest = rates[warm + int(np.argmin(slopes))], rates[best]
    return RangeTest(rates, losses, smoothed, steepest, lowest)


def _smoothed(losses: Sequence[float]) -> tuple[float, ...]:
    average, result = 0.0, []
    for n, loss in enumerate(losses, start=1):
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        result.append(average / (1 - SMOOTHING**n))
    return tuple(result)


def _blown(losses: Sequence[float]) -> bool:
    if not math.isfinite(losses[-1]):
        return True
    smoothed = _smoothed(losses)
    fall = max(smoothed[0] - min(smoothed), 0.05 * abs(smoothed[0]))
    return len(losses) >= FEWEST and smoothed[-1] > min(smoothed) + BLOWN * fall
