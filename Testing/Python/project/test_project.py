from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from sqlalchemy import event, insert

from medopt import MedOptError
from medopt.image import LabelMap
from medopt.io import read_image
from medopt.project import ClassInfo, Project, import_folder
from medopt.project.schema import CASES, FLAGS, PROPOSALS


def test_create_and_open(project: Project, classes: tuple[ClassInfo, ...]) -> None:
    again = Project.open(project.folder)
    assert again.id == project.id
    assert tuple(again.settings.classes) == classes
    assert again.cases() == []
    assert again.status().cases == 0
    for part in ("images", "labels", "proposals", "runs", "models", "reports", "cache", "jobs"):
        assert (project.folder / part).is_dir()


def test_a_project_can_be_moved(filled: Project, tmp_path: Path) -> None:
    before = filled.read_label("case-02").array
    shutil.move(filled.folder, tmp_path / "elsewhere" / "moved")
    moved = Project.open(tmp_path / "elsewhere" / "moved")
    np.testing.assert_array_equal(moved.read_label("case-02").array, before)
    assert moved.image_paths("case-02")[0].is_relative_to(tmp_path / "elsewhere")


def test_cache_and_other_folders_come_back(project: Project) -> None:
    for part in ("cache", "runs", "jobs"):
        shutil.rmtree(project.folder / part)
    again = Project.open(project.folder)
    assert again.status().runs == 0
    assert again.cache_folder.is_dir()
    assert again.runs_folder.is_dir()
    assert again.jobs_folder.is_dir()


def test_a_project_is_not_created_twice(project: Project, classes: tuple[ClassInfo, ...]) -> None:
    before = (project.folder / "project.yaml").read_bytes()
    with pytest.raises(MedOptError, match="is a project already"):
        Project.create(project.folder, name="Other", classes=classes)
    assert (project.folder / "project.yaml").read_bytes() == before


def test_create_in_a_folder_that_cannot_be_written(tmp_path: Path, classes: tuple[ClassInfo, ...]) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(MedOptError, match="cannot be written"):
        Project.create(tmp_path / "file" / "project", name="A", classes=classes)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_create_in_a_read_only_folder(tmp_path: Path, classes: tuple[ClassInfo, ...]) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(MedOptError, match="cannot be written"):
            Project.create(tmp_path / "project", name="A", classes=classes)
    finally:
        tmp_path.chmod(0o700)


def test_create_on_a_full_disk(tmp_path: Path, classes: tuple[ClassInfo, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(MedOptError, match="the disk is full"):
            Project.create(tmp_path / "p", name="A", classes=classes)
    with pytest.raises(MedOptError, match="not a MedOpt project"):
        Project.open(tmp_path / "p")
    assert Project.create(tmp_path / "p", name="A", classes=classes).cases() == []


def test_a_kill_while_creating_leaves_a_project_or_none(
    tmp_path: Path, classes: tuple[ClassInfo, ...], crash_everywhere
) -> None:
    folder = tmp_path / "p"

    def work() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        Project.create(folder, name="A", classes=classes)

    def verify(_: int) -> None:
        if (folder / "project.yaml").exists():
            assert Project.open(folder).cases() == []
        elif folder.exists():
            assert Project.create(folder, name="A", classes=classes).cases() == []

    assert crash_everywhere(work, verify) > 10


def test_a_new_project_does_not_take_the_cases_of_an_old_one(filled: Project, classes: tuple[ClassInfo, ...]) -> None:
    (filled.folder / "project.yaml").unlink()
    with pytest.raises(MedOptError, match="the catalogue belongs to another project: expected an empty catalogue"):
        Project.create(filled.folder, name="Other", classes=classes)


def test_project_yaml_of_another_project(filled: Project, tmp_path: Path, classes: tuple[ClassInfo, ...]) -> None:
    other = Project.create(tmp_path / "other", name="Other", classes=classes)
    shutil.copy(other.folder / "project.yaml", filled.folder)
    with pytest.raises(MedOptError, match="the catalogue belongs to another project"):
        Project.open(filled.folder)


def test_a_newer_project(project: Project) -> None:
    path = project.folder / "project.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "format": 99}))
    with pytest.raises(MedOptError, match="newer MedOpt"):
        Project.open(project.folder)


def test_status_counts(filled: Project, make_label, make_folder) -> None:
    import_folder(filled, make_folder(3, first=10, name="more", labelled=False)[0])
    filled.save_proposal("case-10", make_label(1), model="m")
    filled.save_proposal("case-00", make_label(1), model="m")
    filled.set_flag("case-11", "odd contrast")
    (filled.runs_folder / "a").mkdir()
    (filled.runs_folder / "a" / "run.json").write_text("{}")
    (filled.runs_folder / "no-run").mkdir()
    (filled.models_folder / "m").mkdir()
    (filled.models_folder / "m" / "metadata.json").write_text("{}")
    status = filled.status()
    assert (status.cases, status.labelled, status.proposals, status.flagged) == (8, 5, 1, 1)
    assert (status.runs, status.models) == (1, 1)


def test_status_asks_a_few_questions_however_many_cases(project: Project) -> None:
    row = {"subject": "s", "geometry": "{}", "attributes": "{}", "image_source_sha256": "0", "time": ""}
    with project.catalogue.write() as connection:
        rows = [{**row, "id": f"c{n}", "key": f"c{n}", "label_version": n % 3 or None} for n in range(10_000)]
        connection.execute(insert(CASES), rows)
        connection.execute(insert(FLAGS), [{"case_id": f"c{n}", "note": "x", "time": ""} for n in range(50)])
        proposal = {"model": "m", "time": "", "voxels": 1}
        connection.execute(insert(PROPOSALS), [{"case_id": f"c{n}", **proposal} for n in range(300)])
    asked: list[str] = []
    listener = lambda *a: asked.append(a[2])  # noqa: E731
    event.listen(project.catalogue._engine, "before_cursor_execute", listener)
    status = project.status()
    event.remove(project.catalogue._engine, "before_cursor_execute", listener)
    assert (status.cases, status.labelled, status.proposals, status.flagged) == (10_000, 6666, 100, 50)
    queries = [statement for statement in asked if statement.lstrip().upper().startswith("SELECT")]
    assert len(queries) == 4
    with project.catalogue.read() as connection:
        plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {q}").all()) for q in queries]
    assert all("INDEX" in plan or "SCAN flags" in plan for plan in plans), plans


def test_states_of_a_case(filled: Project, make_folder, make_label) -> None:
    import_folder(filled, make_folder(1, first=10, name="more", labelled=False)[0])
    assert filled.case("case-10").state == "unlabelled"
    assert filled.label_path("case-10") is None
    filled.save_proposal("case-10", make_label(5), model="starter")
    assert filled.case("case-10").state == "proposed"
    filled.save_label("case-10", make_label(6), annotator="kim", seconds=90)
    case = filled.case("case-10")
    assert (case.state, case.labelled, case.annotator, case.minutes) == ("labelled", True, "kim", 1.5)
    filled.set_flag("case-10", " look again ")
    case = filled.case("case-10")
    assert (case.state, case.labelled, case.flag) == ("flagged", True, "look again")
    filled.set_flag("case-10", None)
    assert filled.case("case-10").state == "labelled"


def test_attributes(filled: Project) -> None:
    filled.set_attributes("case-01", {"site": "B", "sex": "F"})
    assert filled.case("case-01").attributes == {"site": "B", "sex": "F"}
    assert filled.case("case-00").attributes == {}


@pytest.mark.parametrize(
    "call",
    [
        lambda p: p.case("nobody"),
        lambda p: p.read_image("nobody"),
        lambda p: p.read_label("nobody"),
        lambda p: p.label_path("nobody"),
        lambda p: p.label_history("nobody"),
        lambda p: p.set_flag("nobody", "x"),
        lambda p: p.set_attributes("nobody", {}),
        lambda p: p.read_proposal("../case-00"),
        lambda p: p.proposal_path("nobody"),
    ],
)
def test_an_unknown_case(filled: Project, call) -> None:
    with pytest.raises(MedOptError, match=r"(nobody|case-00): unknown case"):
        call(filled)


@pytest.mark.parametrize("annotator", ["", "  ", "a\nb", "x" * 65])
def test_annotators_need_a_handle(filled: Project, make_label, annotator: str) -> None:
    with pytest.raises(MedOptError, match="no usable annotator"):
        filled.save_label("case-00", make_label(9), annotator=annotator)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_labelling_time_is_a_time(filled: Project, make_label, seconds: float) -> None:
    with pytest.raises(MedOptError, match="wrong labelling time"):
        filled.save_label("case-00", make_label(9), annotator="kim", seconds=seconds)


def test_annotators_are_in_the_catalogue_alone(filled: Project, make_label) -> None:
    filled.save_label("case-00", make_label(9), annotator="kim-handle", note="second look")
    filled.save_proposal("case-00", make_label(8), model="m")
    for path in filled.folder.rglob("*"):
        if path.is_file() and not path.name.startswith("catalogue.db"):
            assert b"kim-handle" not in path.read_bytes(), path


def test_a_first_label_counts_its_changes_from_the_proposal(filled: Project, make_folder, make_label) -> None:
    import_folder(filled, make_folder(1, first=10, name="more", labelled=False)[0])
    proposal = make_label(5)
    filled.save_proposal("case-10", proposal, model="starter")
    corrected = proposal.array.copy()
    corrected[0, 0, :3] = np.where(proposal.array[0, 0, :3] == 3, 0, 3)
    filled.save_label("case-10", LabelMap(corrected, proposal.geometry), annotator="kim")
    assert filled.label_history("case-10")[0].changed == 3


def test_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys, medopt.project; "
        "heavy = {'torch', 'monai', 'onnxruntime', 'matplotlib', 'slicer', 'vtk', 'pydicom', 'SimpleITK'}; "
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_images_come_back_as_they_were(filled: Project, make_folder, make_image) -> None:
    image = filled.read_image("case-03")
    original = make_image(3)
    np.testing.assert_array_equal(image.array, original.array)
    assert image.array.dtype == original.array.dtype
    assert read_image(filled.image_paths("case-03")[0]).geometry == image.geometry
    assert image.geometry.is_close(original.geometry, 1e-6)
