"""The presenters of what the sections Train, Cross-validation and Search change in the recipe, wired together."""

from __future__ import annotations

from typing import Any

from MedOptTrainLib.folds_section import FoldsSection
from MedOptTrainLib.network_section import NetworkSection
from MedOptTrainLib.rate_test import RateTest
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.search_section import SearchSection
from MedOptTrainLib.start_from import StartFrom
from MedOptTrainLib.train_options import lossGroup, runningGroup, transferGroup
from MedOptTrainLib.trainer import Trainer
from MedOptTrainLib.worker_answers import WorkerAnswers


class Hyper:
    """Parameters
    ----------
    scene : a ``vtkMRMLScene``
    recipe : what they edit
    trainer : knows what is needed to train, and the device
    jobs : the worker line
    """

    def __init__(self, scene: Any, recipe: RecipeForm, trainer: Trainer, jobs: Any) -> None:
        self.answers = WorkerAnswers(jobs)
        self.network = NetworkSection(recipe, self.answers, lambda: trainer.device)
        self.loss, self.running, self.transfer = lossGroup(recipe), runningGroup(recipe), transferGroup(recipe)
        self.start = StartFrom(recipe, trainer, jobs)
        self.rates = RateTest(recipe, trainer, self.answers, scene)
        self.folds = FoldsSection(recipe, trainer, jobs)
        self.search = SearchSection(recipe, trainer, jobs, scene)

    @property
    def presenters(self) -> tuple[Any, ...]:
        """Those of the section Train."""
        return (self.network, self.loss, self.running, self.transfer, self.start)

    def setProject(self, project: Any) -> None:
        """Another project, or None."""
        self.answers.forget()
        for part in (self.network, self.start, self.rates, self.folds, self.search):
            part.setProject(project)
