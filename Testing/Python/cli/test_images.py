"""``medopt import``."""

from __future__ import annotations

import shutil

from medopt.jobs import list_jobs
from medopt.project import ClassInfo, Project


def make(folder):
    return Project.create(
        folder,
        name="p",
        classes=[ClassInfo(value=1, name="A", color="#112233"), ClassInfo(value=2, name="B", color="#112233")],
    )


def test_scans_and_labels_are_imported_once(medopt, tmp_path, scans):
    made = make(tmp_path / "p")
    first = medopt("import", tmp_path / "p", scans / "images", "--labels", scans / "labels")
    assert first.exit_code == 0, first.output
    assert "10 cases imported, 10 got a label, 0 were there already, 0 left out" in first.output
    assert made.status().labelled == 10
    again = medopt("import", tmp_path / "p", scans / "images", "--labels", scans / "labels")
    assert "0 cases imported, 0 got a label, 10 were there already, 0 left out" in again.output


def test_a_bad_file_is_left_out_and_the_rest_goes_on(medopt, tmp_path, scans):
    shutil.copytree(scans / "images", tmp_path / "Doe^John")
    (tmp_path / "Doe^John" / "broken.nrrd").write_bytes(b"NRRD0004\n")
    made = make(tmp_path / "p")
    answer = medopt("import", tmp_path / "p", tmp_path / "Doe^John")
    assert answer.exit_code == 0, answer.output
    assert "10 cases imported, 0 got a label, 0 were there already, 1 left out" in answer.output
    assert made.status().cases == 10
    kept = "".join(path.read_text() for path in list_jobs(tmp_path / "p")[0].folder.iterdir())
    assert "Doe" not in kept


def test_subjects_by_pattern(medopt, tmp_path, scans):
    made = make(tmp_path / "p")
    medopt("import", tmp_path / "p", scans / "images", "--subject-pattern", r"case-\d(\d)")
    assert len({case.subject for case in made.cases()}) == 10
    wrong = medopt("import", tmp_path / "p", scans / "images", "--subject-pattern", "(")
    assert wrong.exit_code == 1


def test_a_folder_that_is_not_there(medopt, tmp_path):
    make(tmp_path / "p")
    answer = medopt("import", tmp_path / "p", tmp_path / "none")
    assert answer.exit_code == 1
    assert answer.stderr.startswith("Error: ")


def test_boxes_in_a_named_format_with_attributes(medopt, tmp_path, scans):
    classes = [ClassInfo(value=1, name="A", color="#112233")]
    made = Project.create(tmp_path / "p", name="p", classes=classes, task="detection")
    names = sorted(path.name for path in (scans / "images").iterdir())
    lines = [f"{names[0]},A,1,4,1,4,1,4", f"{names[1]},B,1,4,1,4,1,4"]
    (tmp_path / "boxes.csv").write_text("\n".join(["image,class,xmin,xmax,ymin,ymax,zmin,zmax", *lines]))
    wanted = ("import", tmp_path / "p", scans / "images", "--labels", tmp_path / "boxes.csv", "--attribute", "site=X")
    unknown = medopt(*wanted)
    assert (unknown.exit_code, "classes that the project does not have" in unknown.stderr) == (1, True)
    answer = medopt(*wanted, "--format", "csv", "--skip-class", "B")
    assert "10 cases imported, 2 got a label" in answer.output, answer.output
    assert sorted(len(made.read_label(case)) for case in made.label_values()) == [0, 1]
    assert {case.attributes["site"] for case in made.cases()} == {"X"}
    wrong = medopt(*wanted, "--attribute", "site=Y")
    assert (wrong.exit_code, "each name once" in wrong.stderr) == (1, True)
    assert "unknown format" in medopt(*wanted, "--format", "xyz").stderr
