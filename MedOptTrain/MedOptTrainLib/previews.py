"""The presenters of the sections Preprocessing and Augmentation and of their previews, wired together."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.timer import Timer
from MedOptTrainLib.augment_preview import AugmentPreview
from MedOptTrainLib.augment_section import AugmentSection
from MedOptTrainLib.balance_section import BalanceSection
from MedOptTrainLib.preprocess_preview import PreprocessPreview
from MedOptTrainLib.preprocess_section import PreprocessSection
from MedOptTrainLib.preview_case import PreviewCase
from MedOptTrainLib.preview_stage import PreviewStage
from MedOptTrainLib.recipe_form import RecipeForm


class Previews:
    """One recipe, one case, one stage; two sections and their previews.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``; None without views
    recipe : what the sections edit
    preprocessTimer, augmentTimer : for what is not in view
    """

    def __init__(
        self, scene: Any, application: Any, recipe: RecipeForm, preprocessTimer: Timer, augmentTimer: Timer
    ) -> None:
        self.stage = PreviewStage(scene, application)
        self.case = PreviewCase(scene)
        self.steps = PreprocessSection(recipe, self.case)
        self.techniques = AugmentSection(recipe, self.case)
        self.preprocess = PreprocessPreview(self.stage, self.steps, self.case, preprocessTimer)
        self.augment = AugmentPreview(self.stage, self.techniques, self.steps, self.case, recipe, augmentTimer)
        self.balance = BalanceSection(PreviewStage(scene, application), recipe, self.case)

    def setProject(self, project: Any) -> None:
        """Another project, or None: the preview of the one before is taken away."""
        self.stage.close()
        self.steps.setProject()
        self.techniques.setProject()
        self.case.setProject(project)

    def close(self) -> None:
        """Take away what is shown."""
        self.stage.close()
        self.balance.removeChart()
