"""Projects of known properties, made in a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medopt.image import Geometry, Image
from medopt.io import write_image
from medopt.project import ClassInfo, Project, import_folder, make_split
from medopt.training.advice.machine import Machine
from medopt.training.device import DeviceChoice

COLORS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442")
MakeCase = Callable[[int, np.random.Generator], tuple[NDArray, NDArray, tuple[float, float, float]]]
"""Number of a case → (channel, k, j, i) image, (k, j, i) label, spacing in mm."""


def ball(shape: Sequence[int], radius: float) -> NDArray[np.bool_]:
    """(k, j, i) bool: a ball in the middle."""
    axes = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in shape), indexing="ij")
    return sum(a**2 for a in axes) <= radius**2  # type: ignore[return-value]


def ct_case(n: int, rng: np.random.Generator) -> tuple[NDArray, NDArray, tuple[float, float, float]]:
    """Whole HU: air around a body of 40, an organ of 100 ± 20 in it."""
    shape = (12, 40, 40)
    body, organ = ball(shape, 17), ball(shape, 5)
    values = np.where(organ, 100, np.where(body, 40, -1000)) + rng.normal(0, 20, shape)
    return np.rint(values)[None].astype(np.int16), organ.astype(np.uint8), (1.0, 1.0, 1.0)


def mr_case(n: int, rng: np.random.Generator) -> tuple[NDArray, NDArray, tuple[float, float, float]]:
    """Real numbers on a scale of its own for each case, without blanked background."""
    shape = (16, 24, 24)
    organ = ball(shape, 6)
    values = (rng.normal(100, 10, shape) + 60 * organ) * (1 + n)
    return values[None].astype(np.float32), organ.astype(np.uint8), (1.0, 1.0, 1.0)


def anisotropic_case(n: int, rng: np.random.Generator) -> tuple[NDArray, NDArray, tuple[float, float, float]]:
    """Slices 4 to 8 mm apart of voxels of 1 mm."""
    shape = (8, 40, 40)
    organ = ball(shape, 3)
    values = rng.normal(100, 10, shape) + 60 * organ
    return values[None].astype(np.float32), organ.astype(np.uint8), (4.0 + n % 5, 1.0, 1.0)


def photo_case(n: int, rng: np.random.Generator) -> tuple[NDArray, NDArray, tuple[float, float, float]]:
    """Colour of 8 bit, one slice, 48 × 64 pixels."""
    disc = ball((1, 48, 64), 12)
    values = rng.integers(0, 120, (3, *disc.shape)) + 100 * disc
    return values.astype(np.uint8), disc.astype(np.uint8), (1.0, 1.0, 1.0)


def lesion_case(n: int, rng: np.random.Generator) -> tuple[NDArray, NDArray, tuple[float, float, float]]:
    """An organ everywhere, and a lesion of 7 voxels in every fifth case."""
    image, label, spacing = mr_case(n, rng)
    if n % 5 == 0:
        label = np.where(ball(label.shape, 1.2), 2, label).astype(np.uint8)
    return image, label, spacing


@pytest.fixture
def cases() -> dict[str, MakeCase]:
    """Makers of cases by name."""
    return {"ct": ct_case, "mr": mr_case, "anisotropic": anisotropic_case, "photo": photo_case, "lesion": lesion_case}


@pytest.fixture
def machine() -> Callable[..., Machine]:
    """machine(kind="cpu", gib=16): a machine that need not be there."""
    return lambda kind="cpu", gib=16.0: Machine(DeviceChoice(kind, f"test {kind}", 2, "for a test"), int(gib * 2**30))


@pytest.fixture
def make_project(tmp_path: Path, rng: np.random.Generator) -> Callable[..., Project]:
    """make_project(make_case, count, names=("Organ",), channels=("image",), split=True, subjects=None)."""
    made = []

    def make(
        make_case: MakeCase,
        count: int = 8,
        *,
        names: Sequence[str] = ("Organ",),
        channels: Sequence[str] = ("image",),
        split: bool = True,
        one_subject: bool = False,
    ) -> Project:
        folder = tmp_path / f"made-{len(made)}"
        made.append(folder)
        for n in range(count):
            image, label, spacing = make_case(n, rng)
            grid = Geometry(label.shape, spacing)
            name = f"one/case-{n}" if one_subject else f"case-{n}"
            write_image(Image(image, grid), folder / "images" / f"{name}.nrrd")
            write_image(Image(label[None], grid), folder / "labels" / f"{name}.nrrd")
        classes = [ClassInfo(value=v, name=x, color=COLORS[v % 4]) for v, x in enumerate(names, start=1)]
        project = Project.create(folder / "project", name="made", classes=classes, channels=channels)
        pattern: dict[str, Any] = {"subject_pattern": "(one)"} if one_subject else {}
        import_folder(project, folder / "images", folder / "labels", **pattern)
        if split:
            make_split(project, test=0.25, validation=0.15)
        return project

    return make
