"""Facts come from the training part alone, and from the catalogue alone."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Image
from medopt.io import write_image
from medopt.project import Project, import_folder, load_split
from medopt.project.splitting import split_path
from medopt.training.advice.facts import look_at_catalogue


def test_the_training_part_of_the_split(make_project, cases) -> None:
    project = make_project(cases["lesion"], 12, names=("Organ", "Lesion"))
    facts = look_at_catalogue(project)
    split = load_split(project)
    assert [case.id for case in facts.training] == list(split.train)
    assert [case.id for case in facts.validation] == list(split.validation)
    assert set(facts.held) == {*split.train, *split.validation}  # nothing of the test part
    assert facts.class_cases() == {1: len(split.train), 2: sum(int(c[5:]) % 5 == 0 for c in split.train)}
    assert (facts.dims, facts.all_subjects, facts.part) == (3, 12, "the training part")


def test_without_a_split_all_labelled_cases_that_are_not_flagged(make_project, cases) -> None:
    project = make_project(cases["mr"], 4, split=False)
    project.set_flag("case-1", "doubtful")
    facts = look_at_catalogue(project)
    assert [case.id for case in facts.training] == ["case-0", "case-2", "case-3"]
    assert facts.split is None
    assert "no split yet" in facts.part


def test_a_damaged_split_is_refused(make_project, cases) -> None:
    project = make_project(cases["mr"], 6)
    split_path(project).write_text("{}")
    with pytest.raises(MedOptError, match="split is damaged"):
        look_at_catalogue(project)


def test_no_label_is_told(make_project, cases, tmp_path) -> None:
    project = Project.create(tmp_path / "empty", name="empty", classes=make_project(cases["mr"], 3).settings.classes)
    with pytest.raises(MedOptError, match="nothing to learn from"):
        look_at_catalogue(project)


def test_equal_images_are_grouped_whatever_their_name(make_project, cases, tmp_path) -> None:
    project = make_project(cases["mr"], 4, split=False)
    image, label = project.read_image("case-2"), project.read_label("case-2")
    write_image(image, tmp_path / "i" / "again.nrrd")
    write_image(Image(label.array[None], label.geometry), tmp_path / "l" / "again.nrrd")
    other = Image(np.flip(image.array, 1).copy(), image.geometry)
    write_image(other, tmp_path / "i" / "flipped.nrrd")
    write_image(Image(label.array[None], label.geometry), tmp_path / "l" / "flipped.nrrd")
    import_folder(project, tmp_path / "i", tmp_path / "l")
    assert look_at_catalogue(project).duplicates == (("again", "case-2"),)


def test_a_modality_is_that_of_most_headers(make_project, cases) -> None:
    project = make_project(cases["mr"], 4, split=False)
    assert look_at_catalogue(project).modality == ""
    project.set_attributes("case-0", {"modality": "MR"})
    assert look_at_catalogue(project).modality == ""
    project.set_attributes("case-1", {"modality": "MR"})
    assert look_at_catalogue(project).modality == "MR"
