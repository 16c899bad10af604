"""Agreement and suspected label errors in the panel: jobs whose tables are read again whenever they are there."""

from types import SimpleNamespace

import pytest
from MedOptLabelLib.agreement_section import AgreementSection
from MedOptLabelLib.label_errors_section import LabelErrorsSection
from standins.material import blob

from medopt.files import write_json
from medopt.labelling.agreement import measure_agreement, write_agreement_tables
from medopt.labelling.label_errors import LabelErrors, LabelQuality, Suspect, write_label_errors
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.timer import HandTimer


@pytest.fixture
def bench(library, project):
    timer = HandTimer()
    jobs = JobLine(library, timer)
    jobs.setProjectFolder(project.folder)
    return SimpleNamespace(jobs=jobs, timer=timer, library=library)


@pytest.fixture
def agreement(bench):
    return AgreementSection(bench.jobs)


@pytest.fixture
def errors(bench):
    return LabelErrorsSection(bench.jobs)


def compared(project):
    """Two annotators on two cases, alike in case 2 and not in case 3; the tables as the worker writes them."""
    for case, seed in (("case-2", 0), ("case-3", 1)):
        project.save_label(case, blob((1, 2)), annotator="kim")
        project.save_label(case, blob((1, 2), seed), annotator="lee")
    found = measure_agreement(project)
    write_agreement_tables(found, project.reports_folder)
    return found


def suspected(project):
    """Two labels, of which the first is suspected at a place."""
    found = LabelErrors(
        "segmentation",
        "cv-001",
        (
            Suspect(
                "case-1", "s1", LabelQuality(0.123456, True, "Posterior where nothing is labelled", (1.5, -2, 3), ())
            ),
            Suspect("case-0", "s0", LabelQuality(0.9, False, "", None, ())),
        ),
    )
    write_label_errors(found, project.reports_folder / "label-errors.csv")


def test_annotators_are_compared_by_a_job(agreement, bench, project):
    agreement.setProject(project)
    assert agreement.text == ""
    agreement.compare(blind=True)
    assert bench.library.started == [["agreement", str(project.folder), "--blind"]]
    assert agreement.text == "The labels are being compared."
    assert agreement.buttons()["agreementButton"].toolTip == "Wait for the end of the job under way."
    found = compared(project)
    bench.library.jobs[0].finish()
    bench.timer.tick()
    dice = next(row for row in found.rows if (row.measure, row.structure) == ("dice", "Anterior"))
    row = next(row for row in agreement.cells() if row[1:3] == ["Anterior", "Dice"])
    assert row == ["kim – lee", "Anterior", "Dice", f"{dice.value.estimate:.3f}", "2"], "two subjects: no interval"
    assert agreement.text.startswith("As of 20")
    assert agreement.buttons()["agreementButton"].enabled


def test_the_cases_that_annotators_see_most_differently_come_first(agreement, project):
    found = compared(project)
    agreement.setProject(project)
    rows = agreement.caseCells()
    assert len(rows) == len(found.by_case)
    assert [float(row[4]) for row in rows] == sorted(float(row[4]) for row in rows)
    assert agreement.caseOf(0) == "case-3"
    assert agreement.caseOf(len(rows)) is None


def test_suspected_labels_are_ranked_by_a_job_that_needs_a_cross_validation(errors, bench, project):
    errors.setProject(project)
    assert errors.buttons()["labelErrorsButton"].toolTip.startswith("Cross-validate first")
    write_json(project.runs_folder / "cv-001" / "crossval.json", {"format": 1})
    assert errors.buttons()["labelErrorsButton"].enabled
    errors.rank(flag=True)
    assert bench.library.started == [["label-errors", str(project.folder), "--flag"]]
    suspected(project)
    bench.library.jobs[0].finish()
    bench.timer.tick()
    assert errors.cells() == [
        ["case-1", "0.123", "yes", "Posterior where nothing is labelled"],
        ["case-0", "0.900", "", ""],
    ]
    assert errors.text.startswith("1 of 2 labels are suspected.")
    assert (errors.caseOf(0), errors.placeOf(0)) == ("case-1", (1.5, -2.0, 3.0))
    assert (errors.caseOf(1), errors.placeOf(1)) == ("case-0", None)
    assert (errors.caseOf(2), errors.placeOf(2)) == (None, None)


def test_what_an_earlier_session_found_is_there_again(errors, agreement, project):
    compared(project)
    suspected(project)
    errors.setProject(project)
    agreement.setProject(project)
    assert errors.cells()
    assert agreement.cells()
    errors.setProject(None)
    agreement.setProject(None)
    assert errors.cells() == agreement.cells() == agreement.caseCells() == []
    assert errors.text == ""


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b'case\n"case-0', b"who,what\nkim,1\n", b"case,value\nx,y\n"]
)
def test_damaged_tables_show_nothing_wrong(errors, agreement, project, content):
    project.reports_folder.mkdir(exist_ok=True)
    for name in ("agreement.csv", "agreement-cases.csv", "label-errors.csv"):
        (project.reports_folder / name).write_bytes(content)
    errors.setProject(project)
    agreement.setProject(project)
    assert agreement.caseCells() == []
    assert all(len(row) == 5 for row in agreement.cells())
    assert all(len(row) == 4 for row in errors.cells())
    assert errors.placeOf(0) is None


def test_what_failed_is_told(agreement, bench, project):
    agreement.setProject(project)
    agreement.compare()
    bench.library.jobs[0].finish("failed", "no case was labelled by two annotators")
    bench.timer.tick()
    assert agreement.text == "⚠ no case was labelled by two annotators"


def test_without_labels_there_is_nothing_to_compare(agreement, errors, unlabelled):
    assert agreement.buttons()["agreementButton"].toolTip == "Open or create a project first."
    empty = unlabelled("segmentation")
    for section in (agreement, errors):
        section.setProject(empty)
        assert section.missing == "Label some cases first."
