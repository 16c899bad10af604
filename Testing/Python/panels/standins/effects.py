"""A scripted effect of the Segment Editor and a slice view: strict about names, and on Slicer's real logic.

What the effect reads and writes goes through a real ``vtkSlicerSegmentEditorLogic``, so that masking, undo and the
voxels are those of Slicer.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np

from standins.objects import StandIn
from standins.widgets import FormLayout

EFFECT = "scriptedEffect (qSlicerSegmentEditorScriptedEffect)"
MODES = types.SimpleNamespace(
    ModificationModeSet=0, ModificationModeAdd=1, ModificationModeRemove=2, ModificationModeRemoveAll=3
)
"""``qSlicerSegmentEditorAbstractEffect``, of which only the modes are used."""


class Icon:
    """A QIcon."""

    def __init__(self, path: str = "") -> None:
        if not isinstance(path, str):
            raise TypeError(path)
        self.path = path


class Cursor:
    """A QCursor."""

    def __init__(self, shape: int) -> None:
        self.shape = shape


class ScriptedEffect(StandIn):
    """The host of a Python effect; ``logic`` is the Segment Editor's, parameters are kept under the effect's name."""

    CLASS = EFFECT
    ConfirmedWithoutDialog = 1

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.__dict__.update(logic=None, host=None, actors={}, rendered=0, answer=1, frame=FormLayout())

    def use(self, logic: Any) -> None:
        """For tests: what an editor does with its copy of an effect."""
        self.__dict__["logic"] = logic

    def setPythonSource(self, path: str) -> bool:
        """Load the file as a module that is called like its folder, and make its class."""
        if "\\" in path or not path.endswith(".py"):
            raise ValueError(path)
        name = Path(path).parent.name
        module = types.ModuleType(name)
        module.__file__ = path
        sys.modules[name] = module
        exec(compile(Path(path).read_text(encoding="utf-8"), path, "exec"), module.__dict__)  # noqa: S102
        self.__dict__["host"] = module.__dict__[Path(path).stem](self)
        import slicer

        slicer.__dict__[name] = self.host
        return True

    def self(self) -> Any:
        """The Python object."""
        return self.host

    def parameterSetNode(self) -> Any:
        """The ``vtkMRMLSegmentEditorNode``."""
        return None if self.logic is None else self.logic.GetSegmentEditorNode()

    def addOptionsWidget(self, widget: Any) -> None:
        """Put into the options."""
        self.frame.addWidget(widget)

    def _name(self, name: str) -> str:
        return f"{self.name}.{name}"

    def setParameter(self, name: str, value: Any) -> None:
        """Store; the editor then lets the active effect show what is stored."""
        if type(value) not in (str, int, float):
            raise TypeError(f"{name} is {value!r}")
        if self.parameterSetNode().GetAttribute(self._name(name)) != str(value):
            self.parameterSetNode().SetAttribute(self._name(name), str(value))
            self.host.updateGUIFromMRML()

    def setParameterDefault(self, name: str, value: Any) -> None:
        """Store unless something is."""
        if self.parameterSetNode().GetAttribute(self._name(name)) is None:
            self.parameterSetNode().SetAttribute(self._name(name), str(value))

    def parameter(self, name: str) -> str:
        """What is stored."""
        found = self.parameterSetNode().GetAttribute(self._name(name))
        if found is None:
            raise KeyError(f"no parameter {name}")
        return str(found)

    def integerParameter(self, name: str) -> int:
        """A whole number that is stored."""
        return int(self.parameter(name))

    def doubleParameter(self, name: str) -> float:
        """A number that is stored."""
        return float(self.parameter(name))

    def confirmCurrentSegmentVisible(self) -> int:
        """What the user answers when the segment is hidden."""
        return int(self.answer)

    def referenceGeometryImage(self) -> Any:
        """The grid."""
        return self.logic.GetReferenceGeometryImage() if self.logic.UpdateReferenceGeometryImage() else None

    def sourceVolumeImageData(self) -> Any:
        """The image on the grid."""
        return self.logic.GetAlignedSourceVolume() if self.logic.UpdateAlignedSourceVolume() else None

    def maskLabelmap(self) -> Any:
        """Where nothing may be changed."""
        return self.logic.GetMaskLabelmap() if self.logic.UpdateMaskLabelmap() else None

    def saveStateForUndo(self) -> None:
        """Begin a step of undo."""
        self.logic.SaveStateForUndo()

    def modifySelectedSegmentByLabelmap(self, image: Any, mode: int) -> None:
        """Write, masked."""
        node = self.parameterSetNode()
        (name,) = (name for name, value in vars(MODES).items() if value == mode)
        self.logic.ModifySegmentByLabelmap(
            node.GetSegmentationNode(), node.GetSelectedSegmentID(), image, getattr(self.logic, name), True, False
        )

    def addActor2D(self, widget: Any, actor: Any) -> None:
        """Put into a view."""
        if not actor.IsA("vtkActor2D") or not isinstance(widget, SliceWidget):
            raise TypeError(actor)
        self.actors.setdefault(widget, []).append(actor)

    def removeActor2D(self, widget: Any, actor: Any) -> None:
        """Take out of a view."""
        self.actors[widget].remove(actor)

    def scheduleRender(self, widget: Any) -> None:
        """Draw the view soon."""
        if not isinstance(widget, SliceWidget):
            raise TypeError(widget)
        self.__dict__["rendered"] += 1


class SliceWidget(StandIn):
    """A slice view on a real slice logic."""

    CLASS = "slicer.qMRMLSliceWidget"

    def __init__(self, logic: Any) -> None:
        super().__init__()
        self.__dict__["_logic"] = logic

    def className(self) -> str:
        """Its class."""
        return "qMRMLSliceWidget"

    def sliceLogic(self) -> Any:
        """Its logic."""
        return self._logic


class ThreeDWidget:
    """A 3D view."""

    def className(self) -> str:
        """Its class."""
        return "qMRMLThreeDWidget"


class Interactor:
    """What an effect asks a ``vtkRenderWindowInteractor``."""

    def __init__(self, xy: tuple[int, int] = (0, 0), *, shift: bool = False, control: bool = False, key: str = ""):
        self.xy, self.shift, self.control, self.key = xy, shift, control, key

    def GetEventPosition(self) -> tuple[int, int]:
        """Where the mouse is."""
        return self.xy

    def GetShiftKey(self) -> int:
        """Whether Shift is down."""
        return int(self.shift)

    def GetControlKey(self) -> int:
        """Whether Ctrl is down."""
        return int(self.control)

    def GetAltKey(self) -> int:
        """Never."""
        return 0

    def GetKeySym(self) -> str:
        """The key."""
        return self.key


class AbstractScriptedSegmentEditorEffect:
    """The base that Slicer has for effects in Python."""

    registered: list[Any] = []  # noqa: RUF012 - one factory for all

    def __init__(self, scriptedEffect: Any) -> None:
        self.scriptedEffect = scriptedEffect

    def register(self) -> None:
        """Make known to editors."""
        self.registered.append(self.scriptedEffect)

    def xyToRas(self, xy: tuple[int, int], viewWidget: SliceWidget) -> list[float]:
        """Where a point of the view lies, RAS mm."""
        matrix = viewWidget.sliceLogic().GetSliceNode().GetXYToRAS()
        return list(matrix.MultiplyPoint((float(xy[0]), float(xy[1]), 0.0, 1.0))[:3])


def xy_of(viewWidget: SliceWidget, ras: Any) -> tuple[int, int]:
    """The pixel of a view that is nearest to a RAS point."""
    import vtk

    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(viewWidget.sliceLogic().GetSliceNode().GetXYToRAS())
    matrix.Invert()
    x, y = np.rint(matrix.MultiplyPoint((*(float(v) for v in ras), 1.0))[:2])
    return int(x), int(y)


def install_effects(monkeypatch: Any) -> list[Any]:
    """Put the modules that an effect imports where it looks; the list of registered effects."""
    import qt
    import slicer

    AbstractScriptedSegmentEditorEffect.registered = []
    effects = types.ModuleType("SegmentEditorEffects")
    effects.AbstractScriptedSegmentEditorEffect = AbstractScriptedSegmentEditorEffect  # type: ignore[attr-defined]
    hosts = types.ModuleType("qSlicerSegmentationsEditorEffectsPythonQt")
    hosts.qSlicerSegmentEditorScriptedEffect = ScriptedEffect  # type: ignore[attr-defined]
    for module in (effects, hosts):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(qt, "QIcon", Icon, raising=False)
    monkeypatch.setattr(qt, "QCursor", Cursor, raising=False)
    monkeypatch.setattr(qt, "Qt", types.SimpleNamespace(**vars(qt.Qt), CrossCursor=2))
    monkeypatch.setattr(slicer, "qSlicerSegmentEditorAbstractEffect", MODES, raising=False)
    monkeypatch.setattr(slicer, "SegmentEditorMedOptLib", None, raising=False)
    monkeypatch.delitem(sys.modules, "SegmentEditorMedOptLib", raising=False)
    return AbstractScriptedSegmentEditorEffect.registered
