"""What a training begins from: nothing, a run, a pretraining, or weights from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.trainer import Trainer


class StartFrom(Presenter):
    """Edits ``transfer.source`` of the recipe; the other fields of ``transfer`` stay.

    Parameters
    ----------
    recipe : the recipe
    trainer : knows whether the worker can train
    jobs : the worker line
    """

    def __init__(self, recipe: RecipeForm, trainer: Trainer, jobs: Any) -> None:
        super().__init__()
        self._recipe, self._trainer, self._jobs = recipe, trainer, jobs
        self._folder: Path | None = None

    def setProject(self, project: Any) -> None:
        """Another project: its runs and pretrainings are offered."""
        self._folder = None if project is None else Path(project.runs_folder)

    @property
    def source(self) -> str:
        """Name or path of what the training begins from; empty for nothing."""
        transfer = (self._recipe.values or {}).get("transfer")
        return str(transfer.get("source", "")) if isinstance(transfer, dict) else ""

    def offered(self) -> list[tuple[str, str]]:
        """(source, text): nothing, pretrainings and runs of the project with weights, and what the recipe names."""
        found = [("", _("random weights"))]
        if self._folder is not None and self._folder.is_dir():
            for record, text in (("pretraining.json", _("pretraining {name}")), ("run.json", _("run {name}"))):
                for path in sorted(self._folder.glob(f"*/{record}"), reverse=True):
                    if any((path.parent / "checkpoints").glob("*.safetensors")):
                        found.append((path.parent.name, text.format(name=path.parent.name)))
        if self.source and self.source not in dict(found):
            found.append((self.source, self.source))
        return found

    def choose(self, source: str) -> None:
        """Begin from ``source``; empty for random weights."""
        if self._recipe.values is None or source == self.source:
            return
        transfer = self._recipe.values.get("transfer")
        kept = transfer if isinstance(transfer, dict) else {}
        self._recipe.setPart("transfer", {**kept, "source": source} if source else None)

    @property
    def pretraining(self) -> bool:
        """Whether a pretraining is under way, whoever started it."""
        return bool(self._jobs.busy and self._jobs.status.command == "pretrain")

    def pretrainOrStop(self, minutes: float) -> None:
        """One button: learn from all images of the project, or stop, which saves a checkpoint. The same command goes on
        with a pretraining of the same recipe that is not finished.
        """
        if self.pretraining or self._folder is None:
            self._jobs.cancel()
            return
        recipe = self._recipe.fileForRun("pretrain")
        words = ["pretrain", str(self._folder.parent), "--minutes", str(minutes)]
        self._jobs.start([*words, *([] if recipe is None else ["--recipe", str(recipe)])])

    @property
    def missing(self) -> str:
        """What is needed before something can be chosen."""
        if not self._recipe.hasProject:
            return _("Open or create a project first.")
        return "" if self._recipe.values is not None else _("Propose or load a recipe first.")

    def buttons(self) -> dict[str, ButtonState]:
        """States of the section's buttons."""
        stop = ButtonState("", _("Save a checkpoint and end; Pretrain goes on from there."), text=_("Stop pretraining"))
        tip = _("Let the network guess hidden parts of all images, labelled or not, to start from; no label is read.")
        needed = self._trainer.missingToTrain or self._recipe.incomplete or self._trainer.otherJob
        pretrain = ButtonState(needed, tip, text=_("Pretrain on all images"))
        return {
            "pretrainButton": stop if self.pretraining else pretrain,
            "startFileButton": ButtonState(self.missing, _("Begin from a file of weights: safetensors, or torch's.")),
            "startFolderButton": ButtonState(
                self.missing, _("Begin from the folder of a run of another project, or of a MONAI bundle.")
            ),
        }
