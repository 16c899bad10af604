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
            "Collect images in a project, label them case after case, and let a model that learns from your labels "
            "propose the rest. "
            "Keys: N next, P previous, S save, A accept and next, 1 to 9 classes."
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
        from MedOptLabelLib.findings import Findings
        from MedOptLabelLib.import_form import ImportForm

        from MedOptCoreLib.packages import lightPackages, workerPackages
        from MedOptCoreLib.panel import MedOptPanel
        from MedOptCoreLib.qt_tools import QtTimer

        self.panel = MedOptPanel(self.layout, (lightPackages(), workerPackages()))
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/MedOptLabel.ui"))
        self.layout.addWidget(uiWidget)
        self.panel.addFoot()
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = MedOptLabelLogic()
        self.session = self.logic.createSession(self.panel.store, QtTimer())
        self.importForm = ImportForm(self.panel.jobs.start)
        self.findings = Findings(self.panel.jobs)
        self.views = self.logic.createViews()
        self.createSections()
        self.connectAll()
        self.panel.head.enter()
        self.show()

    def createSections(self):
        """The sections, each with the code that connects its widgets."""
        from MedOptLabelLib.cases_widget import CasesWidget
        from MedOptLabelLib.collect_widget import CollectWidget
        from MedOptLabelLib.job_sections import JobSections
        from MedOptLabelLib.label_widget import LabelWidget
        from MedOptLabelLib.proposal_widget import ProposalWidget

        ui, session = self.ui, self.session
        self.collecting = CollectWidget(ui, self.importForm, self.findings, session.open, self.guarded)
        self.casesSection = CasesWidget(ui, session, self.views, self.guarded)
        self.labelling = LabelWidget(ui, session, slicer.mrmlScene, self.panel.store, self.guarded)
        self.proposing = ProposalWidget(ui, session, self.logic.createProposalView(session), self.guarded)
        self.jobSections = JobSections(
            ui, session, self.panel.jobs, slicer.mrmlScene, self.logic.createViews, self.guarded
        )

    def connectAll(self):
        """Connect presenters and the scene."""
        self.session.labelSaved.connect(self.panel.onCountsChanged)
        self.panel.head.projectChanged.connect(self.onProject)
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

    @property
    def editor(self):
        """The embedded Segment Editor."""
        return self.labelling.segments

    def enter(self):
        """The panel comes to the front."""
        self.panel.head.enter()
        self.labelling.enter()
        crosshair = slicer.mrmlScene.GetSingletonNode("default", "vtkMRMLCrosshairNode")
        if crosshair is not None:
            event = slicer.vtkMRMLCrosshairNode.CursorPositionModifiedEvent
            self.addObserver(crosshair, event, self.onCursorMoved)

    def exit(self):
        """Another module comes to the front: save, and give keys and views back."""
        self.saveChanges()
        self.removeObservers(self.onCursorMoved)
        self.labelling.exit()

    def cleanup(self):
        """The module is unloaded."""
        self.saveForGood()
        slicer.app.disconnect("aboutToQuit()", self.saveForGood)
        self.removeObservers()
        self.labelling.cleanup()
        self.proposing.cleanup()
        self.jobSections.cleanup()
        self.session.editor.forget()
        self.panel.cleanup()

    def saveChanges(self):
        """Save the case in the scene if it was changed."""
        self.guarded(self.session.leave)()

    def saveForGood(self):
        """As `saveChanges`, where the case cannot stay in the scene; others may have it then."""
        self.guarded(self.session.leaveForGood)()
        self.session.lease.release()

    def onProject(self, project):
        """Another project was opened."""
        self.guarded(lambda: self.session.setProject(project))()
        for part in (self.importForm, self.findings, self.jobSections):
            part.setProject(project)

    def onCursorMoved(self, _caller, _event):
        """The mouse moves in a slice view."""
        self.session.activity()

    def onSceneStartClose(self, _caller, _event):
        """Save before the nodes go."""
        self.guarded(self.session.sceneAboutToClose)()

    def show(self):
        """Show what the presenters say."""
        self.collecting.show()
        self.casesSection.show()
        self.labelling.show()
        self.proposing.show()
        self.jobSections.show()


class MedOptLabelLogic(ScriptedLoadableModuleLogic):
    """Makes the parts of the panel; scripts can use them without a panel."""

    def createSession(self, store, timer=None):
        """A labelling session on the application's scene; ``store`` remembers the annotator."""
        from MedOptLabelLib.case_table import CaseTable
        from MedOptLabelLib.editors import Editors
        from MedOptLabelLib.session import LabelSession

        editors = Editors(slicer.mrmlScene, slicer.app.applicationLogic(), timer)
        return LabelSession(editors, CaseTable(slicer.mrmlScene), store)

    def createProposalView(self, session):
        """What shows the model's proposal and its uncertainty beside the label of ``session``."""
        from MedOptLabelLib.proposal_view import ProposalView

        return ProposalView(slicer.mrmlScene, slicer.app.applicationLogic(), session)

    def createViews(self):
        """What brings a table or a chart into a view."""
        from MedOptCoreLib.views import ViewSwitch

        return ViewSwitch(slicer.app.layoutManager(), slicer.app.applicationLogic(), slicer.mrmlScene)


class MedOptLabelTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer; the paths themselves stand in MedOptLabelLib.self_test."""

    def runTest(self):
        """Run every test of the class; one whose packages are missing is skipped with the reason."""
        from MedOptCoreLib.self_testing import runTests

        runTests(
            self,
            (
                self.test_labelTwoCases,
                self.test_paintWithAnEffect,
                self.test_classifyCases,
                self.test_boxCases,
                self.test_proposalsAndHistory,
                self.test_importAsJob,
                self.test_teachSection,
            ),
        )
        self.delayDisplay("MedOptLabel: tests passed")

    def test_labelTwoCases(self):
        """Paint, accept, and close the scene: nothing is lost."""
        from MedOptLabelLib.self_test import labelTwoCases

        labelTwoCases(slicer.util.getModuleWidget("MedOptLabel"))

    def test_paintWithAnEffect(self):
        """The embedded Segment Editor paints and undoes."""
        from MedOptLabelLib.self_test import paintWithAnEffect

        paintWithAnEffect(slicer.util.getModuleWidget("MedOptLabel"))

    def test_classifyCases(self):
        """Classes of whole images by buttons and keys."""
        from MedOptLabelLib.self_test import classifyCases

        classifyCases(slicer.util.getModuleWidget("MedOptLabel"))

    def test_boxCases(self):
        """Boxes by clicks and handles."""
        from MedOptLabelLib.self_test import boxCases

        boxCases(slicer.util.getModuleWidget("MedOptLabel"))

    def test_importAsJob(self):
        """A folder is imported by a process of its own."""
        from MedOptLabelLib.self_test import importAsJob

        importAsJob(slicer.util.getModuleWidget("MedOptLabel"))

    def test_proposalsAndHistory(self):
        """Proposals accepted, corrected and rejected; an earlier version restored."""
        from MedOptLabelLib.self_test import proposalsAndHistory

        proposalsAndHistory(slicer.util.getModuleWidget("MedOptLabel"))

    def test_teachSection(self):
        """A core set by a process of its own, and a round begun and stopped; needs the worker's packages."""
        from MedOptLabelLib.self_test import teachSection

        teachSection(slicer.util.getModuleWidget("MedOptLabel"))
