from __future__ import annotations

from pathlib import Path

import numpy as np

from medopt.events import Collector
from medopt.files import file_sha256
from medopt.image import Geometry, Image
from medopt.io import write_image
from medopt.project import ClassInfo, Project, check_project, import_folder


def test_a_sound_and_an_empty_project_have_no_findings(project: Project, make_folder) -> None:
    assert check_project(project) == ()
    import_folder(project, *make_folder(9))
    told = Collector()
    before = {path: file_sha256(path) for path in project.folder.rglob("*.nrrd")}
    assert check_project(project, reporter=told) == ()
    assert told.events[-1]["done"] == 9
    assert {path: file_sha256(path) for path in before} == before


def test_everything_wrong_is_found_and_told_by_case(project: Project, make_folder, make_image, make_label) -> None:
    images, labels = make_folder(8)
    write_image(make_image(0), images / "twin.nii.gz")
    constant = make_image(1).array * 0 + 4
    write_image(Image(constant, make_image(1).geometry), images / "constant.nii.gz")
    values = make_image(2).array.astype(np.float32)
    values[0, 0, 0, 0] = np.nan
    write_image(Image(values, make_image(2).geometry), images / "gap.nii.gz")
    import_folder(project, images, labels)
    (path,) = project.image_paths("case-01")
    path.write_bytes(path.read_bytes()[:-20])
    (path,) = project.image_paths("case-02")
    path.unlink()
    project.labels.path("case-03").write_bytes(b"NRRD0004\nhalf")
    project.labels.path("case-04").write_bytes(project.labels.path("case-05").read_bytes())
    project.labels.path("case-06").unlink()
    found = {(f.case, f.severity, f.problem) for f in check_project(project)}
    assert found == {
        ("twin", "error", "the same image twice, under two subjects"),
        ("constant", "error", "the image is constant"),
        ("gap", "error", "voxels without a value"),
        ("case-01", "warning", "the image file was changed without MedOpt"),
        ("case-01", "error", "the image cannot be read"),
        ("case-02", "error", "the image file is missing"),
        ("case-02", "error", "the image cannot be read"),
        ("case-03", "warning", "the label file was changed without MedOpt"),
        ("case-03", "error", "the label cannot be read"),
        ("case-04", "warning", "the label file was changed without MedOpt"),
        ("case-06", "error", "the label file is missing"),
        ("case-06", "error", "the label cannot be read"),
    }
    severities = [finding.severity for finding in check_project(project)]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert all(finding.repair for finding in check_project(project))


def test_a_referenced_image_that_changed(project: Project, make_folder, make_image) -> None:
    images, labels = make_folder(3)
    import_folder(project, images, labels, reference=True)
    write_image(make_image(9), images / "case-01.nii.gz")
    (finding,) = check_project(project)
    assert (finding.case, finding.severity) == ("case-01", "error")
    assert "has changed since it was imported" in finding.found


def test_a_damaged_catalogue(filled: Project) -> None:
    path = filled.folder / "catalogue.db"
    with filled.catalogue.read() as connection:
        page = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'splits'").scalar_one()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(bytes(data))
    assert ("", "error", "the catalogue is damaged") in [
        (f.case, f.severity, f.problem) for f in check_project(Project.open(filled.folder))
    ]


def test_hippocampus_is_sound_but_for_its_scales(tmp_path: Path, real_data: Path) -> None:
    classes = [ClassInfo(value=n, name=name, color="#ff0000") for n, name in ((1, "Anterior"), (2, "Posterior"))]
    project = Project.create(tmp_path / "real", name="Hippocampus", classes=classes)
    import_folder(project, real_data / "hippocampus")
    (finding,) = check_project(project)
    assert (finding.severity, finding.problem) == ("note", "the intensity scales differ between cases")


def test_a_grid_that_changed(filled: Project, make_image) -> None:
    (path,) = filled.image_paths("case-02")
    write_image(Image(make_image(2).array, Geometry((4, 6, 5), (3.0, 1.0, 1.5))), path)
    problems = {f.problem for f in check_project(filled) if f.case == "case-02"}
    assert "the image lies on another grid than when imported" in problems


def test_labels_of_other_tasks_that_were_changed_outside(tmp_path: Path, make_folder, classes) -> None:
    from medopt.image import Boxes, ClassLabel

    images, _ = make_folder(2, labelled=False)
    boxes = Project.create(tmp_path / "boxes", name="x", classes=classes, task="detection")
    import_folder(boxes, images)
    grid = boxes.case("case-00").geometry
    good = Boxes.from_index([[[0, 0, 0], [2.5, 3, 3]]], [1], grid)
    for case in ("case-00", "case-01"):
        boxes.save_label(case, good, annotator="kim")
    assert [f for f in check_project(boxes) if f.severity != "note"] == [
        f for f in check_project(boxes) if f.problem == "a class that no label has"
    ]
    far = Boxes.from_index([[[9, 9, 9], [12, 12, 12]]], [1], grid)
    boxes.labels.kind.write(far, boxes.labels.path("case-01"))
    told = {f.problem for f in check_project(boxes) if f.case == "case-01"}
    assert told == {"the label file was changed without MedOpt", "the label does not fit"}

    whole = Project.create(tmp_path / "whole", name="x", classes=classes, task="classification")
    import_folder(whole, images)
    whole.save_label("case-00", ClassLabel((1,)), annotator="kim")
    whole.labels.kind.write(ClassLabel((1, 3)), whole.labels.path("case-00"))
    (finding,) = [f for f in check_project(whole) if f.problem == "the label does not fit"]
    assert finding.found == "an image of exclusive classes shows exactly one: Anterior, Posterior"
