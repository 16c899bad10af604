"""Small projects and folders of scans, and processes that are killed at every point where they write."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medopt.image import Geometry, Image, LabelMap
from medopt.io import write_image, write_label_map
from medopt.project import ClassInfo, Project

CLASSES = (
    ClassInfo(value=1, name="Anterior", color="#ff0000"),
    ClassInfo(value=3, name="Posterior", color="#00c8ff", terminology="a~b"),
)
GRID = Geometry((4, 6, 5), (2.0, 1.0, 1.5), (10.0, -20.0, 30.5))

MakeImage = Callable[[int], Image]
MakeLabel = Callable[[int], LabelMap]
MakeFolder = Callable[..., tuple[Path, Path]]


def image(seed: int, geometry: Geometry = GRID) -> Image:
    """An image of noise that differs for each seed."""
    values = np.random.default_rng(seed).integers(-1000, 1000, (1, *geometry.shape))
    return Image(values.astype(np.int16), geometry)


def label(seed: int, geometry: Geometry = GRID) -> LabelMap:
    """A label with both classes that differs for each seed."""
    values = np.random.default_rng(1000 + seed).choice([0, 1, 3], geometry.shape)
    return LabelMap(values.astype(np.uint8), geometry)


@pytest.fixture
def make_image() -> MakeImage:
    return image


@pytest.fixture
def make_label() -> MakeLabel:
    return label


@pytest.fixture
def grid() -> Geometry:
    return GRID


@pytest.fixture
def classes() -> tuple[ClassInfo, ...]:
    return CLASSES


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project with one channel and two classes (1 and 3)."""
    return Project.create(tmp_path / "project", name="Test", classes=CLASSES)


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Writes ``images/case-NN.nii.gz`` and ``labels/case-NN.nii.gz``, and returns the two folders."""

    def make(count: int, *, first: int = 0, name: str = "scans", labelled: bool = True) -> tuple[Path, Path]:
        root = tmp_path / name
        for number in range(first, first + count):
            write_image(image(number), root / "images" / f"case-{number:02d}.nii.gz")
            if labelled:
                write_label_map(label(number), root / "labels" / f"case-{number:02d}.nii.gz")
        return root / "images", root / "labels"

    return make


@pytest.fixture
def filled(project: Project, make_folder: MakeFolder) -> Project:
    """A project with five labelled cases, case-00 to case-04."""
    from medopt.project import import_folder

    import_folder(project, *make_folder(5))
    return project


CrashEverywhere = Callable[[Callable[[], object], Callable[[int], None]], int]


@pytest.fixture
def crash_everywhere() -> CrashEverywhere:
    """``crash(work, verify)`` runs ``work`` in a process that is killed at its n-th file operation, for n = 1, 2, …

    Files are written, renamed, linked, synced and removed through a handful of functions; the process kills itself
    with SIGKILL just before the n-th call. ``verify(n)`` looks at what is left each time. Ends when the work gets
    through; returns the number of crashes.
    """
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")

    def crash(work: Callable[[], object], verify: Callable[[int], None]) -> int:
        for number in range(1, 2000):
            process = os.fork()
            if process == 0:
                _run_until(number, work)
            _, status = os.waitpid(process, 0)
            if os.WIFEXITED(status):
                assert os.WEXITSTATUS(status) == 0, "the work failed by itself"
                return number - 1
            assert os.WTERMSIG(status) == signal.SIGKILL
            verify(number)
        raise AssertionError("the work never ends")

    return crash


def _run_until(last: int, work: Callable[[], object]) -> None:
    count = 0

    def watched(function: Callable) -> Callable:
        def call(*arguments: object, **options: object) -> object:
            nonlocal count
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call

    for name in ("replace", "rename", "link", "fsync", "unlink", "mkdir"):
        setattr(os, name, watched(getattr(os, name)))
    try:
        work()
    except BaseException:  # noqa: BLE001 - whatever it was, the forked process must not run the tests
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
