"""Three parts side by side, their gaps, and how often somebody looked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from results_made import classified

from medopt.errors import MedOptError
from medopt.files import write_json
from medopt.validation.sides import read_looks, read_sides


def of(part: str, letter: str):
    results = classified(names=tuple(f"{letter}{n:02d}" for n in range(24)))
    return replace(results, subset=part)


def test_parts_stand_side_by_side_with_gaps_to_training(tmp_path: Path) -> None:
    for part, letter in (("train", "a"), ("validation", "b"), ("test", "c")):
        of(part, letter).save(tmp_path / f"metrics-{part}.json")
    sides = read_sides(tmp_path)
    assert sides is not None
    assert [side.part for side in sides.sides] == ["train", "validation", "test"]
    assert [part for part, _ in sides.gaps] == ["validation", "test"]
    assert sides.verdict is not None
    assert sides.verdict.gap == pytest.approx(0)  # the same scores under other names
    assert sides.verdict.low < 0 < sides.verdict.high  # type: ignore[operator]


def test_without_training_there_is_no_gap(tmp_path: Path) -> None:
    of("test", "c").save(tmp_path / "metrics-test.json")
    sides = read_sides(tmp_path)
    assert sides is not None
    assert sides.gaps == ()
    assert sides.verdict is None
    assert read_sides(tmp_path / "nowhere") is None


def test_parts_of_other_weights_and_shared_subjects_make_no_gap(tmp_path: Path) -> None:
    of("test", "c").save(tmp_path / "metrics-test.json")
    replace(of("train", "a"), model="older").save(tmp_path / "metrics-train.json")
    assert [side.part for side in read_sides(tmp_path).sides] == ["test"]  # type: ignore[union-attr]
    of("train", "c").save(tmp_path / "metrics-train.json")
    assert read_sides(tmp_path).gaps == ()  # type: ignore[union-attr]


def test_a_damaged_record_of_looks_is_told(tmp_path: Path) -> None:
    assert read_looks(tmp_path) is None
    write_json(tmp_path / "test-looks.json", {"looks": "many"})
    with pytest.raises(MedOptError, match="record of the looks is damaged"):
        read_looks(tmp_path)
