"""What every test may use."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from medopt.image import Geometry, Image, LabelMap

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # a busy machine is no fault of the code

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Real data sets, beside the project and no part of it; tests that use them skip where they are absent."""


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; skips the test where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real data at {REAL_DATA.parent.name}/{REAL_DATA.name} beside the project")
    return REAL_DATA


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers, the same in every run."""
    return np.random.default_rng(20260301)


@pytest.fixture
def oblique() -> Geometry:
    """A small anisotropic, oblique, left-handed grid away from the origin."""
    a, b = 0.3, -0.5
    turn_a = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    turn_b = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    direction = turn_a @ turn_b @ np.diag([1.0, 1.0, -1.0])
    rows = tuple(tuple(float(x) for x in row) for row in direction)
    return Geometry((6, 8, 10), (2.5, 0.8, 0.7), (-31.0, 12.5, 88.0), rows)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def headless() -> Iterator[Any]:
    """A real MRML scene and its logics, started once a session; skips the test where slicer-core is absent."""
    pytest.importorskip("slicer", reason="slicer-core is not installed")
    from medopt.scene import headless_scene

    with headless_scene() as started:
        yield started


@pytest.fixture
def scene(headless: Any) -> Iterator[Any]:
    """The shared MRML scene, empty for each test."""
    headless.clear()
    yield headless.scene
    headless.clear()


@pytest.fixture(scope="session")
def small_project_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of eight tiny oblique cases of two structures, imported and split; read only, copy it to change it."""
    from medopt.io import write_image
    from medopt.project import ClassInfo, Project, import_folder, make_split

    folder = tmp_path_factory.mktemp("small")
    numbers = np.random.default_rng(7)
    for n in range(8):
        image, label = _small_case(numbers, n)
        write_image(image, folder / "images" / f"case-{n}.nrrd")
        write_image(Image(label.array[None], label.geometry), folder / "labels" / f"case-{n}.nrrd")
    classes = [
        ClassInfo(value=1, name="Front", color="#e69f00"),
        ClassInfo(value=4, name="Back", color="#56b4e9"),
    ]
    project = Project.create(folder / "project", name="small", classes=classes)
    import_folder(project, folder / "images", folder / "labels")
    make_split(project, test=0.25, validation=0.15)
    return project.folder


@pytest.fixture
def small_project(small_project_folder: Path, tmp_path: Path) -> Any:
    """A copy of the small project, open, that a test may change."""
    from medopt.project import Project

    shutil.copytree(small_project_folder, tmp_path / "project")
    return Project.open(tmp_path / "project")


def _small_case(numbers: np.random.Generator, n: int) -> tuple[Image, LabelMap]:
    """About 16×20×18 voxels: an ellipsoid whose halves are two structures of different brightness, in noise."""
    turn = 0.1 * n
    direction = ((0.0, -np.sin(turn), np.cos(turn)), (0.0, np.cos(turn), np.sin(turn)), (1.0, 0.0, 0.0))
    grid = Geometry((15 + n % 3, 20, 18), (1.5, 1.0, 1.0), (3.0 * n, -5.0, 10.0), direction)
    k, j, i = np.meshgrid(*(np.arange(s) - (s - 1) / 2 for s in grid.shape), indexing="ij")
    middle = numbers.uniform(-2, 2, 3)
    inside = ((k - middle[0]) / 5) ** 2 + ((j - middle[1]) / 7) ** 2 + ((i - middle[2]) / 5) ** 2 < 1
    label = np.where(inside, np.where(j < middle[1], 1, 4), 0).astype(np.uint8)
    values = numbers.normal(100, 8, grid.shape) + np.select([label == 1, label == 4], [60, 120])
    return Image((values * (1 + n))[None].astype(np.float32), grid), LabelMap(label, grid)


@pytest.fixture(scope="session")
def finished_project_folder(small_project_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project with a run, ``run-001``, that was trained, validated on its test part and exported.

    Read only; copy it to change it.
    """
    pytest.importorskip("torch", reason="torch is not installed")
    from medopt.compression import export_run
    from medopt.project import Project
    from medopt.training import propose_recipe, train
    from medopt.training.running_settings import RunningSettings
    from medopt.validation.runs import validate_run

    folder = tmp_path_factory.mktemp("finished") / "project"
    shutil.copytree(small_project_folder, folder)
    project = Project.open(folder)
    proposed = propose_recipe(project, steps=60)
    changes = {
        "training": proposed.training.model_copy(update={"validations": 3, "learning_rate": 0.01}),
        "network": proposed.network.model_copy(update={"features": (6, 12), "strides": ((1, 1, 1), (2, 2, 2))}),
        "running": RunningSettings(precision="float32", memory_format="contiguous", compile=False, accumulate=1),
    }
    train(project, proposed.model_copy(update=changes), run="run-001")
    validate_run(project, "run-001")
    export_run(project, "run-001")
    return folder


@pytest.fixture
def finished_project(finished_project_folder: Path, tmp_path: Path) -> Any:
    """A copy of the project with a finished run, open, that a test may change."""
    from medopt.project import Project

    shutil.copytree(finished_project_folder, tmp_path / "finished")
    return Project.open(tmp_path / "finished")
