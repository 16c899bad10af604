"""A training from a recipe to a run: resumes to the bit on the CPU, and never loses more than half a minute."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn

from medopt.errors import MedOptError
from medopt.events import Broadcast, JsonLines, Reporter, Silence
from medopt.files import inside, write_json
from medopt.networks import count_parameters
from medopt.preprocess import together
from medopt.project import Project, Split, load_split
from medopt.tasks import Task
from medopt.training.allocator import keep_freed_memory
from medopt.training.build import build_for, task_of
from medopt.training.cache import PreparedCase, prepare_cases, training_preprocess
from medopt.training.course import Course, Scene
from medopt.training.determinism import deterministic, seed_everything
from medopt.training.device import DeviceChoice, choose_device
from medopt.training.distributed import World, joined
from medopt.training.loop import Loop, Never, StopRequest
from medopt.training.means import find_means
from medopt.training.recipe import Recipe
from medopt.training.run import COMPRESSION, DIVISION, RunRecord, label_facts, now, split_facts, versions
from medopt.training.trackers import TrackerFacts, followed
from medopt.training.transfer import TransferReport, begin_from


def train(
    project: Project,
    recipe: Recipe,
    *,
    run: str | None = None,
    split: Split | None = None,
    resume: bool = True,
    device: str | None = None,
    threads: int | None = None,
    track: Sequence[str] = (),
    reporter: Reporter | None = None,
    stop: StopRequest | None = None,
    course: Course | None = None,
) -> Path:
    """Train on the project's training part and give the run's folder.

    A run of the same name that was stopped or killed is resumed from its last checkpoint (``resume``) and, on the
    CPU with the same number of threads, ends with the same weights as one that was never interrupted when the recipe
    counts steps. A finished run is left as it is. ``split`` stands in for the project's own, such as a fold. The test
    part is never read. Started by ``torchrun``, all processes share the training.

    ``device`` and ``threads`` say where to compute, by default where it is fastest (see ``choose_device``); trackers in
    ``track`` follow the training ("tensorboard", "mlflow=URI"). ``course`` is what a step of compression adds.

    Raises MedOptError when there is no split, when too few cases can be used, when the run exists with another recipe,
    when the loss stops being a number, or when the run is a step of compression and comes without its course.
    """
    division, split = split, split or load_split(project)
    keep_freed_memory()
    if threads is not None:
        torch.set_num_threads(threads)
    chosen, ask = choose_device(device), stop or Never()
    with joined(chosen.torch) as world:
        folder = inside(project.runs_folder, world.agree(run or _next_name(project)))
        if (folder / COMPRESSION).is_file() and course is None:
            raise MedOptError(
                "the run is a step of compression",
                where=folder.name,
                expected="to be continued by the command that began it",
                remedy="Repeat that command, or give the new run another name",
            )
        course = course or Course()
        if not world.writes:
            return _Training(project, recipe, split, folder, Silence(), ask, chosen, world, course).run(resume)
        folder.mkdir(parents=True, exist_ok=True)
        if division is not None and not (folder / DIVISION).is_file():
            write_json(folder / DIVISION, division.to_json())
        settings = {"digest": recipe.digest(), **recipe.model_dump(mode="json")}
        facts = TrackerFacts(folder.name, folder, project.settings.name, settings)
        with open(folder / "events.jsonl", "a", encoding="utf-8") as stream:
            told = Broadcast(JsonLines(stream), reporter or Silence())
            with followed(track, facts, told) as heard:
                return _Training(project, recipe, split, folder, heard, ask, chosen, world, course).run(resume)


class _Training:
    """One session of training one run; see ``train``."""

    def __init__(
        self,
        project: Project,
        recipe: Recipe,
        split: Split,
        folder: Path,
        reporter: Reporter,
        stop: StopRequest,
        device: DeviceChoice,
        world: World,
        course: Course,
    ) -> None:
        self.project, self.split, self.folder, self.reporter, self.stop = project, split, folder, reporter, stop
        self.device, self.world, self.course = device, world, course
        self.recipe = self._agreed(recipe)
        self.task: Task = task_of(self.recipe, project.settings.task, project.settings)

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
        self.task.learn_weights([case.target for case in training])
        record = record.changed(left_out={**left_out, **more_left_out}, state="running", finished=None)
        seed_everything(self.recipe.seed)
        fresh = build_for(self.task, self.recipe, len(self.project.settings.channels))
        scene = Scene(self.project, self.recipe, self.task, tuple(training), self.reporter)
        network = self.course.begin(fresh, scene)
        record, transferred = self._transferred(network, record, resume)
        network = self.world.prepared(network.to(self.device.torch)).train()
        self.world.spread(network)
        measured = self.recipe.running.left_open or record.measured  # a resumed run leaves nothing open
        means, running = find_means(
            network, self.recipe, self.task, training, self.device.torch, self.world, self.reporter
        )
        self.recipe = self.recipe.model_copy(update={"running": running})
        if self.world.size > 1:  # not before: the first process measures alone, and would wait for the others' sums
            self.task.share(self.world.total)
        record = record.changed(
            data={**record.data, "clipped": self._clipped(training)},
            recipe=self.recipe.digest(),
            network={**record.network, "parameters": count_parameters(network)},
            measured=measured,
        )
        if self.world.writes:
            self.recipe.save(self.folder / "recipe.yaml")
        self._keep(record)
        try:
            loop = Loop(
                self.recipe,
                self.task,
                network,
                [*training, *self.course.unlabelled(scene)],
                validation,
                means,
                self.folder / "checkpoints",
                name=self.folder.name,
                reporter=self.reporter,
                stop=self.stop,
                transferred=transferred,
                course=self.course,
            )
            by_clock = self.recipe.training.minutes is not None
            wanted = self.recipe.running.deterministic
            with deterministic(wanted, self.device.torch, minutes=by_clock, reporter=self.reporter):
                state = loop.run(resume=resume)
        except BaseException:
            with suppress(MedOptError):  # the first error is the one to tell
                self._keep(record.changed(state="failed", finished=now()))
            raise
        self._keep(
            record.changed(
                state="done" if loop.finished else "stopped",
                finished=now(),
                seconds_trained=round(state.seconds, 3),
                steps=state.step,
                best={"step": state.best_step, f"validation_{self.task.metric}": state.best_score},
            )
        )
        self.reporter.emit("result", title="run", path=self.folder)
        return self.folder

    # ---- parts of it -----------------------------------------------------------------------------------------

    def _keep(self, record: RunRecord) -> None:
        if self.world.writes:
            record.save(self.folder)

    def _prepare(self, cases: Sequence[str]) -> tuple[list[PreparedCase], dict[str, str]]:
        if not self.world.writes:
            self.world.wait()  # the first process fills the cache, the others read it
        prepared, left_out = prepare_cases(
            self.project, cases, self.recipe.preprocess, self.task, reporter=self.reporter
        )
        if self.world.writes:
            self.world.wait()
        if cases and not prepared:
            raise MedOptError(
                "none of the cases can be used", where=self.project.folder, found=next(iter(left_out.values()))
            )
        return prepared, left_out

    def _transferred(
        self, network: nn.Module, record: RunRecord, resume: bool
    ) -> tuple[RunRecord, TransferReport | None]:
        """The record and what came from elsewhere; puts it into a network that begins."""
        wish = self.recipe.transfer
        if wish is None:
            return record, None
        if resume and record.transfer and (self.folder / "checkpoints" / "last.safetensors").is_file():
            return record, TransferReport.from_json(record.transfer)
        settings = self.project.settings
        names = [info.name for info in settings.classes]
        report = begin_from(
            network, wish, self.project, class_names=names, channels=settings.channels, split=self.split
        )
        self.reporter.emit("message", level="info", text=report.sentence)
        return record.changed(transfer=report.to_json()), report

    def _clipped(self, cases: Sequence[PreparedCase]) -> list[dict[str, object]]:
        """What the steps cut off the training cases, told and for the record."""
        found = together([case.clipped for case in cases])
        for one in found:
            self.reporter.emit("message", level="info", text=one.sentence(self.project.settings.channels[one.channel]))
        return [one.to_json() for one in found]

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
            labels=label_facts(settings),
            split=split_facts(self.split),
            versions=versions(),
            device={"kind": self.device.kind, "name": self.device.name, "threads": self.device.threads},
            network={"name": self.recipe.network.name},
            recipe=self.recipe.digest(),
            data={},
            started=now(),
            warnings=(self.device.warning,) if self.device.warning else (),
        )


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
