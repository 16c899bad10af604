"""Label case after case of a MedOpt project: open, paint, accept, next."""

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


class MedOptLabel(ScriptedLoadableModule):
    """What the module selector shows."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("MedOpt Label")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = ["MedOptCore", "SegmentEditor"]
        parent.contributors = ["MedOpt contributors"]
        parent.helpText = _(
            "Collect images in a project and label them case after case. "
            "Keys: N next, P previous, S save, A accept and next."
        )
        parent.acknowledgementText = ""


class MedOptLabelWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Connects the .ui file with the presenters; what they decide stands in MedOptLabelLib."""

    def __init__(self, parent=None):
        VTKObservationMixin.__init__(self)
        ScriptedLoadableModuleWidget.__init__(self, parent)

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        from MedOptLabelLib.embedded_editor import EmbeddedEditor
        from MedOptLabelLib.findings import Findings
        from MedOptLabelLib.import_form import ImportForm

        from MedOptCoreLib.packages import lightPackages
        from MedOptCoreLib.panel import MedOptPanel
        from MedOptCoreLib.qt_tools import QtTimer, Shortcuts

        self.panel = MedOptPanel(self.layout, (lightPackages(),))
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/MedOptLabel.ui"))
        self.layout.addWidget(uiWidget)
        self.panel.addFoot()
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = MedOptLabelLogic()
        self.session = self.logic.createSession(self.panel.store)
        self.importForm = ImportForm(self.panel.jobs.start)
        self.findings = Findings(self.panel.jobs)
        self.shortcuts = Shortcuts()
        self.clockTimer = QtTimer()
        self.editor = EmbeddedEditor(slicer.mrmlScene, lambda needed: self.shortcuts.setEnabled("A", not needed))
        self.ui.editorFrame.layout().addWidget(self.editor.widget)
        self.views = self.logic.createViews()
        self.connectAll()
        self.panel.head.enter()
        self.show()

    def connectAll(self):
        """Connect buttons, presenters and the scene."""
        ui, session = self.ui, self.session
        actions = {
            "importButton": self.importForm.start,
            "verifyButton": self.findings.verify,
            "previousButton": session.previous,
            "nextButton": session.next,
            "goToButton": session.goToSelected,
            "acceptButton": session.accept,
            "saveButton": session.save,
            "skipButton": session.skip,
            "flagButton": lambda: session.flag(ui.noteEdit.text),
            "showTableButton": self.toggleTable,
        }
        self.actions = {name: self.guarded(action) for name, action in actions.items()}
        for name, action in self.actions.items():
            getattr(ui, name).connect("clicked()", action)
        for field in (ui.imagesPath, ui.labelsPath):
            field.connect("currentPathChanged(QString)", self.onImportField)
        ui.subjectPatternEdit.connect("textChanged(QString)", self.onImportField)
        ui.filterBox.connect("textChanged(QString)", session.setFilter)
        ui.annotatorEdit.connect("editingFinished()", self.onAnnotator)
        ui.caseTable.connect("itemSelectionChanged()", self.onRowSelected)
        ui.caseTable.connect("cellDoubleClicked(int,int)", self.onRowOpened)
        ui.findingsTable.connect("cellDoubleClicked(int,int)", self.onFindingOpened)
        session.changed.connect(self.show)
        self.findings.changed.connect(self.show)
        session.caseLeaving.connect(self.editor.release)
        session.caseShown.connect(self.onCaseShown)
        session.labelSaved.connect(self.panel.onCountsChanged)
        self.importForm.changed.connect(self.show)
        self.panel.head.projectChanged.connect(self.onProject)
        self.panel.jobs.finished.connect(self.onJobFinished)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        slicer.app.connect("aboutToQuit()", self.saveForGood)

    def guarded(self, action):
        """``action`` with its errors shown."""
        from MedOptCoreLib.qt_tools import showErrors

        def run():
            self.session.activity()
            with showErrors():
                action()

        return run

    def enter(self):
        """The panel comes to the front."""
        self.panel.head.enter()
        keys = {"N": "nextButton", "P": "previousButton", "S": "saveButton", "A": "acceptButton"}
        self.shortcuts.install({key: getattr(self.ui, name).click for key, name in keys.items()})
        self.editor.enter()
        crosshair = slicer.mrmlScene.GetSingletonNode("default", "vtkMRMLCrosshairNode")
        if crosshair is not None:
            event = slicer.vtkMRMLCrosshairNode.CursorPositionModifiedEvent
            self.addObserver(crosshair, event, self.onCursorMoved)
        self.session.clock.resume()
        self.clockTimer.start(1000, self.showClock)

    def exit(self):
        """Another module comes to the front: save, and give keys and views back."""
        self.saveChanges()
        self.clockTimer.stop()
        self.session.clock.stop()
        self.removeObservers(self.onCursorMoved)
        self.shortcuts.remove()
        self.editor.exit()

    def cleanup(self):
        """The module is unloaded."""
        self.saveForGood()
        slicer.app.disconnect("aboutToQuit()", self.saveForGood)
        self.clockTimer.stop()
        self.shortcuts.remove()
        self.removeObservers()
        self.editor.cleanup()
        self.session.scene.forget()
        self.panel.cleanup()

    def saveChanges(self):
        """Save the case in the scene if it was changed."""
        self.guarded(self.session.leave)()

    def saveForGood(self):
        """As `saveChanges`, where the case cannot stay in the scene."""
        self.guarded(self.session.leaveForGood)()

    def onProject(self, project):
        """Another project was opened."""
        self.guarded(lambda: self.session.setProject(project))()
        self.importForm.setProject(project)
        self.findings.setProject(project)

    def onJobFinished(self, _job, status):
        """Show what an import has brought."""
        if status.command == "import" and self.panel.head.project is not None:
            self.guarded(self.session.reload)()
            self.show()

    def onImportField(self, _text=None):
        """A field of the import was changed."""
        self.importForm.set(
            self.ui.imagesPath.currentPath, self.ui.labelsPath.currentPath, self.ui.subjectPatternEdit.text
        )

    def onAnnotator(self):
        """The annotator's name was changed."""
        self.session.setAnnotator(self.ui.annotatorEdit.text)

    def onRowSelected(self):
        """A row was selected."""
        item = self.ui.caseTable.item(self.ui.caseTable.currentRow(), 0)
        self.session.select(item.text() if item is not None else None)

    def onRowOpened(self, row, _column):
        """A row was double-clicked."""
        self.actions["goToButton"]()

    def onFindingOpened(self, row, _column):
        """A finding was double-clicked."""
        case = self.findings.caseOf(row)
        if case is not None:
            self.guarded(lambda: self.session.open(case))()

    def onCursorMoved(self, _caller, _event):
        """The mouse moves in a slice view."""
        self.session.activity()

    def onSceneStartClose(self, _caller, _event):
        """Save before the nodes go."""
        self.guarded(self.session.sceneAboutToClose)()

    def onCaseShown(self):
        """Hand the case to the Segment Editor."""
        self.editor.edit(self.session.scene.segmentationNode, self.session.scene.volumeNode)
        self.ui.noteEdit.text = ""

    def toggleTable(self):
        """Show the table of cases in a view, or bring the earlier layout back."""
        if self.views.switched:
            self.views.goBack()
        elif self.session.tableNode() is not None:
            self.views.showTable(self.session.tableNode())

    def show(self):
        """Show what the presenters say."""
        from MedOptLabelLib.case_list import ROWS_SHOWN

        from MedOptCoreLib.qt_tools import applyButtons, fillTable, selectRow

        ui, session = self.ui, self.session
        rows = session.cases.shown()[:ROWS_SHOWN]
        fillTable(ui.caseTable, [row.cells() for row in rows])
        selectRow(ui.caseTable, next((i for i, row in enumerate(rows) if row.id == session.selected), None))
        ui.caseLabel.text = session.caseText
        fillTable(ui.findingsTable, self.findings.cells())
        ui.findingsTable.setVisible(bool(self.findings.rows))
        ui.findingsLabel.text = self.findings.text
        if ui.annotatorEdit.text != session.annotator:
            ui.annotatorEdit.text = session.annotator
        self.showClock()
        applyButtons(ui, {**session.buttons(), **self.importForm.buttons(), **self.findings.buttons()})

    def showClock(self):
        """Show saved mark and time."""
        self.ui.savedLabel.text = self.session.savedText


class MedOptLabelLogic(ScriptedLoadableModuleLogic):
    """Makes the parts of the panel; scripts can use them without a panel."""

    def createSession(self, store):
        """A labelling session on the application's scene; ``store`` remembers the annotator."""
        from MedOptLabelLib.case_scene import CaseScene
        from MedOptLabelLib.case_table import CaseTable
        from MedOptLabelLib.session import LabelSession

        scene = CaseScene(slicer.mrmlScene, slicer.app.applicationLogic())
        return LabelSession(scene, CaseTable(slicer.mrmlScene), store)

    def createViews(self):
        """What brings the table into a view."""
        from MedOptCoreLib.views import ViewSwitch

        return ViewSwitch(slicer.app.layoutManager(), slicer.app.applicationLogic(), slicer.mrmlScene)


class MedOptLabelTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer; the paths themselves stand in MedOptLabelLib.self_test."""

    def runTest(self):
        """Run every test of the class; one whose packages are missing is skipped with the reason."""
        from MedOptCoreLib.self_testing import runTests

        runTests(self, (self.test_labelTwoCases, self.test_paintWithAnEffect, self.test_importAsJob))
        self.delayDisplay("MedOptLabel: tests passed")

    def test_labelTwoCases(self):
        """Paint, accept, and close the scene: nothing is lost."""
        from MedOptLabelLib.self_test import labelTwoCases

        labelTwoCases(slicer.util.getModuleWidget("MedOptLabel"))

    def test_paintWithAnEffect(self):
        """The embedded Segment Editor paints and undoes."""
        from MedOptLabelLib.self_test import paintWithAnEffect

        paintWithAnEffect(slicer.util.getModuleWidget("MedOptLabel"))

    def test_importAsJob(self):
        """A folder is imported by a process of its own."""
        from MedOptLabelLib.self_test import importAsJob

        importAsJob(slicer.util.getModuleWidget("MedOptLabel"))
