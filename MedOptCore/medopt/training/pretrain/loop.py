"""The loop of a pretraining: guess what is hidden, one step after another, until the time or the steps are over."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter
from medopt.training.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from medopt.training.loader import Prefetch
from medopt.training.optimisation import MovingAverage, clip_gradient
from medopt.training.pretrain.hiding import hidden_error, hide
from medopt.training.pretrain.sampling import HiddenSampler
from medopt.training.pretrain.settings import PretrainSettings

TOLD_EVERY_S = 2.0
"""Seconds between metric events."""
RISE, FLOOR = 0.05, 1e-3
"""Share of the pretraining in which the rate rises, and share of the highest rate that it ends at."""
RECENT = 50
"""Steps over which the loss that is told is averaged."""
LARGEST_GRADIENT = 5.0
"""Norm that gradients are cut to."""


class StopRequest(Protocol):
    """Asks the loop to end after the present step."""

    def requested(self) -> bool:
        """Whether to end now."""
        ...


@dataclass(frozen=True)
class Budget:
    """How long to learn: ``steps``, or ``minutes`` with pauses left out; exactly one of them."""

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None) or (self.steps or self.minutes or 0) <= 0:
            raise MedOptError(
                "no end of the pretraining",
                expected="either steps or minutes, above 0",
                found=f"{self.steps}, {self.minutes}",
            )

    def share(self, step: int, seconds: float) -> float:
        """Share that has passed, 0 to 1."""
        if self.steps is not None:
            return min(1.0, step / self.steps)
        return min(1.0, seconds / 60 / (self.minutes or 1))

    @property
    def amount(self) -> int:
        """Steps, or seconds, in all."""
        return self.steps if self.steps is not None else max(1, round(60 * (self.minutes or 0)))

    def done(self, step: int, seconds: float) -> int:
        """Steps, or seconds, so far."""
        return step if self.steps is not None else min(round(seconds), self.amount)


class PretrainLoop:
    """One session of a pretraining.

    Parameters
    ----------
    network : on the sampler's device, in training mode; gives as many outputs as there are channels
    sampler : of patches and what is hidden of them
    budget : when it ends
    file : the checkpoint, replaced atomically
    recipe : digest of the recipe, for the checkpoint
    half : whether convolutions run in bfloat16
    """

    def __init__(
        self,
        network: nn.Module,
        sampler: HiddenSampler,
        settings: PretrainSettings,
        budget: Budget,
        file: Path,
        *,
        recipe: str,
        reporter: Reporter,
        stop: StopRequest,
        half: bool = False,
    ) -> None:
        self.network, self.sampler, self.settings, self.budget = network, sampler, settings, budget
        self.file, self.reporter, self.stop, self.half = file, reporter, stop, half
        decayed = [p for p in network.parameters() if p.ndim > 1]
        plain = [p for p in network.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.95))
        self.average = MovingAverage(network, settings.ema)
        self.state = TrainingState(0, 0.0, -1.0, 0, recipe, type(network).__name__, 0)
        self._losses: list[Tensor] = []
        self._recent: deque[float] = deque(maxlen=RECENT)

    def run(self, *, resume: bool = True) -> TrainingState:
        """Go on from the checkpoint, or begin, until the budget is used up or a stop is asked for; then save.

        Raises MedOptError when the error stops being a number; the last checkpoint is then safe.
        """
        if resume and self.file.is_file():
            self.state = load_checkpoint(self.file, self.network, self.average, self.optimiser)
        before, began = self.state.seconds, time.monotonic()
        saved = told = began
        first = self.budget.done(self.state.step, before)
        unit = "steps" if self.budget.steps is not None else "s"
        progress = Progress(self.reporter, "pretrain", self.budget.amount, unit=unit, done=first)
        threads = torch.get_num_threads()
        with Prefetch(self.sampler.batch, self.state.step, _one_thread) as batches:
            torch.set_num_threads(threads)  # the thread of batches counted its own
            while self._share() < 1 and not self.stop.requested():
                batch = batches.next()
                rate = self.settings.learning_rate * rise_and_fall(self._share())
                self._step(batch.images, batch.hidden, rate)
                now = time.monotonic()
                self.state = replace(self.state, step=self.state.step + 1, seconds=before + now - began)
                if now - told >= TOLD_EVERY_S or self._share() >= 1:
                    told = now
                    self._tell(rate)
                progress.advance(self.budget.done(self.state.step, self.state.seconds) - progress.done)
                if now - saved >= self.settings.checkpoint_seconds:
                    saved = now
                    self._save()
        self._save()
        return self.state

    def _share(self) -> float:
        return self.budget.share(self.state.step, self.state.seconds)

    def _step(self, images: Tensor, hidden: Tensor, rate: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.half):
            outputs = self.network(hide(images, hidden))
        guess = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
        loss = hidden_error(guess, images, hidden)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clip_gradient(self.network.parameters(), LARGEST_GRADIENT)
        self.optimiser.step()
        self.average.update(self.network)
        self._losses.append(loss.detach())

    @property
    def loss(self) -> float | None:
        """Mean of the last RECENT steps of this session; None before the first."""
        return sum(self._recent) / len(self._recent) if self._recent else None

    def _tell(self, rate: float) -> None:
        self._take_in()
        self.reporter.emit(
            "metric",
            step=self.state.step,
            epoch=round(self.sampler.epoch(self.state.step), 3),
            minutes=round(self.state.seconds / 60, 4),
            train_loss=self.loss,
            learning_rate=rate,
        )

    def _save(self) -> None:
        self._take_in()
        self.state = replace(self.state, average_updates=self.average.updates)
        save_checkpoint(self.file, self.state, self.network, self.average, self.optimiser)

    def _take_in(self) -> None:
        """Read the losses since the last time; weights that are no numbers must not replace a sound checkpoint."""
        losses = torch.stack(self._losses).tolist() if self._losses else []
        self._losses.clear()
        for number, loss in enumerate(losses, start=1):
            if not math.isfinite(loss):
                raise MedOptError(
                    "the error of the guess stopped being a number",
                    where=f"step {self.state.step - len(losses) + number}",
                    found=str(loss),
                    remedy="The last checkpoint is safe. Look at the images with medopt preview; else lower the rate",
                )
        self._recent.extend(losses)


def rise_and_fall(done: float) -> float:
    """Share of the highest rate when the share ``done`` has passed: a linear rise, then a cosine."""
    if done < RISE:
        return max(done / RISE, RISE)
    return max(0.5 * (1 + math.cos(math.pi * (done - RISE) / (1 - RISE))), FLOOR)


def _one_thread() -> None:
    """Keep the thread that makes batches to one core, out of the network's way."""
    torch.set_num_threads(1)
    torch.get_num_threads()
