"""The head of the report in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medopt.report.record import read_record
from medopt.report.verdict import headline
from medopt.validation import MEAN


def test_the_main_figure_with_interval_and_n(run_folder: Path) -> None:
    record = read_record(run_folder)
    row = record.results.row(MEAN, "dice")
    head = headline(record)
    assert head.value == f"{row.estimate:.2f}"
    assert head.interval == f"[{row.low:.2f}, {row.high:.2f}]"
    assert head.of_what == "mean Dice over Anterior and Posterior"
    assert head.n == f"with 95 % interval, n = {row.n_subjects} subjects"
    assert [s.name for s in head.structures] == ["Anterior", "Posterior"]
    text = " ".join(head.sentences)
    assert "A U-Net with 1,234,567 parameters was trained on 6 subjects for 2.0 min" in text
    assert "test subjects, whom it never saw" in text
    assert f"Against the training cases: {record.gap.verdict}" in text


def test_without_the_training_cases_overfitting_is_open(run_folder: Path) -> None:
    record = replace(read_record(run_folder), gap=None)
    assert "Whether it overfits is open" in " ".join(headline(record).sentences)


def test_the_training_part_is_not_sold_as_unseen(run_folder: Path) -> None:
    text = " ".join(headline(read_record(run_folder, "train")).sentences)
    assert "training subjects, on whom it learned" in text
    assert "never saw" not in text


def test_an_interval_that_was_refused_is_told_with_the_reason(run_folder: Path) -> None:
    record = read_record(run_folder)
    rows = tuple(replace(r, low=None, high=None, note="too few subjects") for r in record.results.summary)
    head = headline(replace(record, results=replace(record.results, summary=rows)))
    assert head.interval == ""
    assert "interval" not in head.n
    assert "There is no interval: too few subjects." in head.sentences


def test_nothing_measured(run_folder: Path) -> None:
    head = headline(read_record(run_folder, None))
    assert head.value == "–"
    assert head.sentences[-1] == "Measure the run with: medopt validate PROJECT"
    assert "0.874" in " ".join(head.sentences)
