from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from medopt import MedOptError
from medopt.image import LabelMap
from medopt.io import write_label_map
from medopt.project import Project, import_folder, load_split, make_split
from medopt.project.schema import CASES
from medopt.project.splitting import split_path


@pytest.fixture
def cohort(project: Project, make_folder) -> Project:
    """20 labelled cases of 10 subjects, two each."""
    import_folder(project, *make_folder(20), subject_pattern=r"case-(\d\d)")
    with project.catalogue.write() as connection:
        for number in range(20):
            here = CASES.c.id == f"case-{number:02d}"
            connection.execute(update(CASES).where(here).values(subject=f"s{number // 2}"))
    return project


def add_run(project: Project) -> None:
    folder = project.runs_folder / "first"
    folder.mkdir()
    (folder / "run.json").write_text("{}")


def test_a_split_keeps_subjects_together(cohort: Project) -> None:
    split = make_split(cohort)
    assert (len(split.train), len(split.validation), len(split.test)) == (14, 2, 4)
    parts = [set(split.subjects[part]) for part in ("train", "validation", "test")]
    assert sum(len(part) for part in parts) == len(set.union(*parts)) == 10
    for case in split.test:
        assert cohort.case(case).subject in parts[2]


def test_repeating_gives_the_same_split(cohort: Project) -> None:
    first = make_split(cohort, seed=4)
    assert make_split(cohort, seed=4) == first
    assert load_split(Project.open(cohort.folder)) == first
    assert json.loads(split_path(cohort).read_text())["hash"] == first.hash
    add_run(cohort)
    assert make_split(cohort, seed=4) == first


def test_another_split_needs_replace_once_a_run_exists(cohort: Project) -> None:
    first = make_split(cohort, seed=1)
    second = make_split(cohort, seed=2)
    assert second != first
    add_run(cohort)
    with pytest.raises(MedOptError, match=r"another split, on which models were trained.* 1 run"):
        make_split(cohort, seed=3)
    assert load_split(cohort) == second
    third = make_split(cohort, seed=3, replace=True)
    assert load_split(cohort) == third != second


def test_later_cases_are_unassigned_not_mixed_in(cohort: Project, make_folder) -> None:
    before = make_split(cohort)
    import_folder(cohort, *make_folder(2, first=30, name="more"))
    for split in (load_split(cohort), make_split(cohort)):
        assert split == before
        assert split.unassigned == ("case-30", "case-31")
    after = make_split(cohort, replace=True)
    assert after.unassigned == ()
    assert {"case-30", "case-31"} <= {*after.train, *after.validation, *after.test}


def test_unlabelled_and_flagged_cases_stay_out(cohort: Project, make_folder) -> None:
    import_folder(cohort, make_folder(1, first=40, name="bare", labelled=False)[0])
    cohort.set_flag("case-00", "wrong side")
    split = make_split(cohort)
    everything = {*split.train, *split.validation, *split.test}
    assert len(everything) == 19
    assert not {"case-00", "case-40"} & everything
    assert split.unassigned == ()
    cohort.set_flag("case-00", None)
    assert load_split(cohort).unassigned == ("case-00",)


def test_classes_and_sites_are_shared_out(project: Project, make_folder, make_label) -> None:
    images, labels = make_folder(40)
    for number in range(0, 40, 4):  # a quarter lacks class 3
        label = make_label(number)
        only = LabelMap((label.array == 1).astype("uint8"), label.geometry)
        write_label_map(only, labels / f"case-{number:02d}.nii.gz")
    import_folder(project, images, labels)
    for number in range(40):
        project.set_attributes(f"case-{number:02d}", {"site": "A" if number < 20 else "B"})
    split = make_split(project, test=0.2, validation=0.2)
    for part in (split.test, split.validation):
        assert len(part) == 8
        numbers = [int(case[-2:]) for case in part]
        assert sum(n % 4 == 0 for n in numbers) == 2
        assert sum(n < 20 for n in numbers) == 4
    loose = {tuple(make_split(project, seed=s, stratify=False, replace=True).test) for s in range(6)}
    shares = {sum(int(case[-2:]) < 20 for case in test) for test in loose}
    assert shares != {4}


def test_no_split_and_too_few_subjects(filled: Project) -> None:
    with pytest.raises(MedOptError, match="the project has no split"):
        load_split(filled)
    with pytest.raises(MedOptError, match="the project has no split"):
        filled.open_test("a look")
    with filled.catalogue.write() as connection:
        connection.execute(update(CASES).values(subject="one"))
    with pytest.raises(MedOptError, match="too few subjects"):
        make_split(filled)
    assert not split_path(filled).exists()


def change(path: Path, edit) -> None:
    value = json.loads(path.read_text())
    edit(value)
    path.write_text(json.dumps(value))


def test_a_file_changed_by_hand_is_refused(cohort: Project) -> None:
    make_split(cohort)
    path = split_path(cohort)
    change(path, lambda v: v["cases"]["train"].append(v["cases"]["test"].pop()))
    with pytest.raises(MedOptError, match="the split was changed by hand"):
        load_split(cohort)
    change(path, lambda v: v["subjects"]["train"].append(v["subjects"]["test"][0]))
    with pytest.raises(MedOptError, match="stands in two parts"):
        load_split(cohort)
    make_split(cohort)  # writes the file anew from the catalogue
    assert load_split(cohort).hash == json.loads(path.read_text())["hash"]
    path.unlink()
    assert load_split(cohort).hash


def test_the_file_of_another_split_is_refused(cohort: Project) -> None:
    make_split(cohort, seed=1)
    old = split_path(cohort).read_text()
    make_split(cohort, seed=2)
    split_path(cohort).write_text(old)
    with pytest.raises(MedOptError, match="not that of the catalogue"):
        load_split(cohort)


def test_a_case_that_changes_its_subject_breaks_the_split(cohort: Project) -> None:
    split = make_split(cohort)
    with cohort.catalogue.write() as connection:
        here = CASES.c.id == split.test[0]
        connection.execute(update(CASES).where(here).values(subject=split.subjects["train"][0]))
    with pytest.raises(MedOptError, match=f"{split.test[0]}: .*expected a subject of test"):
        load_split(cohort)


def test_looks_at_the_test_subjects_are_counted(cohort: Project, caplog: pytest.LogCaptureFixture) -> None:
    split = make_split(cohort)
    assert cohort.test_openings() == []
    with caplog.at_level(logging.INFO, "medopt"):
        assert cohort.open_test("final validation of run a") == split.test
        cohort.open_test("report")
    looks = Project.open(cohort.folder).test_openings()
    assert [look.purpose for look in looks] == ["final validation of run a", "report"]
    assert {look.split_hash for look in looks} == {split.hash}
    assert "look number 2" in caplog.text
    with pytest.raises(MedOptError, match="no purpose"):
        cohort.open_test(" ")


class Told:
    """A reporter that keeps messages."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def emit(self, event: str, **facts: object) -> None:
        self.texts.append(str(facts.get("text", "")))


def arrays_project(folder: Path, count: int = 60) -> Project:
    """A project of classification, a third of class 3, with a published split and one image in two parts."""
    from medopt.project import ClassInfo

    numbers = np.random.default_rng(3)
    images = numbers.integers(0, 255, (count, 4, 4), np.uint8)
    images[count - 1] = images[0]
    labels = (np.arange(count) % 3 == 0).astype(int)
    cut = count * 2 // 3
    np.savez(
        folder / "a.npz",
        train_images=images[:cut], train_labels=labels[:cut], test_images=images[cut:], test_labels=labels[cut:],
    )  # fmt: skip
    classes = [ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "normal"), (3, "pneumonia"))]
    project = Project.create(folder / "p", name="x", classes=classes, task="classification")
    import_folder(project, folder / "a.npz")
    return project


def test_a_published_split_is_taken_over_without_copies(tmp_path: Path) -> None:
    project = arrays_project(tmp_path)
    told = Told()
    split = make_split(project, from_attribute="split", validation=0.1, reporter=told)
    assert len(split.test) == 20
    assert (len(split.train), len(split.validation)) == (33, 6)
    assert all(case.startswith("test") for case in split.test)
    assert "train-00001" not in {*split.train, *split.validation}
    assert told.texts == [
        "1 case is in no part, as the same image stands in another part: train-00001 (as test-00020 in test)"
    ]
    values = project.label_values()
    assert sum(values[case] == (3,) for case in split.validation) == 2
    assert load_split(project) == split
    assert load_split(project).unassigned == ("train-00001",)
    assert make_split(project, from_attribute="split", validation=0.1) == split


def test_classes_of_images_are_shared_out(tmp_path: Path) -> None:
    project = arrays_project(tmp_path)
    split = make_split(project, test=0.2, validation=0.1)
    values = project.label_values()
    rare = [sum(values[case] == (3,) for case in split.part(part)) for part in ("train", "validation", "test")]
    assert rare == [14, 2, 4]
    assert make_split(project, test=0.2, validation=0.1, stratify=False, replace=True) != split


def test_an_attribute_of_choice_is_shared_out(tmp_path: Path) -> None:
    project = arrays_project(tmp_path)
    for number, case in enumerate(project.cases()):
        project.set_attributes(case.id, {**case.attributes, "scanner": "A" if number % 4 else "B"})
    split = make_split(project, test=0.2, validation=0.2, stratify_by=["scanner"])
    attributes = {case.id: case.attributes["scanner"] for case in project.cases()}
    assert [sum(attributes[case] == "B" for case in split.part(part)) for part in ("train", "validation", "test")] == [
        9, 3, 3
    ]  # fmt: skip
    assert make_split(project, test=0.2, validation=0.2) != split


def test_pneumonia_mnist_keeps_copies_out_of_training(tmp_path: Path, real_data: Path) -> None:
    from medopt.project import ClassInfo

    classes = [ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "normal"), (2, "pneumonia"))]
    project = Project.create(tmp_path / "p", name="x", classes=classes, task="classification")
    stored = np.load(real_data / "pneumonia_mnist" / "pneumoniamnist.npz")
    seen = {image.tobytes() for image in stored["val_images"]}
    copies = [n for n, image in enumerate(stored["train_images"]) if image.tobytes() in seen]
    few = {name: stored[name][:40] for name in ("val_images", "val_labels", "test_images", "test_labels")}
    seen = {image.tobytes() for image in few["val_images"]}
    rows = [*copies, *range(100)]
    twice = [n for n in rows if stored["train_images"][n].tobytes() in seen]
    np.savez(tmp_path / "a.npz", train_images=stored["train_images"][rows], train_labels=stored["train_labels"][rows],
             **few)  # fmt: skip
    assert len(copies) == 10
    import_folder(project, tmp_path / "a.npz")
    split = make_split(project, from_attribute="split")
    assert len(split.unassigned) == len(twice)
    assert len(split.train) == len(rows) - len(twice)
