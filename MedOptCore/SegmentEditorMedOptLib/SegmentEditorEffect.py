"""MedOpt Assist in the Segment Editor: events of the views go to the presenter, what it says is shown."""

from pathlib import Path

import qt
import slicer
import vtk
from SegmentEditorEffects import AbstractScriptedSegmentEditorEffect
from slicer.i18n import tr as _

DEFAULTS = {"Mode": "strokes", "TakesAway": 0, "SliceOnly": 0, "BrushRadius": 5.0}
"""Parameters that the scene stores, under the effect's name."""


class SegmentEditorEffect(AbstractScriptedSegmentEditorEffect):
    """Slicer names the class; what it decides stands in MedOptCoreLib.assist_presenter."""

    def __init__(self, scriptedEffect):
        scriptedEffect.name = "MedOpt Assist"  # found by this name, so it is not translated
        scriptedEffect.title = _("MedOpt Assist")
        scriptedEffect.perSegment = True
        scriptedEffect.requireSegments = True
        AbstractScriptedSegmentEditorEffect.__init__(self, scriptedEffect)
        self.presenter = None
        self.views = {}

    def clone(self):
        """What an editor works with; the registered effect itself is only a pattern."""
        import qSlicerSegmentationsEditorEffectsPythonQt as effects

        clonedEffect = effects.qSlicerSegmentEditorScriptedEffect(None)
        clonedEffect.setPythonSource(Path(__file__).as_posix())
        return clonedEffect

    def icon(self):
        """The picture of the button."""
        path = Path(__file__).resolve().parents[1] / "Resources" / "Icons" / "MedOptAssist.png"
        return qt.QIcon(str(path)) if path.is_file() else qt.QIcon()

    def helpText(self):
        """Shown above the options."""
        return "<html>" + _(
            "Correct a structure with few strokes.<br>"
            '<ul style="margin: 0">'
            "<li><b>Left button:</b> click, scribble or draw: this belongs to the structure."
            "<li><b>Ctrl + left button:</b> this does not."
            "<li><b>Esc:</b> give the line up. <b>Z</b>, <b>Y:</b> undo, redo."
            "</ul>"
            "Shift + left button moves the view, as everywhere in Slicer."
        )

    # ---- the options -------------------------------------------------------------------------------------------

    def setupOptionsFrame(self):
        """Build the options from MedOptAssist.ui and make the presenter."""
        from MedOptCoreLib.assist_answers import medoptAnswer
        from MedOptCoreLib.assist_modes import GESTURES
        from MedOptCoreLib.assist_presenter import AssistPresenter
        from MedOptCoreLib.assist_server import AssistServer
        from MedOptCoreLib.case_probability import CaseProbability
        from MedOptCoreLib.library import Library
        from MedOptCoreLib.qt_tools import QtTimer, loadUi

        settings = slicer.app.userSettings()
        self.server = AssistServer(settings)
        self.presenter = AssistPresenter(
            CaseProbability(settings, Library().openProject), medoptAnswer, server=self.server
        )
        self.timer = QtTimer()
        self.steps = None
        self.widget, self.ui = loadUi("MedOptAssist")
        self.scriptedEffect.addOptionsWidget(self.widget)
        self.modes = {mode: getattr(self.ui, gesture.button) for mode, gesture in GESTURES.items()}
        for mode, button in self.modes.items():
            button.toolTip = GESTURES[mode].help
            button.connect("clicked()", lambda mode=mode: self.choose(mode))
        self.ui.takesAwayCheckBox.connect("toggled(bool)", self.updateMRMLFromGUI)
        self.ui.sliceOnlyCheckBox.connect("toggled(bool)", self.updateMRMLFromGUI)
        self.ui.radiusSlider.connect("valueChanged(double)", self.updateMRMLFromGUI)
        self.ui.forgetButton.connect("clicked()", self.presenter.forgetStrokes)
        self.ui.serverCheckBox.connect("toggled(bool)", self.server.setUsed)
        self.ui.serverEdit.connect("editingFinished()", lambda: self.server.setAddress(self.ui.serverEdit.text))
        self.presenter.changed.connect(self.show)
        self.server.changed.connect(self.showServer)
        self.show()
        self.showServer()

    def setMRMLDefaults(self):
        """Parameters that the scene has not stored yet."""
        for name, value in DEFAULTS.items():
            self.scriptedEffect.setParameterDefault(name, value)

    def choose(self, mode):
        """A button of a mode was pressed."""
        self.scriptedEffect.setParameter("Mode", mode.value)
        self.updateGUIFromMRML()

    def updateGUIFromMRML(self):
        """The stored parameters may have changed."""
        from MedOptCoreLib.assist_modes import Mode

        if self.presenter is None or self.scriptedEffect.parameterSetNode() is None:
            return
        effect = self.scriptedEffect
        self.presenter.set(
            mode=Mode.of(effect.parameter("Mode")),
            takesAway=bool(effect.integerParameter("TakesAway")),
            sliceOnly=bool(effect.integerParameter("SliceOnly")),
            radius=effect.doubleParameter("BrushRadius"),
        )

    def updateMRMLFromGUI(self, _value=None):
        """An option was changed. All are read first: each one that is written makes the editor show the stored ones."""
        values = {
            "TakesAway": int(self.ui.takesAwayCheckBox.checked),
            "SliceOnly": int(self.ui.sliceOnlyCheckBox.checked),
            "BrushRadius": float(self.ui.radiusSlider.value),
        }
        for name, value in values.items():
            self.scriptedEffect.setParameter(name, value)
        self.updateGUIFromMRML()

    def show(self):
        """Show what the presenter says; options that are set here are not written again."""
        from MedOptCoreLib.assist_modes import GESTURES
        from MedOptCoreLib.qt_tools import applyButtons

        presenter, ui = self.presenter, self.ui
        for mode, button in self.modes.items():
            button.checked = mode is presenter.mode
        gesture = GESTURES[presenter.mode]
        for field, value in ((ui.takesAwayCheckBox, presenter.takesAway), (ui.sliceOnlyCheckBox, presenter.sliceOnly)):
            blocked = field.blockSignals(True)
            field.checked = value
            field.blockSignals(blocked)
        blocked = ui.radiusSlider.blockSignals(True)
        ui.radiusSlider.value = presenter.radius
        ui.radiusSlider.blockSignals(blocked)
        ui.sliceOnlyCheckBox.enabled = not gesture.planar
        ui.radiusSlider.setVisible(gesture.disc)
        ui.radiusCaption.setVisible(gesture.disc)
        ui.helpLabel.text = presenter.help
        ui.knownLabel.text = presenter.knownText
        ui.statusLabel.text = presenter.status
        applyButtons(ui, presenter.buttons())

    def showServer(self):
        """Show whether an nnInteractive server answers, and which."""
        server, ui = self.server, self.ui
        for field, name, value in ((ui.serverCheckBox, "checked", server.used), (ui.serverEdit, "text", server.shown)):
            blocked = field.blockSignals(True)
            setattr(field, name, value)
            field.blockSignals(blocked)
        ui.serverEdit.setVisible(server.used)
        ui.serverLabel.text = server.text
        ui.serverLabel.setVisible(bool(server.text))

    # ---- in use ------------------------------------------------------------------------------------------------

    def target(self):
        """The segment in hand."""
        from MedOptCoreLib.edit_target import EffectTarget

        return EffectTarget(self.scriptedEffect)

    def activate(self):
        """The effect is taken in hand: get ready while the user looks for the place to begin."""
        self.presenter.forgetCase()
        self.updateGUIFromMRML()
        self.showServer()  # another editor may have changed it
        self.steps = self.presenter.prepare(self.target())
        self.timer.start(20, self.prepareOn)

    def prepareOn(self):
        """One more step of getting ready."""
        if next(self.steps, StopIteration) is StopIteration:
            self.timer.stop()

    def deactivate(self):
        """Another effect is taken in hand."""
        self.timer.stop()
        self.presenter.cancel()
        for widget, view in self.views.items():
            for actor in view.actors:
                self.scriptedEffect.removeActor2D(widget, actor)
            self.scriptedEffect.scheduleRender(widget)
        self.views = {}

    def cleanup(self):
        """The editor goes away."""
        if self.presenter is not None:
            self.deactivate()
            self.presenter.changed.disconnect()
            self.server.changed.disconnect()

    def referenceGeometryChanged(self):
        """Another grid, as when the segmentation was replaced."""
        if self.presenter is not None:
            self.presenter.forgetCase()

    def sourceVolumeNodeChanged(self):
        """Another image."""
        if self.presenter is not None:
            self.presenter.forgetCase()

    def createCursor(self, _widget):
        """A cross; the editor's own picture of the icon would hide the voxel under it."""
        return qt.QCursor(qt.Qt.CrossCursor)

    # ---- the views ---------------------------------------------------------------------------------------------

    def processInteractionEvents(self, callerInteractor, eventId, viewWidget):
        """Events of the mouse in a slice view; True keeps them from everything else."""
        if viewWidget.className() != "qMRMLSliceWidget":
            return False
        presenter, view = self.presenter, self.viewOf(viewWidget)
        taken = False
        if eventId in (vtk.vtkCommand.LeftButtonPressEvent, vtk.vtkCommand.LeftButtonDoubleClickEvent):
            taken = self.press(callerInteractor, viewWidget, view)
        elif eventId == vtk.vtkCommand.MouseMoveEvent:
            presenter.drag(self.pointOf(callerInteractor, viewWidget))
            taken = presenter.drawing
        elif eventId == vtk.vtkCommand.LeftButtonReleaseEvent and presenter.drawing:
            presenter.release(self.target())
            taken = True
        elif eventId == vtk.vtkCommand.KeyPressEvent and presenter.drawing:
            taken = callerInteractor.GetKeySym() == "Escape"
            if taken:
                presenter.cancel()
        inside = eventId != vtk.vtkCommand.LeaveEvent
        self.draw(view, self.pointOf(callerInteractor, viewWidget) if inside else None)
        self.scriptedEffect.scheduleRender(viewWidget)
        return taken

    def press(self, callerInteractor, viewWidget, view):
        """The left button goes down; with Shift or Alt it is the view's."""
        if callerInteractor.GetShiftKey() or callerInteractor.GetAltKey():
            return False
        if self.scriptedEffect.confirmCurrentSegmentVisible() != self.scriptedEffect.ConfirmedWithoutDialog:
            return True  # the mouse has moved to a question meanwhile, and its release went there
        point = self.pointOf(callerInteractor, viewWidget)
        self.presenter.press(point, view.axes(), other=bool(callerInteractor.GetControlKey()))
        return True

    def processViewNodeEvents(self, callerViewNode, _eventId, viewWidget):
        """A view was moved or zoomed."""
        if callerViewNode is not None and callerViewNode.IsA("vtkMRMLSliceNode") and viewWidget in self.views:
            self.views[viewWidget].follow()

    def pointOf(self, callerInteractor, viewWidget):
        """Where the mouse is, RAS mm."""
        return self.xyToRas(callerInteractor.GetEventPosition(), viewWidget)

    def viewOf(self, viewWidget):
        """What is drawn in a view, made at its first event."""
        from MedOptCoreLib.slice_feedback import SliceFeedback

        if viewWidget not in self.views:
            view = SliceFeedback(viewWidget.sliceLogic().GetSliceNode())
            for actor in view.actors:
                self.scriptedEffect.addActor2D(viewWidget, actor)
            self.views[viewWidget] = view
        return self.views[viewWidget]

    def draw(self, view, mouse):
        """Show the line that is drawn, and the circle of the brush around the mouse."""
        from MedOptCoreLib.assist_modes import GESTURES

        presenter = self.presenter
        view.showLine(presenter.outline(), belongs=presenter.belongs)
        disc = GESTURES[presenter.mode].disc
        belongs = presenter.belongs if presenter.drawing else not presenter.takesAway
        view.showCircle(mouse if disc else None, presenter.radius, belongs=belongs)
