"""The hidden module of MedOpt: puts the library on Python's path and tells the panels where things are."""

from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)


class MedOptCore(ScriptedLoadableModule):
    """Registers nothing; Slicer puts the folder of a registered module on Python's path, and that is its purpose."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("MedOpt Core")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = []
        parent.contributors = ["MedOpt contributors"]
        parent.helpText = _("What MedOptLabel, MedOptTrain and MedOptValidate share. It has no panel of its own.")
        parent.acknowledgementText = ""
        parent.hidden = True


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
