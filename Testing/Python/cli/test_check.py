"""``medopt check``."""

from __future__ import annotations

import json

from medopt.jobs import list_jobs


def test_sound_data(medopt, project):
    answer = medopt("check", project.folder)
    assert answer.exit_code == 0, answer.output
    assert "0 errors" in answer.output
    assert list_jobs(project.folder)[0].status().state == "done"


def test_a_damaged_image_is_found_and_named(medopt, project):
    case = project.cases()[3].id
    path = project.image_paths(case)[0]
    path.write_bytes(path.read_bytes()[:-200])
    answer = medopt("check", project.folder, "--events", "json")
    assert answer.exit_code == 0
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    rows = next(event["rows"] for event in events if event.get("title") == "Findings")
    assert [(row["case"], row["severity"]) for row in rows if row["severity"] == "error"] == [(case, "error")]
    assert rows[0].keys() == {"case", "severity", "problem", "expected", "found", "what to do"}
