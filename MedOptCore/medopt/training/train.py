"""The training loop: reads top to bottom, resumes to the bit on the CPU, and never loses more than half a minute."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from medopt.errors import MedOptError
from medopt.events import Broadcast, JsonLines, Progress, Reporter, Silence
from medopt.files import inside
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.inference.sliding import sliding_window
from medopt.networks import build_network, count_parameters
from medopt.preprocess import together
from medopt.project import Project, Split, load_split
from medopt.tasks import Task, build_task
from medopt.training.cache import PreparedCase, prepare_cases, training_preprocess
from medopt.training.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from medopt.training.device import DeviceChoice, choose_device
from medopt.training.loader import Prefetch
from medopt.training.optimisation import MovingAverage, build_optimiser, clip_gradient, learning_rate
from medopt.training.precision import faster_precision
from medopt.training.recipe import Recipe, TrainingSettings
from medopt.training.run import RunRecord, now, split_facts, versions
from medopt.training.sampling import PatchSampler

TOLD_EVERY_S = 2.0
"""Seconds between metric events."""


class StopRequest(Protocol):
    """Asks the loop to end after the present step."""

    def requested(self) -> bool:
        """Whether to end now."""
        ...


class _Never:
    def requested(self) -> bool:
        return False


def train(
    project: Project,
    recipe: Recipe,
    *,
    run: str | None = None,
    resume: bool = True,
    reporter: Reporter | None = None,
    stop: StopRequest | None = None,
) -> Path:
    """Train on the project's training part and give the run's folder.

    A run of the same name that was stopped or killed is resumed from its last checkpoint (``resume``) and, on the
    CPU with the same number of threads, ends with the same weights as one that was never interrupted when the recipe
    counts steps. A finished run is left as it is. The test part is never read.

    Raises MedOptError when there is no split, when too few cases can be used, when the run exists with another recipe,
    or when the loss stops being a number.
    """
    listener = reporter or Silence()
    split = load_split(project)
    folder = inside(project.runs_folder, run or _next_name(project))
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "events.jsonl", "a", encoding="utf-8") as stream:
        return _Training(project, recipe, split, folder, Broadcast(JsonLines(stream), listener), stop or _Never()).run(
            resume
        )


@dataclass
class _Clock:
    """Seconds of training, pauses and earlier sessions handled."""

    before: float = 0.0

    def __post_init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self._began


class _Training:
    """One session of training one run; see ``train``."""

    def __init__(
        self, project: Project, recipe: Recipe, split: Split, folder: Path, reporter: Reporter, stop: StopRequest
    ) -> None:
        self.project, self.split, self.folder, self.reporter, self.stop = project, split, folder, reporter, stop
        self.device: DeviceChoice = choose_device()
        self.task: Task = build_task(recipe.task, project.settings.classes)
        self.last, self.best = (folder / "checkpoints" / f"{name}.safetensors" for name in ("last", "best"))
        self.recipe = self._agreed(recipe)

    # ---- the session ---------------------------------------------------------------------------------------

    def run(self, resume: bool) -> Path:
        record = self._record()
        if record.state == "done" and resume:
            self.reporter.emit("message", level="info", text=f"Run {self.folder.name} is finished; nothing to do")
            return self.folder
        self.reporter.emit(
            "started", command="train", run=self.folder.name, device=self.device.name, reason=self.device.reason
        )
        if self.device.warning:
            self.reporter.emit("message", level="warning", text=self.device.warning)
        fitted = training_preprocess(self.project, self.split.train, self.recipe.preprocess, reporter=self.reporter)
        self.recipe = self.recipe.model_copy(update={"preprocess": fitted})
        training, left_out = self._prepare(self.split.train)
        validation, more_left_out = self._prepare(self.split.validation)
        record = record.changed(left_out={**left_out, **more_left_out}, state="running", finished=None)
        torch.manual_seed(self.recipe.seed)
        network = self._network()
        self.recipe = self._with_precision(network, training)
        self.recipe.save(self.folder / "recipe.yaml")
        record = record.changed(
            data={**record.data, "clipped": self._clipped(training)},
            recipe=self.recipe.digest(),
            network={**record.network, "parameters": count_parameters(network)},
        )
        record.save(self.folder)
        try:
            state = self._loop(network, training, validation, resume)
        except BaseException:
            with suppress(MedOptError):  # the first error is the one to tell
                record.changed(state="failed", finished=now()).save(self.folder)
            raise
        finished = self._share(state.step, state.seconds) >= 1
        record.changed(
            state="done" if finished else "stopped",
            finished=now(),
            seconds_trained=round(state.seconds, 3),
            steps=state.step,
            best={"step": state.best_step, "validation_dice": state.best_score},
        ).save(self.folder)
        self.reporter.emit("result", title="run", path=self.folder)
        return self.folder

    def _loop(
        self, network: nn.Module, training: Sequence[PreparedCase], validation: Sequence[PreparedCase], resume: bool
    ) -> TrainingState:
        settings, device = self.recipe.training, self.device.torch
        network.to(device)
        average = MovingAverage(network, settings.ema)
        optimiser = build_optimiser(network, settings)
        if resume and self.last.is_file():
            state = load_checkpoint(self.last, network, average, optimiser)
            if self._share(state.step, state.seconds) >= 1:
                return state
            self.reporter.emit("message", level="info", text=f"Resumed at step {state.step}")
        else:
            state = TrainingState(0, 0.0, -1.0, 0, self.recipe.digest(), self.recipe.network.name, 0)
        sampler = PatchSampler(training, settings, self.recipe.augment, self.recipe.seed, device, self.recipe.balance)
        clock = _Clock(state.seconds)
        unit = "s" if settings.steps is None else "steps"
        done = self._done(state.step, clock.seconds)
        progress = Progress(self.reporter, "train", self._amount(), unit=unit, done=done)
        step, best_score, best_step = state.step, state.best_score, state.best_step
        looked = self._looks(step, clock.seconds)
        saved = told = time.monotonic()
        losses: list[Tensor] = []
        network.train()

        def save(path: Path) -> TrainingState:
            self._mean_loss(losses, step)  # weights that are no numbers must not replace a sound checkpoint
            here = TrainingState(
                step,
                clock.seconds,
                best_score,
                best_step,
                self.recipe.digest(),
                self.recipe.network.name,
                average.updates,
            )
            save_checkpoint(path, here, network, average, optimiser)
            return here

        threads = torch.get_num_threads()
        with Prefetch(sampler.batch, step, begin=_one_thread) as batches:
            torch.set_num_threads(threads)  # the number holds for each thread by itself; this one goes on as before
            while (share := self._share(step, clock.seconds)) < 1 and not self.stop.requested():
                images, targets = batches.next()
                rate = learning_rate(settings, share)
                for group in optimiser.param_groups:
                    group["lr"] = rate
                with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
                    outputs = network(images)
                loss = self.task.loss(outputs, targets)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                clip_gradient(network.parameters(), settings.gradient_clip)
                optimiser.step()
                average.update(network)
                step += 1
                losses.append(loss.detach())

                share = self._share(step, clock.seconds)
                metrics: dict[str, object] = {}
                if self._looks(step, clock.seconds) > looked or share >= 1:
                    looked = self._looks(step, clock.seconds)
                    metrics = self._validate(network, average, validation)
                    score = float(str(metrics.get("validation_dice", best_score)))
                    if score >= best_score:
                        best_score, best_step = score, step
                        save(self.best)
                if metrics or time.monotonic() - told >= TOLD_EVERY_S:
                    told = time.monotonic()
                    mean_loss = self._mean_loss(losses, step)
                    losses.clear()
                    minutes = round(clock.seconds / 60, 4)
                    self.reporter.emit(
                        "metric",
                        step=step,
                        epoch=round(sampler.epoch(step), 3),
                        minutes=minutes,
                        train_loss=mean_loss,
                        learning_rate=rate,
                        **metrics,
                    )
                progress.advance(self._done(step, clock.seconds) - progress.done)
                if time.monotonic() - saved >= settings.checkpoint_seconds:
                    save(self.last)
                    saved = time.monotonic()
        return save(self.last)

    # ---- parts of it -----------------------------------------------------------------------------------------

    def _validate(self, network: nn.Module, average: MovingAverage, cases: Sequence[PreparedCase]) -> dict[str, object]:
        """Mean Dice over the validation cases with the averaged weights, by structure too; empty without cases."""
        if not cases:
            return {}
        present = {name: value.clone() for name, value in network.state_dict().items()}
        network.load_state_dict(average.state)
        runtime = TorchRuntime(
            network, self.recipe.training.dims, self.device.torch, bfloat16=self.recipe.training.precision == "bfloat16"
        )
        scores = []
        for case in cases:
            with sliding_window(
                case.image,
                runtime,
                outputs=self.task.outputs,
                patch=self.recipe.training.patch,
                divisor=self.recipe.network.divisor,
                overlap=self.recipe.inference.overlap,
            ) as outputs:
                scores.append(self.task.score(outputs, case.target))
        network.load_state_dict(present)
        by_structure = {name: sum(s[name] for s in scores) / len(scores) for name in scores[0]}
        return {
            "validation_dice": sum(by_structure.values()) / len(by_structure),
            "validation_dice_by_structure": by_structure,
            "validation_cases": len(cases),
        }

    def _mean_loss(self, losses: Sequence[Tensor], step: int) -> float:
        mean = float(torch.stack(list(losses)).mean()) if losses else 0.0
        if mean != mean or mean in (float("inf"), float("-inf")):
            raise MedOptError(
                f"the loss stopped being a number before step {step}",
                where=self.folder.name,
                remedy="The last checkpoint is safe. Lower training.learning_rate or train in float32, in a new run",
            )
        return mean

    def _prepare(self, cases: Sequence[str]) -> tuple[list[PreparedCase], dict[str, str]]:
        prepared, left_out = prepare_cases(
            self.project, cases, self.recipe.preprocess, self.task, reporter=self.reporter
        )
        if cases and not prepared:
            raise MedOptError(
                "none of the cases can be used", where=self.project.folder, found=next(iter(left_out.values()))
            )
        return prepared, left_out

    def _clipped(self, cases: Sequence[PreparedCase]) -> list[dict[str, object]]:
        """What the steps cut off the training cases, told and for the record."""
        found = together([case.clipped for case in cases])
        for one in found:
            self.reporter.emit("message", level="info", text=one.sentence(self.project.settings.channels[one.channel]))
        return [one.to_json() for one in found]

    def _network(self) -> nn.Module:
        recipe = self.recipe
        return build_network(
            recipe.network, len(self.project.settings.channels), self.task.outputs, recipe.training.dims
        )

    def _with_precision(self, network: nn.Module, cases: Sequence[PreparedCase]) -> Recipe:
        """The recipe with ``training.precision`` decided; measured once, then part of the run's recipe."""
        settings = self.recipe.training
        if settings.precision != "auto":
            return self.recipe
        channels = cases[0].image.shape[0]
        precision = faster_precision(network, settings, channels, self.device.torch)
        self.reporter.emit("message", level="info", text=f"Convolutions run in {precision}, the faster here")
        return self.recipe.model_copy(update={"training": settings.model_copy(update={"precision": precision})})

    def _agreed(self, recipe: Recipe) -> Recipe:
        """The run's recipe: the stored one when it says the same as ``recipe``, else an error that names the field."""
        path = self.folder / "recipe.yaml"
        if not path.is_file():
            return recipe
        stored = Recipe.load(path)
        wished = recipe.resolved_by(stored)
        if wished != stored:
            field, was, asked = _first_difference(stored.model_dump(mode="json"), wished.model_dump(mode="json"))
            raise MedOptError(
                f"run {self.folder.name} was started with another recipe",
                where=field,
                expected=str(was),
                found=str(asked),
                remedy="Resume it with its own recipe, or give the new run another name",
            )
        return stored

    def _record(self) -> RunRecord:
        if (self.folder / "run.json").is_file():
            record = RunRecord.load(self.folder)
            if record.split.get("hash") != self.split.hash:
                raise MedOptError(
                    "the split changed since the run was started",
                    where=self.folder.name,
                    expected=f"split {str(record.split.get('hash'))[:12]}",
                    found=self.split.hash[:12],
                    remedy="Start a new run",
                )
            return record
        settings = self.project.settings
        return RunRecord(
            name=self.folder.name,
            project={"id": self.project.id, "name": settings.name},
            task=settings.task,
            classes=tuple(info.model_dump(mode="json") for info in settings.classes),
            channels=tuple(settings.channels),
            split=split_facts(self.split),
            versions=versions(),
            device={"kind": self.device.kind, "name": self.device.name, "threads": self.device.threads},
            network={"name": self.recipe.network.name},
            recipe=self.recipe.digest(),
            data={},
            started=now(),
            warnings=(self.device.warning,) if self.device.warning else (),
        )

    # ---- how far it is ---------------------------------------------------------------------------------------

    def _share(self, step: int, seconds: float) -> float:
        """Share of the training that has passed, 0…1."""
        settings = self.recipe.training
        if settings.steps is not None:
            return min(1.0, step / settings.steps)
        return min(1.0, seconds / 60 / _minutes(settings))

    def _looks(self, step: int, seconds: float) -> int:
        """Validations that are due by now."""
        return int(self._share(step, seconds) * self.recipe.training.validations + 1e-9)

    def _amount(self) -> int:
        settings = self.recipe.training
        return settings.steps if settings.steps is not None else max(1, round(_minutes(settings) * 60))

    def _done(self, step: int, seconds: float) -> int:
        settings = self.recipe.training
        return step if settings.steps is not None else min(round(seconds), self._amount())


def _one_thread() -> None:
    """Keep the calling thread to one core, so that making batches does not get in the way of the network."""
    torch.set_num_threads(1)
    torch.get_num_threads()  # takes the number in for this thread, before another thread sets its own


def _minutes(settings: TrainingSettings) -> float:
    if settings.minutes is None:
        raise MedOptError("no end of training", where="training", expected="steps or minutes")
    return settings.minutes


def _next_name(project: Project) -> str:
    """The newest unfinished run, so that repeating the command resumes it; else the next free number."""
    runs = sorted(project.runs_folder.glob("run-*/run.json"))
    for path in reversed(runs):
        if RunRecord.load(path.parent).state != "done":
            return path.parent.name
    number = 1 + max((int(p.name[4:]) for p in project.runs_folder.glob("run-*") if p.name[4:].isdigit()), default=0)
    return f"run-{number:03d}"


def _first_difference(one: object, other: object, path: str = "") -> tuple[str, object, object]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            if one.get(key) != other.get(key):
                return _first_difference(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    return path, one, other
