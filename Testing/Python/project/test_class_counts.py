from __future__ import annotations

from pathlib import Path

import numpy as np
from sqlalchemy import update

from medopt.image import Boxes, Geometry, LabelMap
from medopt.project import ClassInfo, Project, count_classes, import_folder
from medopt.project.schema import LABEL_VERSIONS


def test_voxels_cases_and_subjects(filled: Project, make_label) -> None:
    only = make_label(0)
    filled.save_label("case-00", LabelMap(only.array * (only.array == 1), only.geometry, (3,)), annotator="kim")
    arrays = [filled.read_label(case.id).array for case in filled.cases()]
    first, second = count_classes(filled)
    assert (first.info.name, first.cases, first.subjects, first.judged) == ("Anterior", 5, 5, 5)
    assert (second.cases, second.judged) == (4, 4)
    assert first.marked == sum(np.count_nonzero(array == 1) for array in arrays)
    with filled.catalogue.write() as connection:  # as an older MedOpt wrote it
        connection.execute(update(LABEL_VERSIONS).values(class_values="[1, 3]"))
    assert count_classes(filled)[0].marked is None


def test_boxes(tmp_path: Path, make_folder, classes: tuple[ClassInfo, ...]) -> None:
    project = Project.create(tmp_path / "p", name="x", classes=classes, task="detection")
    import_folder(project, make_folder(2, labelled=False)[0])
    grid = project.case("case-00").geometry
    assert isinstance(grid, Geometry)
    corners = [[[0, 0, 0], [1, 2, n + 1]] for n in range(3)]
    project.save_label("case-00", Boxes.from_index(corners, [1, 1, 3], grid), annotator="kim")
    project.save_label("case-01", Boxes(unjudged=(3,)), annotator="kim")
    counts = count_classes(project)
    assert [(one.cases, one.marked, one.judged) for one in counts] == [(1, 2, 2), (1, 1, 1)]
