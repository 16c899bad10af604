"""Train a model on the labelled cases of a MedOpt project, in a worker process, and watch it learn."""

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class MedOptTrain(ScriptedLoadableModule):
    """What the module selector shows."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("MedOpt Train")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = ["MedOptCore"]
        parent.contributors = ["MedOpt contributors"]
        parent.helpText = _(
            "Train a model on the labelled cases of a project. The work runs in a process of its own: "
            "Slicer stays free, may be closed, and finds the training again."
        )
        parent.acknowledgementText = ""


class MedOptTrainWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Connects the .ui file with the presenters; what they decide stands in MedOptTrainLib."""

    def __init__(self, parent=None):
        VTKObservationMixin.__init__(self)
        ScriptedLoadableModuleWidget.__init__(self, parent)

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        from MedOptTrainLib.curves import KINDS, TITLES

        from MedOptCoreLib.packages import lightPackages, workerPackages
        from MedOptCoreLib.panel import MedOptPanel
        from MedOptCoreLib.qt_tools import QtTimer, fillCombo

        self.panel = MedOptPanel(self.layout, (lightPackages(), workerPackages()))
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/MedOptTrain.ui"))
        self.layout.addWidget(uiWidget)
        self.panel.addFoot()
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = MedOptTrainLogic()
        self.curves, self.recipe, self.trainer = self.logic.createPresenters(self.panel.jobs)
        self.views = self.logic.createViews()
        self.hyper = self.logic.createHyper(self.recipe, self.trainer, self.panel.jobs)
        self.previews = self.logic.createPreviews(self.recipe, QtTimer, QtTimer)
        self.histogramViews, self.balanceViews = self.logic.createViews(), self.logic.createViews()
        self.splitSeen = self.incompleteSeen = ""
        fillCombo(self.ui.curveSelector, [(kind, TITLES[kind]) for kind in KINDS], KINDS[1])
        self.connectAll()
        self.createSections()
        self.panel.head.enter()
        self.show()

    def connectAll(self):
        """Connect buttons, presenters and the scene."""
        ui, recipe, trainer = self.ui, self.recipe, self.trainer
        actions = {
            "splitButton": lambda: trainer.makeSplit(ui.testSpinBox.value, ui.validationSpinBox.value),
            "startButton": lambda: trainer.startOrStop(ui.runNameEdit.text, ui.minutesSpinBox.value),
            "resumeButton": trainer.resume,
            "showCurvesButton": self.toggleCurves,
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", self.guarded(action))
        ui.runsTable.connect("itemSelectionChanged()", self.onRunSelected)
        ui.curveSelector.connect("activated(int)", self.onCurveChosen)
        recipe.changed.connect(self.onRecipe)
        trainer.changed.connect(self.show)
        trainer.changed.connect(self.onSplit)
        self.panel.head.projectChanged.connect(self.onProject)
        self.panel.jobs.finished.connect(self.panel.onCountsChanged)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)

    def createSections(self):
        """The sections that have widgets' code of their own."""
        from MedOptTrainLib.augment_widget import AugmentWidget
        from MedOptTrainLib.preprocess_widget import PreprocessWidget
        from MedOptTrainLib.recipe_widget import RecipeWidget
        from MedOptTrainLib.search_widget import SearchWidget
        from MedOptTrainLib.train_widget import TrainWidget

        from MedOptCoreLib.qt_tools import openFile

        made = self.previews
        self.recipeSection = RecipeWidget(self.ui, self.recipe, lambda: self.trainer.device, self.guarded)
        self.preprocessing = PreprocessWidget(
            self.ui, made.steps, made.preprocess, made.case, self.histogramViews, self.guarded
        )
        self.augmentation = AugmentWidget(
            self.ui, made.techniques, made.augment, made.balance, self.balanceViews, self.guarded
        )
        for section in (self.preprocessing, self.augmentation):
            section.show()
        views = (self.logic.createViews(), self.logic.createViews())
        self.training = TrainWidget(self.ui, self.hyper, self.trainer, self.chooseStart, self.guarded)
        self.searching = SearchWidget(self.ui, self.hyper, views, openFile, self.guarded)

    def guarded(self, action):
        """``action`` with its errors shown."""
        from MedOptCoreLib.qt_tools import showErrors

        def run():
            with showErrors():
                action()

        return run

    def enter(self):
        """The panel comes to the front: labels may have been made meanwhile."""
        self.panel.head.enter()
        self.guarded(self.trainer.reload)()
        self.guarded(self.previews.case.refresh)()
        self.guarded(self.hyper.folds.reload)()

    def exit(self):
        """Another module comes to the front; the training goes on."""

    def cleanup(self):
        """The module is unloaded; the training goes on."""
        self.removeObservers()
        self.previews.close()
        self.panel.cleanup()

    def onProject(self, project):
        """Another project was opened."""
        self.previews.setProject(project)
        self.recipe.setProject(project)
        self.guarded(lambda: self.trainer.setProject(project))()
        self.guarded(lambda: self.hyper.setProject(project))()
        self.show()

    def onSceneEndClose(self, _caller, _event):
        """The charts are gone with the scene; the next measurement, or the button, draws them again."""
        self.show()

    def onSplit(self):
        """A split may have been made: its test subjects are not previewed any more."""
        if self.trainer.split is not None and self.trainer.split.hash != self.splitSeen:
            self.splitSeen = self.trainer.split.hash
            self.guarded(self.previews.case.refresh)()

    def onRunSelected(self):
        """A run was selected in the table."""
        item = self.ui.runsTable.item(self.ui.runsTable.currentRow(), 0)
        self.guarded(lambda: self.trainer.select(item.text() if item is not None else None))()

    def onCurveChosen(self, _index):
        """The other chart was chosen."""
        if self.views.switched:
            self.showCurves()

    def chooseStart(self, file):
        """Ask for a file of weights, or for the folder of a run or a bundle, to begin a training from."""
        from MedOptCoreLib.qt_tools import chooseFile, chooseFolder

        if not file:
            return chooseFolder(_("Start from a run or a MONAI bundle"))
        return chooseFile(_("Start from weights"), _("Weights (*.safetensors *.pt *.pth)"), save=False)

    def toggleCurves(self):
        """Show the curves in a view, or bring the earlier layout back."""
        if self.views.switched:
            self.views.goBack()
        else:
            self.showCurves()

    def showCurves(self):
        """Show the chosen chart in a plot view."""
        node = self.curves.node(self.ui.curveSelector.currentData)
        if node is not None:
            self.views.showPlot(node)

    def onRecipe(self):
        """The recipe was changed; moves of sliders come often, and only its completeness concerns the training."""
        if self.recipe.incomplete == self.incompleteSeen:
            self.showRecipe()
        else:
            self.show()

    def showRecipe(self):
        """Show what the recipe says, and what of it is shown elsewhere."""
        self.recipeSection.show()
        self.training.show()

    def show(self):
        """Show what the presenters say."""
        from MedOptCoreLib.qt_tools import applyButtons, fillTable, selectRow

        ui, trainer = self.ui, self.trainer
        self.incompleteSeen = self.recipe.incomplete
        self.showRecipe()
        ui.splitLabel.text = trainer.splitText
        fillTable(ui.runsTable, [row.cells() for row in trainer.rows])
        names = [row.name for row in trainer.rows]
        selectRow(ui.runsTable, names.index(trainer.selected) if trainer.selected in names else None)
        ui.curveLabel.text = self.curves.text
        applyButtons(ui, trainer.buttons())
        self.training.showRuns()
        self.searching.show()


class MedOptTrainLogic(ScriptedLoadableModuleLogic):
    """Makes the parts of the panel; scripts can use them without a panel."""

    def createPresenters(self, jobs):
        """(curves, recipe, trainer) on the application's scene, listening to the worker line ``jobs``."""
        from MedOptTrainLib.curves import LearningCurves
        from MedOptTrainLib.recipe_form import RecipeForm
        from MedOptTrainLib.trainer import Trainer

        from MedOptCoreLib.packages import workerPackages

        curves = LearningCurves(slicer.mrmlScene)
        recipe = RecipeForm(jobs.start, lambda: jobs.busy)
        group = workerPackages()
        trainer = Trainer(jobs, recipe, curves, lambda: [requirement.name for requirement in group.missing()])
        return curves, recipe, trainer

    def createHyper(self, recipe, trainer, jobs):
        """What chooses network, loss, start and running, and what cross-validates and searches."""
        from MedOptTrainLib.hyper import Hyper

        return Hyper(slicer.mrmlScene, recipe, trainer, jobs)

    def createPreviews(self, recipe, preprocessTimer, augmentTimer):
        """What edits preprocessing and augmentation of ``recipe`` and shows them in the scene; timers are made."""
        from MedOptTrainLib.previews import Previews

        return Previews(slicer.mrmlScene, slicer.app.applicationLogic(), recipe, preprocessTimer(), augmentTimer())

    def createViews(self):
        """What brings the curves into a view."""
        from MedOptCoreLib.views import ViewSwitch

        return ViewSwitch(slicer.app.layoutManager(), slicer.app.applicationLogic(), slicer.mrmlScene)


class MedOptTrainTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer; the paths themselves stand in MedOptTrainLib.self_test."""

    def runTest(self):
        """Run every test of the class; one whose packages are missing is skipped with the reason."""
        from MedOptCoreLib.self_testing import runTests

        runTests(
            self,
            (
                self.test_preprocessingPreview,
                self.test_augmentationGrid,
                self.test_curvesOfARun,
                self.test_optionsOfTraining,
                self.test_foldsAndSearch,
                self.test_adviceAndNetwork,
                self.test_shortTraining,
            ),
        )
        self.delayDisplay("MedOptTrain: tests passed")

    def test_preprocessingPreview(self):
        """Before and after preprocessing in the slice views; the scene is as before. Needs no torch."""
        from MedOptTrainLib.self_test import preprocessingPreview

        preprocessingPreview(slicer.util.getModuleWidget("MedOptTrain"))

    def test_augmentationGrid(self):
        """Drawn variants side by side in the slice views; the scene is as before. Needs no torch."""
        from MedOptTrainLib.self_test import augmentationGrid

        augmentationGrid(slicer.util.getModuleWidget("MedOptTrain"))

    def test_curvesOfARun(self):
        """The runs table and the curves of a recorded run; needs no torch."""
        from MedOptTrainLib.self_test import curvesOfARun

        curvesOfARun(slicer.util.getModuleWidget("MedOptTrain"))

    def test_optionsOfTraining(self):
        """Loss, running and start beside the recipe's table; needs no torch."""
        from MedOptTrainLib.self_test import optionsOfTraining

        optionsOfTraining(slicer.util.getModuleWidget("MedOptTrain"))

    def test_foldsAndSearch(self):
        """What folds mean; tables and charts of a search and of a range test; needs no torch."""
        from MedOptTrainLib.self_test import foldsAndSearch

        foldsAndSearch(slicer.util.getModuleWidget("MedOptTrain"))

    def test_adviceAndNetwork(self):
        """The worker advises a recipe and works out networks; skipped where its packages are missing."""
        from MedOptTrainLib.self_test import adviceAndNetwork

        adviceAndNetwork(slicer.util.getModuleWidget("MedOptTrain"))

    def test_shortTraining(self):
        """A short training in a worker process; skipped where its packages are missing."""
        from MedOptTrainLib.self_test import shortTraining

        shortTraining(slicer.util.getModuleWidget("MedOptTrain"))
