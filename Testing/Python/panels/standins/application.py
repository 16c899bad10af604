"""Puts the stand-ins where the panels look: modules qt and ctk, and the parts of slicer that need the application."""

from __future__ import annotations

import sys
import types
import unittest
from pathlib import Path
from typing import Any

from standins.facts import all_facts
from standins.objects import StandIn
from standins.pictures import Color, Icon, Pixmap
from standins.ui_files import children, load_ui
from standins.widgets import WIDGETS, Settings, TableItem, Timer


class Enums:
    """Enumerators under their Qt values; an unknown one is an error."""

    def __init__(self, **values: int) -> None:
        self.__dict__.update(values)


QT_NAMES: dict[str, Any] = {
    "Qt": Enums(ItemIsSelectable=1, ItemIsEditable=2, ItemIsEnabled=32, NoFocus=0),
    "QTableWidgetItem": TableItem,
    "QColor": Color,
    "QPixmap": Pixmap,
    "QIcon": Icon,
}
"""Values that no fact lists: enumerators and classes that are no QObject, from Qt's documentation."""


class KeySequence:
    """A QKeySequence."""

    def __init__(self, keys: str) -> None:
        if not isinstance(keys, str):
            raise TypeError(keys)
        self.keys = keys


class Shortcut:
    """A QShortcut in a window."""

    def __init__(self, keys: KeySequence, window: Any) -> None:
        if not isinstance(keys, KeySequence) or window is None:
            raise TypeError("QShortcut takes a QKeySequence and the window")
        self.keys, self.window, self.enabled, self._listeners = keys.keys, window, True, []
        window.shortcuts[keys.keys] = self

    def connect(self, signature: str, listener: Any) -> None:
        """Connect ``activated()``."""
        if signature != "activated()":
            raise ValueError(signature)
        self._listeners.append(listener)

    def disconnect(self, signature: str, listener: Any) -> None:
        """Disconnect one listener."""
        if signature != "activated()":
            raise ValueError(signature)
        self._listeners.remove(listener)

    def setEnabled(self, enabled: bool) -> None:
        """Switch on or off."""
        self.enabled = enabled

    def setParent(self, parent: Any) -> None:
        """Leave the window."""
        if parent is None:
            self.window.shortcuts.pop(self.keys, None)

    def press(self) -> None:
        """For tests: press the keys."""
        if self.enabled:
            for listener in tuple(self._listeners):
                listener()


class MainWindow:
    """What the panels see of the main window."""

    def __init__(self) -> None:
        self.shortcuts: dict[str, Shortcut] = {}


class LayoutManager:
    """Only the number of the layout; which views there are is read from the scene. No plot view is drawn."""

    plotViewCount = 0

    def __init__(self) -> None:
        self.layout = 3

    def setLayout(self, layout: int) -> None:
        """Change the layout."""
        self.layout = layout


class App(StandIn):
    """slicer.app; ``window`` None is an application without main window."""

    CLASS = "slicer.app"

    def __init__(self, window: MainWindow | None) -> None:
        super().__init__()
        self.__dict__.update(window=window, _layouts=None if window is None else LayoutManager(), _settings=Settings())

    def layoutManager(self) -> LayoutManager | None:
        """None without a main window."""
        return self._layouts

    def userSettings(self) -> Settings:
        """The user's settings."""
        return self._settings

    def applicationLogic(self) -> Any:
        """The real application logic of the test's scene."""
        return self._logic

    def processEvents(self) -> None:
        """Let an interval of every running timer pass."""
        for timer in list(Timer.alive):
            timer.tick()

    def testingEnabled(self) -> bool:
        """As under --testing."""
        return True


class FileDialog:
    """QFileDialog's static functions; ``answer`` is what the user would pick."""

    answer = ""

    @classmethod
    def getExistingDirectory(cls, _parent: Any, title: str, _start: str = "") -> str:
        """Pick a folder."""
        assert isinstance(title, str)
        return cls.answer

    @classmethod
    def getOpenFileName(cls, _parent: Any, title: str, _start: str = "", _filter: str = "") -> str:
        """Pick a file."""
        assert isinstance(title, str)
        return cls.answer

    @classmethod
    def getSaveFileName(cls, _parent: Any, title: str, _start: str = "", _filter: str = "") -> str:
        """Pick a file to write."""
        assert isinstance(title, str)
        return cls.answer


class Url:
    """A QUrl."""

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def fromLocalFile(cls, path: str) -> Url:
        """Of a file."""
        if not isinstance(path, str):
            raise TypeError(path)
        return cls(f"file://{path}")


class DesktopServices:
    """QDesktopServices; keeps what was opened."""

    opened: list[str] = []  # noqa: RUF012 - one desktop for all

    @classmethod
    def openUrl(cls, url: Url) -> bool:
        """Open in the browser."""
        cls.opened.append(url.text)
        return True


class ScriptedLoadableModule:
    """Base of module classes."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent
        parent.helpText = ""

    def resourcePath(self, name: str) -> str:
        """Path of a file in Resources."""
        return str(Path(self.parent.path).parent / "Resources" / name)


class ScriptedLoadableModuleWidget:
    """Base of widget classes; ``folder`` of the module is found through its Python file."""

    def __init__(self, parent: Any = None) -> None:
        self.parent = parent or _parent_widget()
        self.layout = self.parent.layout()
        self.moduleName = type(self).__name__.removesuffix("Widget")

    def setup(self) -> None:
        """Nothing outside developer mode."""

    def resourcePath(self, name: str) -> str:
        """Path of a file in Resources."""
        module = sys.modules[type(self).__module__]
        return str(Path(str(module.__file__)).parent / "Resources" / name)


class ScriptedLoadableModuleLogic:
    """Base of logic classes."""

    def __init__(self, parent: Any = None) -> None:
        self.moduleName = type(self).__name__.removesuffix("Logic")

    def getParameterNode(self) -> Any:
        """The module's own node in the scene."""
        import slicer

        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
            node.UnRegister(None)
            node.SetSingletonTag(self.moduleName)
            node = slicer.mrmlScene.AddNode(node)
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    """Base of test classes."""

    def delayDisplay(self, message: str, _requested: Any = None, msec: Any = None) -> None:
        """Wait; not here."""
        assert isinstance(message, str)

    def runTest(self) -> None:
        """Replaced by each test class."""


def parameter_node_wrapper(cls: type) -> type:
    """Each annotated parameter is an attribute of the wrapper; widgets are bound by SlicerParameterName."""
    names = dict(cls.__annotations__)

    class Wrapper:
        def __init__(self, node: Any) -> None:
            self.__dict__["parameterNode"] = node
            self.__dict__["connected"] = {}
            for name in names:
                self.__dict__[name] = getattr(cls, name, None)

        def __setattr__(self, name: str, value: Any) -> None:
            if name not in names:
                raise AttributeError(name)
            self.__dict__[name] = value

        def connectGui(self, ui: Any) -> int:
            for widget in vars(ui).values():
                name = widget.property("SlicerParameterName")
                if name is not None and name not in names:
                    raise ValueError(f"no parameter {name}")
                if name is not None:
                    self.connected[name] = widget
            return len(self.connected)

        def disconnectGui(self, tag: int) -> None:
            if tag != len(self.connected):
                raise ValueError(tag)
            self.connected.clear()

    Wrapper.__name__ = cls.__name__
    return Wrapper


class StrictModule(types.ModuleType):
    """A module whose missing names tell whether Slicer has them."""

    def __init__(self, name: str, content: dict[str, Any]) -> None:
        super().__init__(name)
        known = set(all_facts()["names"].get(name, ()))
        for key, value in content.items():
            if known and key not in known:
                raise AttributeError(f"Slicer's {name} has no {key}")
            setattr(self, key, value)


def install(monkeypatch: Any, scene: Any, *, window: bool) -> dict[str, Any]:
    """Put the stand-ins in place for one test; returns what a test wants to look at.

    ``errors`` collects the texts of error popups, ``layers`` what was shown in slice views, ``dialog`` answers file
    dialogs, ``opened`` lists opened pages.
    """
    import slicer
    import slicer.util

    main = MainWindow() if window else None
    app = App(main)
    dialog = type("Dialog", (FileDialog,), {"answer": ""})
    desktop = type("Desktop", (DesktopServices,), {"opened": []})
    shared = {name: cls for name, cls in WIDGETS.items() if name.startswith("Q")}
    qt = StrictModule(
        "qt",
        {
            **shared,
            **QT_NAMES,
            "QFileDialog": dialog,
            "QUrl": Url,
            "QDesktopServices": desktop,
            "QShortcut": Shortcut,
            "QKeySequence": KeySequence,
        },
    )
    ctk = StrictModule("ctk", {name: cls for name, cls in WIDGETS.items() if name.startswith("ctk")})
    monkeypatch.setitem(sys.modules, "qt", qt)
    monkeypatch.setitem(sys.modules, "ctk", ctk)
    for name, cls in WIDGETS.items():
        if name.startswith("qMRML"):
            monkeypatch.setattr(slicer, name, cls, raising=False)
    translation = types.ModuleType("slicer.i18n")
    translation.tr = lambda text: text  # type: ignore[attr-defined]
    translation.translate = lambda context, text: text  # type: ignore[attr-defined]
    scripted = types.ModuleType("slicer.ScriptedLoadableModule")
    for base in (
        ScriptedLoadableModule,
        ScriptedLoadableModuleWidget,
        ScriptedLoadableModuleLogic,
        ScriptedLoadableModuleTest,
    ):
        setattr(scripted, base.__name__, base)
    wrapper = types.ModuleType("slicer.parameterNodeWrapper")
    wrapper.parameterNodeWrapper = parameter_node_wrapper  # type: ignore[attr-defined]
    packaging = types.ModuleType("slicer.packaging")
    installed: list[Any] = []
    packaging.pip_ensure = lambda requirements, **options: installed.append((requirements, options))  # type: ignore[attr-defined]
    for module in (translation, scripted, wrapper, packaging):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(slicer, module.__name__.split(".")[1], module, raising=False)
    errors: list[str] = []
    layers: list[dict[str, Any]] = []
    messages: list[str] = []
    monkeypatch.setattr(slicer, "app", app, raising=False)
    monkeypatch.setattr(slicer, "mrmlScene", scene, raising=False)
    util = slicer.util
    monkeypatch.setattr(util, "loadUI", load_ui)
    monkeypatch.setattr(util, "childWidgetVariables", children)
    monkeypatch.setattr(util, "mainWindow", lambda: main)
    monkeypatch.setattr(util, "errorDisplay", lambda text, windowTitle=None, **_options: errors.append(text))
    monkeypatch.setattr(util, "showStatusMessage", lambda message, duration=0: messages.append(message))
    monkeypatch.setattr(util, "setSliceViewerLayers", lambda **layer: layers.append(layer))
    return {
        "app": app,
        "window": main,
        "errors": errors,
        "layers": layers,
        "messages": messages,
        "dialog": dialog,
        "opened": desktop.opened,
        "installed": installed,
    }


def _parent_widget() -> Any:
    parent = WIDGETS["qMRMLWidget"]()
    parent.setLayout(WIDGETS["QVBoxLayout"]())
    return parent
