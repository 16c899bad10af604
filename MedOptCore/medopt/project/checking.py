"""Verification of a project: every case by itself, then all together."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from medopt.events import Progress, Reporter, Silence
from medopt.project.case_checks import CaseFacts, look_at
from medopt.project.cohort_checks import find_duplicates, find_empty_labels, find_missing_classes, find_outliers
from medopt.project.project import Project
from medopt.project.records import Case, Finding
from medopt.project.schema import CASES, LABEL_VERSIONS

_ORDER = {"error": 0, "warning": 1, "note": 2}


def check_project(project: Project, *, reporter: Reporter | None = None) -> tuple[Finding, ...]:
    """Read every case and say what is wrong or unusual; errors first, then warnings, then notes, by case.

    Looks for unreadable, truncated, missing and changed files; images that are constant or hold NaN; labels that are
    empty, on another grid, of other classes or outside the body; boxes outside the image, drawn twice or hardly meant;
    other than one of exclusive classes; the same image twice; classes that are missing; intensities that stand out;
    damage of the catalogue. Nothing is changed. Empty for a sound or empty project.
    """
    findings = [
        Finding("", "error", "the catalogue is damaged", "a sound file", text, "Put back a copy of catalogue.db")
        for text in project.catalogue.problems()
    ]
    facts = list(_look_at_all(project, project.cases(), reporter or Silence()))
    findings += [finding for one in facts for finding in one.findings]
    findings += find_duplicates(facts)
    findings += find_empty_labels(facts, project.settings)
    findings += find_missing_classes(facts, project.settings)
    findings += find_outliers(facts, project.settings.channels)
    return tuple(sorted(findings, key=lambda finding: (_ORDER[finding.severity], finding.case, finding.problem)))


def _look_at_all(project: Project, cases: list[Case], reporter: Reporter) -> Iterable[CaseFacts]:
    query = select(CASES.c.id, LABEL_VERSIONS.c.file_sha256).join(
        LABEL_VERSIONS,
        (LABEL_VERSIONS.c.case_id == CASES.c.id) & (LABEL_VERSIONS.c.version == CASES.c.label_version),
    )
    with project.catalogue.read() as connection:
        hashes = {row.id: row.file_sha256 for row in connection.execute(query)}
    progress = Progress(reporter, "check", len(cases))
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="check") as workers:
        for facts in workers.map(lambda case: look_at(project, case, hashes.get(case.id)), cases):
            progress.advance()
            yield facts
