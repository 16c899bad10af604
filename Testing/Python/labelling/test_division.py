"""The parts of a round: by subject, steady over the rounds, never the test."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.labelling.division import FEWEST_CASES, MOST_VALIDATION, divide_labelled
from medopt.project import Project, Split, make_split


def label_all(project: Project, finished: Project) -> None:
    for case in project.cases():
        if not case.labelled:
            project.save_label(case.id, finished.read_label(case.id), annotator="anna")


@pytest.fixture
def finished(small_project_folder) -> Project:
    return Project.open(small_project_folder)


def test_of_four_subjects_one_judges(half_labelled: Project) -> None:
    split = divide_labelled(half_labelled)
    labelled = {case.id for case in half_labelled.cases() if case.labelled}
    assert {*split.train, *split.validation} == labelled
    assert (len(split.train), len(split.validation), split.test) == (3, 1, ())
    assert divide_labelled(half_labelled) == split


def test_subjects_keep_their_part_as_labels_come(half_labelled: Project, finished: Project) -> None:
    before = divide_labelled(half_labelled)
    label_all(half_labelled, finished)
    after = divide_labelled(half_labelled, before)
    assert set(before.subjects["train"]) <= set(after.subjects["train"])
    assert set(before.subjects["validation"]) <= set(after.subjects["validation"])
    assert len(after.validation) == 2
    assert len(after.train) == 6


def test_the_test_part_is_left_alone_whatever_was_before(half_labelled: Project, finished: Project) -> None:
    label_all(half_labelled, finished)
    before = divide_labelled(half_labelled)
    sealed = make_split(half_labelled, test=0.25, validation=0.15)
    split = divide_labelled(half_labelled, before)
    assert set(split.subjects["test"]) == set(sealed.subjects["test"])
    assert not set(sealed.test) & {*split.train, *split.validation}


def test_the_projects_validation_part_judges_the_rounds_too(half_labelled: Project, finished: Project) -> None:
    label_all(half_labelled, finished)
    sealed = make_split(half_labelled, test=0.25, validation=0.3)
    split = divide_labelled(half_labelled)
    assert split.validation == sealed.validation


def test_below_three_cases_it_says_how_many_are_needed(half_labelled: Project) -> None:
    for case in half_labelled.cases()[: 4 - FEWEST_CASES + 1]:
        half_labelled.set_flag(case.id, "blurred")
    with pytest.raises(MedOptError, match=r"too few labelled cases to learn from.*expected 3 or more.*found 2 of 2"):
        divide_labelled(half_labelled)


def test_labels_of_the_test_part_do_not_help(half_labelled: Project) -> None:
    make_split(half_labelled, test=0.25, validation=0.25)
    split = divide_labelled(half_labelled)
    half_labelled.set_flag(split.train[0], "blurred")
    with pytest.raises(MedOptError, match=r"found 2 of 2, besides 1 of the test part"):
        divide_labelled(half_labelled)


def test_one_subject_alone_cannot_judge_itself(half_labelled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    same = [replace(case, subject="one") for case in half_labelled.cases()]
    monkeypatch.setattr(Project, "cases", lambda self: same)
    with pytest.raises(MedOptError, match="of 2 subjects or more, found 4 of 1"):
        divide_labelled(half_labelled)


def many(monkeypatch: pytest.MonkeyPatch, project: Project, number: int, values: dict[int, tuple[int, ...]]) -> None:
    """Let the project seem to have ``number`` labelled cases of subjects of their own, with these class values."""
    from dataclasses import replace

    first = project.cases()[0]
    cases = [replace(first, id=f"c{n:03d}", subject=f"s{n:03d}") for n in range(number)]
    monkeypatch.setattr(Project, "cases", lambda self: cases)
    held = {f"c{n:03d}": values.get(n, (1,)) for n in range(number)}
    monkeypatch.setattr(Project, "label_values", lambda self: held)


def test_a_fifth_judges_but_not_more_than_needed(half_labelled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    many(monkeypatch, half_labelled, 30, {})
    assert len(divide_labelled(half_labelled).validation) == 6
    many(monkeypatch, half_labelled, 200, {})
    assert len(divide_labelled(half_labelled).validation) == MOST_VALIDATION


@pytest.mark.parametrize("seed", range(6))
def test_rare_classes_are_judged_where_enough_have_them(
    half_labelled: Project, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    many(monkeypatch, half_labelled, 20, {3: (1, 2), 7: (1, 2), 9: (4,)})
    split = divide_labelled(half_labelled, seed=seed)
    assert "c009" in split.train  # the only one of its class is learned from
    assert len({"c003", "c007"} & set(split.validation)) == 1
    assert len({"c003", "c007"} & set(split.train)) == 1


def test_when_the_judges_lost_their_labels_another_takes_over(half_labelled: Project) -> None:
    subject_of = {case.id: case.subject for case in half_labelled.cases()[:4]}
    before = Split.of(subject_of, dict.fromkeys(subject_of.values(), "train"), 1)
    split = divide_labelled(half_labelled, before)
    assert (len(split.train), len(split.validation)) == (3, 1)
