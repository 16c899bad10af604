"""The training loop itself: one step after another until the schedule ends, the user stops it, or the loss breaks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter
from medopt.tasks import Task
from medopt.training.assess import assess
from medopt.training.cache import PreparedCase
from medopt.training.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from medopt.training.course import Course
from medopt.training.early_stopping import Ending, Look, stagnation
from medopt.training.flops import matrix_peak, step_flops
from medopt.training.loader import Prefetch
from medopt.training.means import Means
from medopt.training.memory import MemoryGuard, MemoryPlan
from medopt.training.optimisation import MovingAverage, build_optimiser, learning_rate
from medopt.training.recipe import Recipe
from medopt.training.sampling import PatchSampler
from medopt.training.stepper import Stepper
from medopt.training.throughput import Throughput
from medopt.training.transfer import Freezing, TransferReport, parameter_groups, scale_rates

TOLD_EVERY_S = 2.0
"""Seconds between metric events."""


class StopRequest(Protocol):
    """Asks the loop to end after the present step."""

    def requested(self) -> bool:
        """Whether to end now."""
        ...


class Never:
    """Asks for nothing."""

    def requested(self) -> bool:
        """No."""
        return False


@dataclass(frozen=True)
class Schedule:
    """How far a training is: by steps, or by minutes of training with pauses left out."""

    steps: int | None
    minutes: float | None
    validations: int

    def share(self, step: int, seconds: float) -> float:
        """Share of the training that has passed, 0 to 1."""
        if self.steps is not None:
            return min(1.0, step / self.steps)
        if self.minutes is None:
            raise MedOptError("no end of training", where="training", expected="steps or minutes")
        return min(1.0, seconds / 60 / self.minutes)

    def looks(self, step: int, seconds: float) -> int:
        """Validations that are due by now."""
        return int(self.share(step, seconds) * self.validations + 1e-9)

    @property
    def amount(self) -> int:
        """Steps or seconds in all."""
        return self.steps if self.steps is not None else max(1, round((self.minutes or 0) * 60))

    def done(self, step: int, seconds: float) -> int:
        """Steps or seconds so far."""
        return step if self.steps is not None else min(round(seconds), self.amount)

    @property
    def unit(self) -> str:
        """What ``amount`` counts."""
        return "s" if self.steps is None else "steps"


class _Clock:
    """Seconds of training, those of earlier sessions included."""

    def __init__(self, before: float) -> None:
        self._before, self._began = before, time.monotonic()

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._began


class Loop:
    """One session of training one network.

    Parameters
    ----------
    recipe, task : what to learn, and how
    network : on the device already, in training mode
    training, validation : prepared cases
    means : what it runs with
    files : where ``last.safetensors`` and ``best.safetensors`` lie
    name : of the run, for messages
    transferred : what the first weights came from, when the recipe asks for it
    course : what else happens in the steps
    """

    def __init__(
        self,
        recipe: Recipe,
        task: Task,
        network: nn.Module,
        training: Sequence[PreparedCase],
        validation: Sequence[PreparedCase],
        means: Means,
        files: Path,
        *,
        name: str,
        reporter: Reporter,
        stop: StopRequest,
        transferred: TransferReport | None = None,
        course: Course | None = None,
    ) -> None:
        self.recipe, self.settings, self.task, self.network = recipe, recipe.training, task, network
        self.validation, self.means, self.world, self.name = validation, means, means.world, name
        self.reporter, self.stop, self.course = reporter, stop, course or Course()
        self.last, self.best = files / "last.safetensors", files / "best.safetensors"
        self.schedule = Schedule(self.settings.steps, self.settings.minutes, self.settings.validations)
        self.average = MovingAverage(network, self.settings.ema)
        self.freezing: Freezing | None = None
        groups = None
        if recipe.transfer is not None:
            rate, decay = self.settings.learning_rate, self.settings.weight_decay
            groups = parameter_groups(network, recipe.transfer, rate, decay, transferred)
            self.freezing = Freezing(network, recipe.transfer, transferred)
        self.optimiser = build_optimiser(network, self.settings, groups)
        plan = means.plan or MemoryPlan.whole(self.settings.batch_size, self.settings.patch)
        self.stepper = Stepper(
            self.settings,
            task,
            network,
            self.optimiser,
            self.average,
            PatchSampler(training, task, self.settings, recipe.augment, recipe.seed, means.device, recipe.balance),
            engine=means.engine,
            guard=MemoryGuard(plan, recipe.network.divisor, reporter=reporter),
            world=means.world,
            course=self.course,
        )
        self.state = TrainingState(0, means.spent, -1.0, 0, recipe.digest(), recipe.network.name, 0)
        self._looks: list[Look] = []
        self._losses: list[Tensor] = []
        self._told = self._saved = time.monotonic()

    def run(self, *, resume: bool) -> TrainingState:
        """Learn until the end or a stop, from the last checkpoint when ``resume``; gives where it ended."""
        if resume and self.last.is_file():
            self.state = load_checkpoint(self.last, self.network, self.average, self.optimiser)
            if self.finished:
                return self.state
            self.reporter.emit("message", level="info", text=f"Resumed at step {self.state.step}")
            self.state = replace(self.state, seconds=self.state.seconds + self.means.spent)
        self.course.resumed(self.network)
        schedule, state = self.schedule, self.state
        clock = _Clock(state.seconds)
        done = schedule.done(state.step, state.seconds)
        progress = Progress(self.reporter, "train", schedule.amount, unit=schedule.unit, done=done)
        looked = schedule.looks(state.step, state.seconds)
        speed = self._speed()
        threads = torch.get_num_threads()
        with Prefetch(self.stepper.batch, state.step, begin=_one_thread) as batches:
            torch.set_num_threads(threads)  # the number holds for each thread by itself; this one goes on as before
            while not self.finished and not self._stopped():
                began = time.perf_counter()
                batch = batches.next()
                waited = time.perf_counter() - began
                along = self._along()
                rate = learning_rate(self.settings, along)
                if self.freezing is not None:
                    self.freezing.follow(along)
                    scale_rates(self.optimiser.param_groups, along)
                self._losses.append(self.stepper.learn(self.state.step, batch, rate))
                self.state = replace(self.state, step=self.state.step + 1, seconds=self._agreed(clock.seconds))
                self.course.stepped(self.network, self.average, self._share())
                if self.state.step > state.step + 1:  # the first step plans and compiles
                    speed.step(len(batch), waited, time.perf_counter() - began - waited)
                due = schedule.looks(self.state.step, self.state.seconds)
                metrics: dict[str, object] = {}
                if due > looked or self.finished:
                    looked = due
                    metrics = self._look()
                    self.state = replace(self.state, seconds=self._agreed(clock.seconds))
                self._tell(rate, metrics, speed)
                progress.advance(schedule.done(self.state.step, self.state.seconds) - progress.done)
                if time.monotonic() - self._saved >= self.settings.checkpoint_seconds:
                    self._save(self.last)
                    self._saved = time.monotonic()
        self._save(self.last)
        return self.state

    # ---- parts of it -----------------------------------------------------------------------------------------

    def _share(self) -> float:
        return self.schedule.share(self.state.step, self.state.seconds)

    @property
    def finished(self) -> bool:
        """Whether the training is at its end, be it an early one."""
        share, ending = self._share(), self._ending
        return share >= 1 or (ending is not None and ending.over(share))

    @property
    def _ending(self) -> Ending | None:
        """The early end that was found, if any."""
        stopping = self.recipe.running.early_stopping
        if stopping is None or self.state.ending is None:
            return None
        return Ending(self.state.ending, min(1.0, self.state.ending + stopping.ending))

    def _along(self) -> float:
        """Where the learning rate's schedule stands, 0 to 1."""
        return self._share() if self._ending is None else self._ending.along(self._share())

    def _stopped(self) -> bool:
        """Whether any of the processes was asked to end."""
        return self.world.decide(self.stop.requested(), 0.0)[0]

    def _agreed(self, seconds: float) -> float:
        """The first process's clock."""
        return self.world.decide(False, seconds)[1]

    def _speed(self) -> Throughput:
        """The meter of this session; without operations where they cannot be counted."""
        space = self.settings.patch[3 - self.settings.dims :]
        channels = self.stepper.sampler.cases[0].image.shape[0]
        try:
            flops: float | None = step_flops(self.network, (2, channels, *space)) / 2
        except (RuntimeError, NotImplementedError):  # an operation without a form on tensors without memory
            flops = None
        device = self.means.device
        return Throughput(device, flops=flops, peak=matrix_peak(device, self.means.engine.precision))

    def _look(self) -> dict[str, object]:
        """Judge the averaged weights, and keep them as the best where they are."""
        score, fields = self.state.best_score, {}
        if self.validation and self.world.writes:
            present = {name: value.clone() for name, value in self.network.state_dict().items()}
            self.network.load_state_dict(self.average.state)
            try:
                stopping = self.recipe.running.early_stopping is not None
                found = assess(
                    self.network, self.recipe, self.task, self.validation, self.means.device, pseudo=stopping
                )
            finally:
                self.network.load_state_dict(present)
            score, fields = (score if found.score is None else found.score), found.fields()
            if found.score is not None:
                self._looks.append(Look(self._share(), found.by_case))
        score = self.world.agree(score)
        if score >= self.state.best_score and self.course.ready(self._share()):
            self.state = replace(self.state, best_score=score, best_step=self.state.step)
            self._save(self.best)
        self._stop_early()
        return fields

    def _stop_early(self) -> None:
        """Begin the end where the validation cases have surely stopped to gain and the recipe asks to look for it."""
        stopping = self.recipe.running.early_stopping
        if stopping is None or self.state.ending is not None:
            return
        found = stagnation(self._looks, stopping)
        at = self.world.agree(None if found is None else found.share)
        if at is not None:
            self.state = replace(self.state, ending=at)
        if found is not None:
            text = f"{found.reason}. The training ends early, after letting the learning rate fall"
            self.reporter.emit("message", level="info", text=text)

    def _tell(self, rate: float, metrics: dict[str, object], speed: Throughput) -> None:
        if not metrics and time.monotonic() - self._told < TOLD_EVERY_S:
            return
        self._told = time.monotonic()
        mean_loss = self._mean_loss()
        self._losses.clear()
        self.reporter.emit(
            "metric",
            step=self.state.step,
            epoch=round(self.stepper.sampler.epoch(self.state.step), 3),
            minutes=round(self.state.seconds / 60, 4),
            train_loss=mean_loss,
            learning_rate=rate,
            **speed.fields(),
            **metrics,
        )

    def _save(self, path: Path) -> None:
        self._mean_loss()  # weights that are no numbers must not replace a sound checkpoint
        self.state = replace(self.state, average_updates=self.average.updates)
        if self.world.writes:
            save_checkpoint(path, self.state, self.network, self.average, self.optimiser)

    def _mean_loss(self) -> float:
        """Of the steps since it was told last; raises MedOptError when one is no number, with its batch."""
        if not self._losses:
            return 0.0
        losses = torch.stack(self._losses)
        if not bool(torch.isfinite(losses).all()):
            broken = int((~torch.isfinite(losses)).nonzero()[0])
            step = self.state.step - len(self._losses) + broken
            raise MedOptError(
                f"the loss stopped being a number in step {step + 1}",
                where=self.name,
                found=f"{float(losses[broken])} on patches of {', '.join(self.stepper.sampler.names(step))}",
                remedy="The last checkpoint is safe. Look at these cases; else lower training.learning_rate or train "
                "in float32, in a new run",
            )
        return float(losses.mean())


def _one_thread() -> None:
    """Keep the calling thread to one core, so that making batches does not get in the way of the network."""
    torch.set_num_threads(1)
    torch.get_num_threads()  # takes the number in for this thread, before another thread sets its own
