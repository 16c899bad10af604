"""``medopt init``."""

from __future__ import annotations

from medopt.project import Project


def test_a_project_is_made(medopt, tmp_path):
    answer = medopt(
        "init", tmp_path / "p", "--name", "Brains", "--class", "1=A:#112233", "--class", "2=B", "--channel", "MR"
    )
    assert answer.exit_code == 0, answer.output
    settings = Project.open(tmp_path / "p").settings
    assert (settings.name, settings.channels) == ("Brains", ["MR"])
    assert [(c.value, c.name, c.color) for c in settings.classes] == [(1, "A", "#112233"), (2, "B", "#56b4e9")]


def test_repeating_changes_nothing_and_another_project_is_refused(medopt, tmp_path):
    medopt("init", tmp_path / "p", "--class", "1=A")
    before = (tmp_path / "p" / "project.yaml").read_bytes()
    assert "nothing was changed" in medopt("init", tmp_path / "p", "--class", "1=A").output
    other = medopt("init", tmp_path / "p", "--class", "1=B")
    assert other.exit_code == 1
    assert "a project already, with another name, other structures or other channels" in other.stderr
    assert (tmp_path / "p" / "project.yaml").read_bytes() == before


def test_classes_from_labels(medopt, tmp_path, scans):
    assert medopt("init", tmp_path / "p", "--classes-from", scans / "labels").exit_code == 0
    assert [c.value for c in Project.open(tmp_path / "p").settings.classes] == [1, 2]


def test_classes_none_or_twice(medopt, tmp_path, scans):
    assert "no structure to segment" in medopt("init", tmp_path / "p").stderr
    both = medopt("init", tmp_path / "p", "--class", "1=A", "--classes-from", scans / "labels")
    assert (both.exit_code, "given twice" in both.stderr) == (1, True)
    assert not (tmp_path / "p").exists()


def test_real_classes_of_the_decathlon(medopt, tmp_path, real_data):
    answer = medopt("init", tmp_path / "p", "--classes-from", real_data / "hippocampus" / "dataset.json")
    assert answer.exit_code == 0, answer.output
    settings = Project.open(tmp_path / "p").settings
    assert ([c.name for c in settings.classes], settings.channels) == (["Anterior", "Posterior"], ["MRI"])


def test_projects_of_other_tasks(medopt, tmp_path):
    classes = ("--class", "1=Normal", "--class", "2=Pneumonia")
    made = medopt("init", tmp_path / "x", "--task", "classification", "--multi-label", *classes)
    assert "Made a project for classification of Normal, Pneumonia" in made.output
    settings = Project.open(tmp_path / "x").settings
    assert (settings.task, settings.multi_label) == ("classification", True)
    assert "nothing was changed" in medopt("init", tmp_path / "x", "--task", "classification", "--multi-label",
                                           *classes).output  # fmt: skip
    assert "or of another task" in medopt("init", tmp_path / "x", "--task", "detection", *classes).stderr
    assert medopt("init", tmp_path / "y", "--ignored", "255", *classes).exit_code == 0
    assert Project.open(tmp_path / "y").settings.ignored == 255
    wrong = medopt("init", tmp_path / "z", "--task", "detection", "--multi-label", *classes)
    assert (wrong.exit_code, "multi_label is for classification" in wrong.stderr) == (1, True)
