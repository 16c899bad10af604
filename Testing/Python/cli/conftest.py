"""What the tests of commands share: a way to call them, stand-ins for the heavy rooms, a small project."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from medopt.cli import make_app
from medopt.image import Geometry, Image
from medopt.io import write_image
from medopt.project import ClassInfo, Project, import_folder


@pytest.fixture
def medopt() -> Callable[..., Result]:
    """Call ``medopt`` with arguments in this process."""

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(make_app(), [str(argument) for argument in arguments])

    return call


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]]]:
    """Replace functions of a heavy room by stand-ins that note their arguments and return what is given."""

    def replace(module: str, **answers: Any) -> dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]]:
        fake = ModuleType(module)
        calls: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {name: [] for name in answers}

        def noting(name: str, answer: Any) -> Callable[..., Any]:
            def function(*arguments: Any, **options: Any) -> Any:
                calls[name].append((arguments, options))
                return answer(*arguments, **options) if callable(answer) else answer

            return function

        for name, answer in answers.items():
            setattr(fake, name, answer if isinstance(answer, type) else noting(name, answer))
        monkeypatch.setitem(sys.modules, module, fake)
        return calls

    return replace


@pytest.fixture(scope="session")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten small scans of ten subjects in ``images`` with labels of two classes in ``labels``."""
    folder = tmp_path_factory.mktemp("scans")
    rng = np.random.default_rng(7)
    grid = Geometry((8, 10, 12), (2.0, 1.0, 1.0))
    for number in range(10):
        values = rng.normal(100, 10, (1, 8, 10, 12)).astype(np.float32)
        label = np.zeros((1, 8, 10, 12), np.uint8)
        label[0, 2:6, 3:7, 2:6], label[0, 2:6, 3:7, 6:10] = 1, 2
        write_image(Image(values, grid), folder / "images" / f"case-{number:02d}.nrrd")
        write_image(Image(label, grid), folder / "labels" / f"case-{number:02d}.nrrd")
    return folder


@pytest.fixture
def project(tmp_path: Path, scans: Path) -> Project:
    """A project with the ten cases of ``scans``."""
    classes = [
        ClassInfo(value=1, name="Anterior", color="#e69f00"),
        ClassInfo(value=2, name="Posterior", color="#56b4e9"),
    ]
    made = Project.create(tmp_path / "project", name="Small", classes=classes)
    import_folder(made, scans / "images", scans / "labels")
    return made
