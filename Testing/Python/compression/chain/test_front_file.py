"""What a request came to, read back: without torch, complete, and with clear words where it is damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from medopt.compression.chain.choice import Candidate, Rules
from medopt.compression.chain.front_file import read_front
from medopt.errors import MedOptError
from medopt.files import write_json

TEACHER = Candidate(
    "a-teacher", "teacher", 32, 100, 1000, 400, 8.0, 0.9, 1.0, 1.0, 1.0, (("Front", 1.0),), is_reference=True
)
SMALL = Candidate("a-width-50-int8", "width-50", 8, 25, 250, 30, 2.0, 0.88, 0.978, None, None, (("Front", None),))
RULES = Rules(0.95, 0.9, 5.0, None)


def written(folder: Path, **changes: Any) -> Path:
    facts = {
        "format": 1,
        "run": "run-001",
        "metric": "dice",
        "validation_cases": 7,
        "rules": asdict(RULES),
        "candidates": [{**asdict(one), "times_faster": 8 / one.latency_ms} for one in (TEACHER, SMALL)],
        "front": ["a-width-50-int8", "a-teacher"],
        "taken": None,
        "nearest": "a-width-50-int8",
        "refused": {"a-width-50-int8": ["no interval"]},
        "ended": {"pruned-75": "hopeless"},
        "left_out": {},
    }
    write_json(folder / "front.json", {**facts, **changes})
    return folder / "front.json"


def test_what_was_written_is_read_the_fastest_first(tmp_path: Path) -> None:
    front = read_front(written(tmp_path))
    assert front.candidates == (SMALL, TEACHER)
    assert front.rules == RULES
    assert front.faster == {"a-teacher": 1.0, "a-width-50-int8": 4.0}
    assert front.refused == {"a-width-50-int8": ("no interval",)}
    assert (front.engine, front.taken, front.nearest) == ("onnxruntime", None, "a-width-50-int8")
    assert front.demanded == pytest.approx(0.95 * 0.9)


def test_without_a_score_of_a_reference_nothing_is_demanded(tmp_path: Path) -> None:
    candidates = [{**asdict(TEACHER), "score": None, "times_faster": 1.0}]
    assert read_front(written(tmp_path, candidates=candidates)).demanded is None


def test_fields_of_later_versions_are_passed_over(tmp_path: Path) -> None:
    candidates = [{**asdict(SMALL), "times_faster": 4.0, "watts": 3}]
    assert read_front(written(tmp_path, candidates=candidates, engine="openvino")).engine == "openvino"


@pytest.mark.parametrize(
    "changes",
    [{"candidates": None}, {"candidates": [{}]}, {"rules": {"keep": 1, "else": 2}}, {"refused": []}, {"format": "1"}],
)
def test_damaged_files_are_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(MedOptError, match=r"front\.json: the front is damaged"):
        read_front(written(tmp_path, **changes))


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match=r"newer MedOpt.*format 1"):
        read_front(written(tmp_path, format=2))
    (tmp_path / "front.json").write_text(json.dumps([1]), encoding="utf-8")
    with pytest.raises(MedOptError, match="damaged"):
        read_front(tmp_path / "front.json")


def test_plans_and_fronts_are_read_without_torch() -> None:
    code = (
        "import sys\n"
        "import medopt.compression.chain.plan, medopt.compression.chain.front_file, medopt.compression.chain.front\n"
        "print('torch' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
