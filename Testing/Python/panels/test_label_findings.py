"""Verification as a job, its findings in the panel."""

import pytest
from MedOptLabelLib.findings import Findings

from medopt.cli.tables import finding_rows
from medopt.project import Finding
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.timer import HandTimer


@pytest.fixture
def timer():
    return HandTimer()


@pytest.fixture
def findings(library, timer, project):
    jobs = JobLine(library, timer)
    jobs.setProjectFolder(project.folder)
    made = Findings(jobs)
    made.setProject(project)
    return made


def test_findings_come_with_the_job_errors_first(findings, library, timer, project):
    assert findings.text == ""
    findings.verify()
    assert library.started == [["check", str(project.folder)]]
    assert "job under way" in findings.buttons()["verifyButton"].toolTip
    found = [
        Finding("case-1", "note", "no label yet"),
        Finding("case-0", "error", "label and image lie on different grids", "8 voxels", "9 voxels", "Import it again"),
        Finding("", "warning", "few subjects"),
    ]
    library.jobs[0].tell("result", title="Findings", rows=finding_rows(found))
    library.jobs[0].finish()
    timer.tick()
    assert [row[:3] for row in findings.cells()] == [
        ["case-0", "error", "label and image lie on different grids"],
        ["(project)", "warning", "few subjects"],
        ["case-1", "note", "no label yet"],
    ]
    assert findings.cells()[0][3:] == ["9 voxels", "Import it again"]
    assert findings.text.startswith("1 errors, 1 warnings, 1 notes")
    assert findings.caseOf(0) == "case-0"
    assert findings.caseOf(1) is None
    assert findings.caseOf(9) is None
    assert findings.buttons()["verifyButton"].enabled


def test_nothing_found_is_told(findings, library, timer):
    findings.verify()
    library.jobs[0].tell("result", title="Findings", rows=[])
    library.jobs[0].finish()
    timer.tick()
    assert findings.text == "✓ Nothing to complain about."


def test_rows_of_other_jobs_are_no_findings(findings, library, timer):
    findings._jobs.start(["validate", "folder"])
    library.jobs[0].tell("result", title="run-001", rows=[{"structure": "mean", "metric": "Dice"}])
    timer.tick()
    assert findings.rows == []


def test_what_is_missing_is_told(findings):
    findings.setProject(None)
    assert findings.buttons()["verifyButton"].toolTip == "Open or create a project first."
