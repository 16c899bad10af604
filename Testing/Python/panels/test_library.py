"""The doors of medopt."""

import pytest

from medopt import MedOptError
from MedOptCoreLib.library import Library, splitNames


def test_names_between_commas():
    assert splitNames(" Left kidney,Right kidney ,, ") == ["Left kidney", "Right kidney"]
    assert splitNames("") == []
    with pytest.raises(MedOptError, match="a name is given twice"):
        splitNames("A, B, A")


def test_new_classes_get_values_from_one_and_different_colours(tmp_path):
    made = Library().createProject(tmp_path / "p", "P", ["A", "B", "C"], ["image"])
    assert [c.value for c in made.settings.classes] == [1, 2, 3]
    assert len({c.color for c in made.settings.classes}) == 3
    assert Library().openProject(tmp_path / "p").id == made.id


def test_a_job_is_asked_to_stop_by_a_file_and_jobs_are_listed(tmp_path):
    from medopt.jobs import Job
    from medopt.jobs.record import STOP

    assert Library().listJobs(tmp_path) == []
    folder = tmp_path / "jobs" / "one"
    folder.mkdir(parents=True)
    (folder / "start.json").write_text('{"command": "train", "created": ""}')
    (found,) = Library().listJobs(tmp_path)
    Library().askToStop(found)
    assert (folder / STOP).is_file()
    assert isinstance(found, Job)
