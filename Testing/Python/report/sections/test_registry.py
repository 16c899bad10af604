"""Every section builds from a finished run and from the barest one."""

from __future__ import annotations

from pathlib import Path

import pytest

from medopt.files import write_json
from medopt.report.record import read_record
from medopt.report.sections import SECTIONS


def test_a_finished_run_has_every_section_with_an_anchor_of_its_own(run_folder: Path) -> None:
    record = read_record(run_folder)
    sections = [build(record, None) for build in SECTIONS]
    assert all(section is not None and section.blocks for section in sections)
    anchors = [section.anchor for section in sections]
    assert len(anchors) == len(set(anchors))


@pytest.mark.parametrize("number", range(len(SECTIONS)))
def test_the_barest_run(tmp_path: Path, number: int) -> None:
    write_json(tmp_path / "run.json", {"format": 1})
    section = SECTIONS[number](read_record(tmp_path), None)
    assert section is None or section.blocks
