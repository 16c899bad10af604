"""The hidden module of MedOpt: puts the library on Python's path and brings MedOpt Assist into the Segment Editor."""

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)


class MedOptCore(ScriptedLoadableModule):
    """Slicer puts the folder of a registered module on Python's path, which the panels need; and the effect's home."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("MedOpt Core")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = []
        parent.contributors = ["MedOpt contributors"]
        parent.helpText = _("What MedOptLabel, MedOptTrain and MedOptValidate share. It has no panel of its own.")
        parent.acknowledgementText = ""
        parent.hidden = True
        slicer.app.connect("startupCompleted()", self.registerEffect)

    def registerEffect(self):
        """Once Slicer's own effects are there, make MedOpt Assist known; a failure is logged and costs nothing else."""
        import logging

        from MedOptCoreLib.effect_registration import registerEffect

        try:
            known = registerEffect()
        except ImportError as error:
            logging.getLogger(__name__).warning("MedOpt Assist needs the Segment Editor: %s", error)
            return
        if not known:
            logging.getLogger(__name__).warning("MedOpt Assist was not loaded; the messages above tell why")


class MedOptCoreWidget(ScriptedLoadableModuleWidget):
    """Empty: the module is hidden."""


class MedOptCoreLogic(ScriptedLoadableModuleLogic):
    """For scripts: what is installed."""

    def missingPackages(self, worker: bool = False) -> list[str]:
        """Requirements that are not met: of the panels, or of the worker process."""
        from MedOptCoreLib.packages import lightPackages, workerPackages

        group = workerPackages() if worker else lightPackages()
        return [str(requirement) for requirement in group.missing()]


class MedOptCoreTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer."""

    def runTest(self):
        """Run every test of the class."""
        self.test_libraryLoadsWithoutHeavyPackages()
        self.test_packageGroups()
        self.test_assistInTheSegmentEditor()
        self.delayDisplay("MedOptCore: all tests passed")

    def test_libraryLoadsWithoutHeavyPackages(self):
        """Importing the library loads no torch, monai or onnxruntime into Slicer's process."""
        import sys

        before = set(sys.modules)
        import medopt

        assert medopt.__version__
        fresh = {name.split(".")[0] for name in set(sys.modules) - before}
        assert not fresh & {"torch", "monai", "onnxruntime"}

    def test_packageGroups(self):
        """The lists of packages are readable, and what is missing is a part of them."""
        from MedOptCoreLib.packages import lightPackages, workerPackages

        for group in (lightPackages(), workerPackages()):
            names = {requirement.name for requirement in group.lines()}
            assert names
            assert {requirement.name for requirement in group.missing()} <= names

    def test_assistInTheSegmentEditor(self):
        """MedOpt Assist answers a click in Slicer's own Segment Editor, and undo takes it back."""
        from MedOptCoreLib.assist_self_test import clickAndUndo

        clickAndUndo()
