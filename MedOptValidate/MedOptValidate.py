"""Look at how good a trained run of a MedOpt project is, export it, and run it on volumes of the scene."""

import slicer
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class MedOptValidate(ScriptedLoadableModule):
    """What the module selector shows."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("MedOpt Validate")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = ["MedOptCore"]
        parent.contributors = ["MedOpt contributors"]
        parent.helpText = _(
            "Measure a run on subjects that it never saw, go from any row to that case, make smaller and faster models "
            "of it, export it as an ONNX model, and run a model on a volume of the scene. Key: N shows the next worst "
            "case."
        )
        parent.acknowledgementText = ""


@parameterNodeWrapper
class MedOptValidateParameterNode:
    """What is saved with the scene: the volume on which a model is run."""

    inputVolume: vtkMRMLScalarVolumeNode


class MedOptValidateWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Connects the .ui file with the presenters; what they decide stands in MedOptValidateLib."""

    def __init__(self, parent=None):
        VTKObservationMixin.__init__(self)
        self.parameterNode = None
        self.parameterNodeGuiTag = None
        self.entered = False
        ScriptedLoadableModuleWidget.__init__(self, parent)

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        from MedOptCoreLib.packages import lightPackages, workerPackages
        from MedOptCoreLib.panel import MedOptPanel
        from MedOptCoreLib.qt_tools import Shortcuts

        self.panel = MedOptPanel(self.layout, (lightPackages(), workerPackages()))
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/MedOptValidate.ui"))
        self.layout.addWidget(uiWidget)
        self.panel.addFoot()
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = MedOptValidateLogic()
        self.validator, self.runner = self.logic.createPresenters(self.panel.jobs)
        self.explain = self.logic.createExplain(self.panel.jobs, self.validator)
        self.compress = self.logic.createCompress(self.panel.jobs, self.validator)
        self.views, self.frontViews = self.logic.createViews(), self.logic.createViews()
        self.shortcuts = Shortcuts()
        self.connectAll()
        self.initializeParameterNode()
        self.panel.head.enter()
        self.show()

    def connectAll(self):
        """Connect buttons, presenters and the scene."""
        from MedOptValidateLib.compress_widget import CompressWidget
        from MedOptValidateLib.explain_widget import ExplainWidget
        from MedOptValidateLib.results_widget import ResultsWidget

        from MedOptCoreLib.qt_tools import openFile

        ui, runner, scene = self.ui, self.runner, slicer.mrmlScene
        self.resultsWidget = ResultsWidget(ui, self.validator, self.views, scene, openFile, self.guarded)
        self.explainWidget = ExplainWidget(ui, self.explain, self.guarded)
        self.compressWidget = CompressWidget(ui, self.compress, self.frontViews, scene, openFile, self.guarded)
        ui.applyButton.connect("clicked()", self.guarded(runner.run))
        ui.modelSelector.connect("activated(int)", self.onModelChosen)
        ui.inputVolumeSelector.connect("currentNodeChanged(vtkMRMLNode*)", runner.chooseVolume)
        runner.changed.connect(self.showModels)
        self.panel.jobs.changed.connect(self.onJobs)
        self.panel.head.projectChanged.connect(self.onProject)
        self.panel.jobs.finished.connect(self.panel.onCountsChanged)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)

    def guarded(self, action):
        """``action`` with its errors shown."""
        from MedOptCoreLib.qt_tools import showErrors

        def run():
            with showErrors():
                action()

        return run

    def enter(self):
        """The panel comes to the front: runs may have been trained meanwhile."""
        self.entered = True
        self.initializeParameterNode()
        self.panel.head.enter()
        self.shortcuts.install({"N": self.ui.nextWorstButton.click})
        if self.validator.results is None:
            self.guarded(self.validator.reload)()
        self.runner.reload()
        self.compress.reload()

    def exit(self):
        """Another module comes to the front; jobs go on."""
        self.entered = False
        self.shortcuts.remove()
        self.setParameterNode(None)

    def cleanup(self):
        """The module is unloaded; jobs go on."""
        self.shortcuts.remove()
        self.setParameterNode(None)
        self.removeObservers()
        for widget in (self.resultsWidget, self.explainWidget, self.compressWidget):
            widget.cleanup()
        self.panel.cleanup()

    def initializeParameterNode(self):
        """Bind the volume selector to the scene's parameter node."""
        self.setParameterNode(self.logic.getParameterNode())

    def setParameterNode(self, parameterNode):
        """Bind the widgets to another parameter node, or to none."""
        if self.parameterNode is not None:
            self.parameterNode.disconnectGui(self.parameterNodeGuiTag)
        self.parameterNode = parameterNode
        if parameterNode is not None:
            self.parameterNodeGuiTag = parameterNode.connectGui(self.ui)

    def onSceneStartClose(self, _caller, _event):
        """The scene's parameter node goes, and with it what is shown."""
        self.setParameterNode(None)
        self.explain.forget()
        self.validator.current = None
        self.runner.chooseVolume(None)

    def onSceneEndClose(self, _caller, _event):
        """Bind to a parameter node of the empty scene, if the panel is in front; else when it comes there."""
        if self.entered:
            self.initializeParameterNode()
        self.show()

    def onProject(self, project):
        """Another project was opened."""
        self.guarded(lambda: self.validator.setProject(project))()
        self.explain.setProject(project)
        self.compress.setProject(project)
        self.runner.setProject(project)

    def onJobs(self):
        """A job began or ended: buttons follow."""
        from MedOptCoreLib.qt_tools import applyButtons

        for presenter in (self.validator, self.runner, self.explain, self.compress):
            applyButtons(self.ui, presenter.buttons())

    def onModelChosen(self, index):
        """Another model was chosen."""
        self.runner.chooseModel(self.ui.modelSelector.itemData(index))

    def show(self):
        """Show what the presenters say."""
        self.resultsWidget.show()
        self.showModels()

    def showModels(self):
        """Show the exported models, and whether one can be run."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo

        fillCombo(self.ui.modelSelector, self.runner.models, self.runner.model)
        applyButtons(self.ui, self.runner.buttons())


class MedOptValidateLogic(ScriptedLoadableModuleLogic):
    """Makes the parts of the panel; scripts can use them without a panel."""

    def getParameterNode(self):
        """The scene's parameter node, with typed parameters."""
        return MedOptValidateParameterNode(super().getParameterNode())

    def createPresenters(self, jobs):
        """(validator, model runner) on the application's scene, listening to the worker line ``jobs``."""
        from MedOptValidateLib.model_runner import ModelRunner
        from MedOptValidateLib.result_scene import ResultScene
        from MedOptValidateLib.validator import Validator

        from MedOptCoreLib.packages import workerPackages

        group = workerPackages()
        scene = ResultScene(slicer.mrmlScene, slicer.app.applicationLogic())

        def missing():
            return [requirement.name for requirement in group.missing()]

        def missingToRun():
            return [name for name in missing() if name == "onnxruntime"]

        return Validator(jobs, scene, missing), ModelRunner(jobs, scene, slicer.mrmlScene, missingToRun)

    def createExplain(self, jobs, validator):
        """The presenter of the maps, on the application's scene, of the case that ``validator`` shows."""
        from MedOptValidateLib.explain_presenter import ExplainPresenter

        return ExplainPresenter(slicer.mrmlScene, slicer.app.applicationLogic(), jobs, validator)

    def createCompress(self, jobs, validator):
        """The presenter of requests for smaller models, with its chart in the application's scene."""
        from MedOptValidateLib.compress_section import CompressSection

        return CompressSection(slicer.mrmlScene, jobs, validator)

    def createViews(self):
        """What brings tables and plots into a view."""
        from MedOptCoreLib.views import ViewSwitch

        return ViewSwitch(slicer.app.layoutManager(), slicer.app.applicationLogic(), slicer.mrmlScene)


class MedOptValidateTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer; the paths themselves stand in MedOptValidateLib.self_test."""

    def runTest(self):
        """Run every test of the class; one whose packages are missing is skipped with the reason."""
        from MedOptCoreLib.self_testing import runTests

        runTests(
            self, (self.test_resultsAndCases, self.test_modelOnVolume, self.test_mapOverCase, self.test_smallerModels)
        )
        self.delayDisplay("MedOptValidate: tests passed")

    def test_resultsAndCases(self):
        """Tables, plots and cases of a recorded validation; needs no torch."""
        from MedOptValidateLib.self_test import resultsAndCases

        resultsAndCases(slicer.util.getModuleWidget("MedOptValidate"))

    def test_modelOnVolume(self):
        """A label file of the worker becomes a segmentation on the volume's grid."""
        from MedOptValidateLib.self_test import modelOnVolume

        modelOnVolume(slicer.util.getModuleWidget("MedOptValidate"))

    def test_mapOverCase(self):
        """A recorded map lies over its case with a legend, and goes again; needs no torch."""
        from MedOptValidateLib.explain_self_test import mapOverCase

        mapOverCase(slicer.util.getModuleWidget("MedOptValidate"))

    def test_smallerModels(self):
        """A recorded compression: plan, table, chart, and a model's results and report; needs no torch."""
        from MedOptValidateLib.compress_self_test import smallerModels

        smallerModels(slicer.util.getModuleWidget("MedOptValidate"))
