"""What the tests of labelling share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medopt.image import Geometry, Image
from medopt.io import write_image
from medopt.project import ClassInfo, Project, import_folder


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
