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
            "Measure a run on subjects that it never saw, go from any row to that case, export the run as an ONNX "
            "model, and run a model on a volume of the scene. Key: N shows the next worst case."
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
        self.views = self.logic.createViews()
        self.shortcuts = Shortcuts()
        self.connectAll()
        self.initializeParameterNode()
        self.panel.head.enter()
        self.show()

    def connectAll(self):
        """Connect buttons, presenters and the scene."""
        from MedOptValidateLib.explain_widget import ExplainWidget

        self.explainWidget = ExplainWidget(self.ui, self.explain, self.guarded)
        ui, validator, runner = self.ui, self.validator, self.runner
        actions = {
            "validateButton": validator.validate,
            "nextWorstButton": validator.nextWorst,
            "showTableButton": self.toggleTable,
            "showPlotButton": self.togglePlot,
            "externalButton": self.measureElsewhere,
            "exportButton": validator.export,
            "applyButton": runner.run,
            "reportButton": validator.report,
            "openReportButton": self.openReport,
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", self.guarded(action))
        ui.runSelector.connect("activated(int)", self.onRunChosen)
        ui.subsetSelector.connect("activated(int)", self.onRunChosen)
        ui.plotSelector.connect("activated(int)", self.onPlotChosen)
        ui.caseTable.connect("cellClicked(int,int)", self.onCaseClicked)
        ui.modelSelector.connect("activated(int)", self.onModelChosen)
        ui.inputVolumeSelector.connect("currentNodeChanged(vtkMRMLNode*)", runner.chooseVolume)
        self.views.whenPointsSelected(self.onPointsSelected)
        validator.changed.connect(self.show)
        runner.changed.connect(self.show)
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
        self.explainWidget.cleanup()
        self.views.whenPointsSelected(None)
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
        self.runner.setProject(project)

    def onJobs(self):
        """A job began or ended: buttons follow."""
        from MedOptCoreLib.qt_tools import applyButtons

        applyButtons(self.ui, {**self.validator.buttons(), **self.runner.buttons(), **self.explain.buttons()})

    def onRunChosen(self, _index):
        """Another run or subset was chosen."""
        run, subset = self.ui.runSelector.currentData, self.ui.subsetSelector.currentData
        self.guarded(lambda: self.validator.choose(run, subset))()

    def onModelChosen(self, index):
        """Another model was chosen."""
        self.runner.chooseModel(self.ui.modelSelector.itemData(index))

    def onCaseClicked(self, row, _column):
        """A row was clicked: show that case."""
        self.guarded(lambda: self.validator.select(row))()

    def onPointsSelected(self, seriesIds, places):
        """Points of a plot were selected: show the case of the first one."""
        from medopt.scene.plots import selected_labels

        self.guarded(lambda: self.validator.selectPoints(selected_labels(slicer.mrmlScene, seriesIds, places)))()

    def onPlotChosen(self, _index):
        """Another plot was chosen while one is shown."""
        if self.views.switched:
            self.guarded(self.showPlot)()

    def toggleTable(self):
        """Show the scores in a table view, or bring the earlier layout back."""
        if self.views.switched:
            self.views.goBack()
        else:
            self.views.showTable(self.validator.tableNode())

    def togglePlot(self):
        """Show the chosen plot in a plot view, or bring the earlier layout back."""
        if self.views.switched:
            self.views.goBack()
        else:
            self.showPlot()

    def showPlot(self):
        """Show the chosen plot."""
        self.views.showPlot(self.validator.plotNode(self.ui.plotSelector.currentData))

    def measureElsewhere(self):
        """Ask for another project's folder and measure the run on it."""
        from MedOptCoreLib.qt_tools import chooseFolder

        folder = chooseFolder(_("Folder of the other project"))
        if folder:
            self.validator.measureElsewhere(folder, self.ui.classPairsEdit.text)

    def openReport(self):
        """Open the report in the browser."""
        from MedOptCoreLib.qt_tools import openFile

        openFile(self.validator.reportFile())

    def show(self):
        """Show what the presenters say."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo, fillTable, selectRow

        ui, validator, runner = self.ui, self.validator, self.runner
        fillCombo(ui.runSelector, validator.runs, validator.run)
        fillCombo(ui.subsetSelector, validator.subsets(), validator.subset)
        plots = validator.plots()
        chosen = ui.plotSelector.currentData
        names = [name for name, _title in plots]
        fillCombo(ui.plotSelector, plots, chosen if chosen in names else next(iter(names), None))
        fillCombo(ui.modelSelector, runner.models, runner.model)
        fillTable(ui.summaryTable, validator.summary())
        ui.caseTable.setHorizontalHeaderLabels(list(validator.caseHeader()))
        fillTable(ui.caseTable, [line.cells() for line in validator.lines])
        selectRow(ui.caseTable, validator.current)
        ui.resultsLabel.text = validator.text
        ui.fitLabel.text = validator.fitText
        ui.checklistLabel.text = validator.checklistText
        ui.caseLabel.text = validator.caseText
        applyButtons(ui, {**validator.buttons(), **runner.buttons()})


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

    def createViews(self):
        """What brings tables and plots into a view."""
        from MedOptCoreLib.views import ViewSwitch

        return ViewSwitch(slicer.app.layoutManager(), slicer.app.applicationLogic(), slicer.mrmlScene)


class MedOptValidateTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer; the paths themselves stand in MedOptValidateLib.self_test."""

    def runTest(self):
        """Run every test of the class; one whose packages are missing is skipped with the reason."""
        from MedOptCoreLib.self_testing import runTests

        runTests(self, (self.test_resultsAndCases, self.test_modelOnVolume, self.test_mapOverCase))
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
