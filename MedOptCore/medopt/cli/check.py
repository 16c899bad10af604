"""``medopt check``: what is wrong with the data, before it costs a training."""

from __future__ import annotations

from collections import Counter

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument
from medopt.cli.tables import finding_rows
from medopt.cli.work import working


def command(project: ProjectArgument, job: JobOption = None, events: EventsOption = Events.text) -> None:
    """Look for faults in the project's images and labels.

    Reads every image and label: files that cannot be read, labels on another grid than their image, values of no
    structure, empty labels, boxes outside the image or drawn twice, duplicates. Shows each finding with the case, what
    was expected, what was found and what to do. Changes nothing.

    \b
    Example:
      medopt check hippocampus
    """
    from medopt.project import Project, check_project

    with working("check", project, events=events, job=job) as work:
        findings = check_project(Project.open(project), reporter=work.reporter)
        work.reporter.emit("result", title="Findings", rows=finding_rows(findings))
        counts = Counter(finding.severity for finding in findings)
        text = f"{counts['error']} errors, {counts['warning']} warnings, {counts['note']} notes"
        work.reporter.emit("message", level="info", text=text)
