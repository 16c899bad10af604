"""The small files of a job."""

from __future__ import annotations

import os

import pytest

from medopt.jobs.process import mark_of
from medopt.jobs.record import ExitRecord, JobRecord, StartRecord


def test_records_come_back_as_they_were(tmp_path):
    records = [
        StartRecord("train", "2026-01-01", mark_of(os.getpid())),
        JobRecord("a1", "train", "2026-01-01", mark_of(os.getpid()), 77),
        ExitRecord("a1", "failed", 1, "no split.", "2026-01-02"),
    ]
    for record in records:
        record.save(tmp_path)
        assert type(record).read(tmp_path) == record


@pytest.mark.parametrize("text", ["", "[]", "3", '{"state": []}', '{"process": {"pid": null}}', "{"])
def test_damage_gives_none(tmp_path, text):
    for name in ("job.json", "exit.json"):
        (tmp_path / name).write_text(text)
    assert JobRecord.read(tmp_path) is None
    assert ExitRecord.read(tmp_path) is None
