"""What the tests of the panels share: a real scene, a real small project, stand-ins for Qt, jobs that a test drives."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULES = ("MedOptCore", "MedOptLabel", "MedOptTrain", "MedOptValidate")
for folder in (*(ROOT / name for name in MODULES), Path(__file__).parent, Path(__file__).parents[1]):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@pytest.fixture(scope="session")
def headless() -> Iterator[Any]:
    """A real MRML scene with its logics, one for all tests."""
    pytest.importorskip("slicer")
    from medopt.scene import headless_scene

    with headless_scene() as found:
        yield found


@pytest.fixture
def mrml(headless: Any) -> Any:
    """The scene, emptied."""
    headless.clear()
    return headless.scene


@pytest.fixture
def views(headless: Any, mrml: Any) -> Iterator[dict[str, Any]]:
    """Slice logics of an axial, a sagittal and a coronal view of the scene: "Red", "Yellow", "Green"."""
    from slice_views import slice_views

    with slice_views(headless) as logics:
        yield logics


@pytest.fixture
def previews(headless: Any, views: dict[str, Any], project: Any) -> Any:
    """Sections and previews of the training panel on the small project, with clocks that a test drives."""
    from MedOptTrainLib.previews import Previews
    from MedOptTrainLib.recipe_form import RecipeForm

    from MedOptCoreLib.timer import HandTimer

    recipe = RecipeForm(lambda _arguments: None, lambda: False)
    made = Previews(headless.scene, headless.application, recipe, HandTimer(), HandTimer())
    recipe.setProject(project)
    made.setProject(project)
    made.recipe = recipe
    yield made
    made.close()


@pytest.fixture
def cohort(tmp_path: Path) -> SimpleNamespace:
    """Folders of four images and of labels for the first two."""
    from standins.material import blob, picture

    from medopt.io import write_image, write_label_map

    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    for number in range(4):
        write_image(picture(number), images / f"case-{number}.nrrd")
        if number < 2:
            write_label_map(blob((1, 2), number), labels / f"case-{number}.nrrd")
    return SimpleNamespace(images=images, labels=labels)


@pytest.fixture
def project(tmp_path: Path, cohort: SimpleNamespace) -> Any:
    """A project with cases case-0 … case-3, of which the first two are labelled."""
    from medopt.project import ClassInfo, Project, import_folder

    classes = [
        ClassInfo(value=1, name="Anterior", color="#e69f00"),
        ClassInfo(value=2, name="Posterior", color="#56b4e9"),
    ]
    made = Project.create(tmp_path / "project", name="Small", classes=classes)
    summary = import_folder(made, cohort.images, cohort.labels)
    assert len(summary.imported) == 4
    return made


@pytest.fixture
def unlabelled(tmp_path: Path, cohort: SimpleNamespace) -> Callable[..., Any]:
    """Makes a project of a task with the classes Benign (1), Malignant (4) and cases case-0 … case-3, none labelled."""
    from medopt.project import ClassInfo, Project, import_folder

    classes = [
        ClassInfo(value=1, name="Benign", color="#e69f00"),
        ClassInfo(value=4, name="Malignant", color="#56b4e9"),
    ]

    def make(task: str, images: Path = cohort.images, **options: Any) -> Any:
        made = Project.create(tmp_path / "unlabelled", name="Small", classes=classes, task=task, **options)
        assert import_folder(made, images).imported
        return made

    return make


@pytest.fixture
def library() -> Any:
    """The doors of medopt with real projects and hand-driven jobs; ``started`` lists the commands."""
    from standins.material import FakeJob, FakeStatus

    from MedOptCoreLib.library import Library

    class TestLibrary(Library):
        def __init__(self) -> None:
            self.jobs: list[Any] = []
            self.started: list[list[str]] = []

        def listJobs(self, projectFolder: Path) -> list[Any]:
            return list(reversed(self.jobs))

        def startJob(self, projectFolder: Path, arguments: Sequence[str]) -> Any:
            self.started.append(list(arguments))
            job = FakeJob(Path(projectFolder) / "jobs" / f"job-{len(self.jobs)}", FakeStatus(command=arguments[0]))
            self.jobs.append(job)
            return job

        def askToStop(self, job: Any) -> None:
            job.asked += 1

        def endJob(self, job: Any) -> None:
            job.ended += 1

    return TestLibrary()


@pytest.fixture
def timer() -> Any:
    """Turns when the test says so."""
    from MedOptCoreLib.timer import HandTimer

    return HandTimer()


@pytest.fixture
def jobs(library: Any, timer: Any) -> Any:
    """The line of jobs of a panel."""
    from MedOptCoreLib.job_line import JobLine

    return JobLine(library, timer)


@pytest.fixture
def application(
    headless: Any, mrml: Any, library: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., SimpleNamespace]]:
    """Starts the stand-in application: ``application(window=True)``; ``open(name)`` then makes a module's widget."""
    from standins.application import install

    from MedOptCoreLib import hardware

    loaded: list[str] = []
    widgets: list[Any] = []

    def start(*, window: bool = True) -> SimpleNamespace:
        found = install(monkeypatch, mrml, window=window)
        found["app"].__dict__["_logic"] = headless.application
        found["app"].userSettings().setValue("MedOpt/Strategy", "in_order")
        monkeypatch.setattr(importlib.import_module("MedOptCoreLib.panel"), "Library", lambda: library)
        monkeypatch.setattr(hardware, "gpuNames", lambda: ())

        def open_module(name: str) -> Any:
            loaded.append(name)
            sys.modules.pop(name, None)
            module = importlib.import_module(name)
            widget = getattr(module, f"{name}Widget")()
            monkeypatch.setattr(module.slicer.util, "getModuleWidget", lambda _name: widget)
            widget.setup()
            widgets.append(widget)
            return widget

        return SimpleNamespace(**found, open=open_module, library=library, scene=mrml)

    for name in [
        name for name in sys.modules if name.startswith("MedOptCoreLib.") and name.rsplit(".", 1)[1] in QT_PARTS
    ]:
        del sys.modules[name]
    yield start
    for widget in widgets:
        widget.cleanup()
    for name in [*loaded, *(f"MedOptCoreLib.{part}" for part in QT_PARTS)]:
        sys.modules.pop(name, None)


QT_PARTS = ("qt_tools", "head_widget", "job_widget", "panel")
"""Parts of MedOptCoreLib that import qt; they are loaded afresh for each test, against its stand-ins."""
