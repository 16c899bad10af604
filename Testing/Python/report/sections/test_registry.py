"""Every section builds from a finished run and from the barest one."""

from __future__ import annotations

from pathlib import Path

import pytest

from medopt.files import write_json
from medopt.report.record import read_record
from medopt.report.sections import SECTIONS

ANCHORS = [
    *("cases", "scores", "fit", "subgroups", "training", "all-cases", "data", "recipe", "method", "limits"),
    *("provenance", "checklists"),
]


def test_a_finished_run_has_every_section_with_an_anchor_of_its_own(run_folder: Path) -> None:
    record = read_record(run_folder)
    sections = [build(record, None) for build in SECTIONS]
    present = [section for section in sections if section is not None]
    assert all(section.blocks for section in present)
    anchors = [section.anchor for section in present]
    assert anchors == ANCHORS


@pytest.mark.parametrize("task", ["classified_run", "detected_run"])
def test_other_tasks_have_the_same_sections(request: pytest.FixtureRequest, task: str) -> None:
    record = read_record(request.getfixturevalue(task))
    present = [section for section in (build(record, None) for build in SECTIONS) if section is not None]
    assert [section.anchor for section in present] == ANCHORS


@pytest.mark.parametrize("number", range(len(SECTIONS)))
def test_the_barest_run(tmp_path: Path, number: int) -> None:
    write_json(tmp_path / "run.json", {"format": 1})
    section = SECTIONS[number](read_record(tmp_path), None)
    assert section is None or section.blocks
