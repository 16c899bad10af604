"""Import of a folder as a job."""

import pytest
from MedOptLabelLib.import_form import ImportForm

from medopt import MedOptError


@pytest.fixture
def started():
    return []


@pytest.fixture
def form(project, started):
    made = ImportForm(started.append)
    made.setProject(project)
    return made


def test_the_command_names_what_the_fields_say(form, started, project, cohort):
    form.set(f" {cohort.images} ", str(cohort.labels), r"(case-\d+)")
    form.start()
    form.set(str(cohort.images), "", "")
    form.start()
    folder = str(project.folder)
    assert started == [
        ["import", folder, str(cohort.images), "--labels", str(cohort.labels), "--subject-pattern", r"(case-\d+)"],
        ["import", folder, str(cohort.images)],
    ]


def test_the_command_is_one_that_medopt_knows(form, started, cohort):
    """The real command line parses it, up to the missing project."""
    from typer.testing import CliRunner

    from medopt.cli import make_app

    form.set(str(cohort.images), str(cohort.labels), r"(case-\d+)")
    form.start()
    answer = CliRunner().invoke(make_app(), started[0])
    assert answer.exit_code == 0, answer.output


@pytest.mark.parametrize(
    ("images", "labels", "pattern", "message"),
    [
        ("nowhere", "", "", r"Images: the folder does not exist"),
        (".", "nowhere", "", r"Labels: the folder does not exist"),
        (".", "", "([a-z", r"Subject: the pattern is wrong"),
        (".", "", "case", r"Subject: the pattern has no group"),
    ],
)
def test_wrong_fields_are_told_before_a_job_starts(form, started, images, labels, pattern, message):
    form.set(images, labels, pattern)
    with pytest.raises(MedOptError, match=message):
        form.start()
    assert started == []


def test_the_button_says_what_is_missing(form, cohort):
    assert form.buttons()["importButton"].toolTip == "Choose the folder with images."
    form.set(str(cohort.images), "", "")
    assert form.buttons()["importButton"].enabled
    form.setProject(None)
    assert form.buttons()["importButton"].toolTip == "Open or create a project first."
