"""A pretraining from a recipe to a folder that trainings can begin from."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import nn

from medopt.errors import MedOptError
from medopt.events import Broadcast, JsonLines, Reporter, Silence
from medopt.files import inside
from medopt.networks import build_network, count_parameters
from medopt.project import Project, Split, load_split
from medopt.training.cache import training_preprocess
from medopt.training.device import DeviceChoice, choose_device
from medopt.training.pretrain.hiding import block_shape
from medopt.training.pretrain.images import cases_to_learn_from, prepare_images
from medopt.training.pretrain.loop import Budget, PretrainLoop, StopRequest
from medopt.training.pretrain.record import RECORD, PretrainRecord
from medopt.training.pretrain.sampling import HiddenSampler, without_noise
from medopt.training.pretrain.settings import PretrainSettings
from medopt.training.recipe import Recipe
from medopt.training.run import now, versions

CHECKPOINT = "last.safetensors"
RECIPE = "recipe.yaml"


class _Never:
    def requested(self) -> bool:
        return False


def pretrain(
    project: Project,
    recipe: Recipe,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    settings: PretrainSettings | None = None,
    name: str | None = None,
    split: Split | None = None,
    reporter: Reporter | None = None,
    stop: StopRequest | None = None,
) -> Path:
    """Teach the recipe's network the images of the project without their labels, and give the folder.

    Blocks of each patch are hidden and the network, with a head that gives images, guesses them (masked-volume
    reconstruction, see Docs/transfer.md). It sees every image, labelled or not, that is of no test subject. Patches are
    prepared and moved as the recipe says; its intensity techniques are left out.

    Writes ``runs/NAME``: ``pretraining.json``, ``recipe.yaml``, ``events.jsonl`` and ``checkpoints/last.safetensors``.
    One of that name that was stopped or killed is resumed, and with ``steps`` ends, on the CPU with the same number of
    threads, with the same weights as one that was never interrupted. Without a name it is the newest unfinished one of
    the same recipe, else a new one. A finished one is left as it is.

    Parameters
    ----------
    minutes, steps : how long, one of them; preparing the images is not counted
    split : the division whose test subjects stay out; the project's by default

    Raises MedOptError without a split, when no image can be used, when the one of that name was begun with another
    recipe, split or settings, and when the error stops being a number.
    """
    budget = Budget(steps, minutes)
    split = split or load_split(project)
    settings = settings or PretrainSettings()
    folder = inside(project.runs_folder, name or _next_name(project, recipe, split, settings))
    if (folder / "run.json").exists():
        raise MedOptError("a run has this name", where=folder.name, remedy="Give the pretraining another name")
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "events.jsonl", "a", encoding="utf-8") as stream:
        listener = Broadcast(JsonLines(stream), reporter or Silence())
        return _Pretraining(project, recipe, split, settings, folder, listener).run(budget, stop or _Never())


class _Pretraining:
    """One session of one pretraining; see `pretrain`."""

    def __init__(
        self,
        project: Project,
        recipe: Recipe,
        split: Split,
        settings: PretrainSettings,
        folder: Path,
        reporter: Reporter,
    ) -> None:
        self.project, self.split, self.settings, self.folder = project, split, settings, folder
        self.reporter = reporter
        self.device: DeviceChoice = choose_device()
        self.recipe = recipe

    def run(self, budget: Budget, stop: StopRequest) -> Path:
        record = self._record()
        if record.state == "done":
            self.reporter.emit("message", level="info", text=f"{self.folder.name} is finished; nothing to do")
            return self.folder
        self.reporter.emit(
            "started", command="pretrain", run=self.folder.name, device=self.device.name, reason=self.device.reason
        )
        if self.device.warning:
            self.reporter.emit("message", level="warning", text=self.device.warning)
        fitted = training_preprocess(self.project, self.split.train, self.recipe.preprocess, reporter=self.reporter)
        self.recipe = self.recipe.model_copy(update={"preprocess": fitted})
        images, left_out = prepare_images(self.project, record.cases, fitted, self.reporter)
        if not images:
            raise MedOptError(
                "none of the images can be used", where=self.project.folder, found=next(iter(left_out.values()))
            )
        self.reporter.emit("message", level="info", text=f"Learns from {len(images)} images without their labels")
        torch.manual_seed(self.recipe.seed)
        network = network_that_guesses(self.recipe, len(self.project.settings.channels)).to(self.device.torch).train()
        patch = self.recipe.training.patch
        block = self.settings.block or block_shape(patch, self.recipe.network.divisor)
        sampler = HiddenSampler(
            images,
            patch,
            self.recipe.training.batch_size,
            without_noise(self.recipe.augment),
            block,
            self.settings.hidden,
            self.recipe.seed,
            self.device.torch,
        )
        self.recipe.save(self.folder / RECIPE)
        record = record.changed(
            state="running",
            finished=None,
            left_out=left_out,
            recipe=self.recipe.digest(),
            network={"name": self.recipe.network.name, "parameters": count_parameters(network)},
        )
        record.save(self.folder)
        loop = PretrainLoop(
            network,
            sampler,
            self.settings,
            budget,
            self.folder / "checkpoints" / CHECKPOINT,
            recipe=self.recipe.digest(),
            reporter=self.reporter,
            stop=stop,
            half=self.recipe.running.precision == "bfloat16",
        )
        try:
            state = loop.run()
        except BaseException:
            with suppress(MedOptError):  # the first error is the one to tell
                record.changed(state="failed", finished=now()).save(self.folder)
            raise
        record.changed(
            state="done" if budget.share(state.step, state.seconds) >= 1 else "stopped",
            finished=now(),
            steps=state.step,
            seconds=round(state.seconds, 3),
            loss=loop.loss if loop.loss is not None else record.loss,
        ).save(self.folder)
        self.reporter.emit("result", title="pretraining", path=self.folder)
        return self.folder

    def _record(self) -> PretrainRecord:
        """That of the folder when it says the same, else a new one."""
        project = self.project.settings
        if not (self.folder / RECORD).is_file():
            return PretrainRecord(
                name=self.folder.name,
                project={"id": self.project.id, "name": project.name},
                channels=tuple(project.channels),
                split=self.split.hash,
                cases=cases_to_learn_from(self.project, self.split),
                settings=self.settings.model_dump(mode="json"),
                recipe=self.recipe.digest(),
                network={"name": self.recipe.network.name},
                versions=versions(),
                device={"kind": self.device.kind, "name": self.device.name, "threads": self.device.threads},
                started=now(),
            )
        record = PretrainRecord.load(self.folder)
        stored = Recipe.load(self.folder / RECIPE) if (self.folder / RECIPE).is_file() else self.recipe
        asked: dict[str, tuple[Any, Any]] = {
            "recipe": (stored, self.recipe.resolved_by(stored)),
            "split": (record.split[:12], self.split.hash[:12]),
            "settings": (record.settings, self.settings.model_dump(mode="json")),
        }
        for what, (was, wished) in asked.items():
            if was != wished:
                raise MedOptError(
                    f"{self.folder.name} was begun with another {what}",
                    where=what,
                    expected="the same" if what == "recipe" else str(was),
                    found="another" if what == "recipe" else str(wished),
                    remedy="Resume it with its own, or give the new pretraining another name",
                )
        self.recipe = stored
        return record


def network_that_guesses(recipe: Recipe, channels: int) -> nn.Module:
    """The recipe's network with a head that gives an image, at full resolution and without coarser heads.

    Recipes of whole-image tasks get the decoder of their family on top, which the training then does without. Raises
    MedOptError when the network does not fit the recipe's number of dimensions.
    """
    wanted = {"deep_supervision": False, "output_level": 0}
    known = {field: value for field, value in wanted.items() if field in type(recipe.network).model_fields}
    network = recipe.network.model_copy(update=known)
    return build_network(network, channels, channels, recipe.training.dims)


def unfinished(project: Project, split: Split, settings: PretrainSettings) -> list[Path]:
    """Folders of pretrainings with this split and these settings that can be resumed, the newest first."""
    said = settings.model_dump(mode="json")
    found = []
    for path in sorted((path.parent for path in project.runs_folder.glob(f"*/{RECORD}")), reverse=True):
        record = PretrainRecord.load(path)
        same = record.split == split.hash and record.settings == said
        if record.state != "done" and same and (path / RECIPE).is_file():
            found.append(path)
    return found


def free_name(project: Project) -> str:
    """The next number that no pretraining has."""
    taken = [int(path.name[9:]) for path in project.runs_folder.glob("pretrain-*") if path.name[9:].isdigit()]
    return f"pretrain-{1 + max(taken, default=0):03d}"


def _next_name(project: Project, recipe: Recipe, split: Split, settings: PretrainSettings) -> str:
    """The newest unfinished one that says the same, so that repeating the call resumes it; else a free number."""
    for folder in unfinished(project, split, settings):
        stored = Recipe.load(folder / RECIPE)
        if recipe.resolved_by(stored) == stored:
            return folder.name
    return free_name(project)
