"""What the tests of labelling share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medopt.image import Geometry, Image
from medopt.io import write_image
from medopt.labelling.acceptances import Acceptance
from medopt.project import ClassInfo, Project, import_folder
from medopt.project.records import Edits


@pytest.fixture
def unlabelled(tmp_path: Path) -> Any:
    """Twelve cases of two sites in three kinds of brightness pattern; the last one is the first one stored anew."""
    numbers = np.random.default_rng(3)
    patterns = numbers.normal(0, 1, (3, 4, 5, 6)).repeat(3, 1).repeat(3, 2).repeat(3, 3)
    first = None
    for n in range(12):
        values = 100 + 30 * patterns[n % 3] + numbers.normal(0, 8, patterns[0].shape)
        if n == 11:
            values = first * 3 + 20
        first = values if first is None else first
        image = Image(np.round(values * 10)[None].astype(np.int16), Geometry(values.shape, (2.0, 1.0, 1.0)))
        write_image(image, tmp_path / "images" / f"case-{n:02d}.nrrd")
    classes = [ClassInfo(value=1, name="Front", color="#e69f00"), ClassInfo(value=4, name="Back", color="#56b4e9")]
    project = Project.create(tmp_path / "unlabelled", name="unlabelled", classes=classes)
    import_folder(project, tmp_path / "images")
    for n, case in enumerate(project.cases()):
        project.set_attributes(case.id, {"site": "A" if n < 8 else "B"})
    return project


@pytest.fixture
def half_labelled(small_project_folder: Path, tmp_path: Path) -> Any:
    """The eight tiny cases of the small project, of which "anna" labelled the first four, a minute each."""
    finished = Project.open(small_project_folder)
    project = Project.create(tmp_path / "half", name="half", classes=finished.settings.classes)
    import_folder(project, small_project_folder.parent / "images")
    for case in project.cases()[:4]:
        project.save_label(case.id, finished.read_label(case.id), annotator="anna", seconds=60.0)
    return project


@pytest.fixture(scope="session")
def accepted() -> Callable[..., Acceptance]:
    """Makes the n-th acceptance: of a subject of its own, a proposal of round 1 that was corrected in a minute."""

    def make(number: int, **values: Any) -> Acceptance:
        one = Acceptance(
            case=f"case-{number:03d}",
            subject=f"subject-{number:03d}",
            round=1,
            model="round-001",
            time=datetime(2026, 3, 1, tzinfo=timezone.utc) + timedelta(minutes=number),
            seconds=60.0,
            edits=Edits(changed=100, slices=4, added_path_length=50, surface_dice=0.9, as_is=False),
            as_is=False,
            shown=True,
            blind=False,
            catch=False,
            score=0.8,
        )
        return replace(one, **values)

    return make
