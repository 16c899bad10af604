"""Packages from anywhere: thousands of damaged and ill-meant ones neither end the process nor reach outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("mutations.py")


def tried(folder: Path, first: int, last: int) -> dict:
    pytest.importorskip("resource", reason="limits of memory need POSIX")
    command = [sys.executable, str(SCRIPT), str(folder), str(first), str(last)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ended by {done.returncode} at {done.stderr.splitlines()[-20:]}"
    return json.loads(done.stdout.splitlines()[-1])


def judge(found: dict, number: int) -> None:
    assert found["faults"] == []
    assert found["escapes"] == []
    assert found["left"] == ["here", "here/secret.onnx"]
    counts = found["counts"]
    assert counts["refused"] + counts["run"] == number
    assert counts["refused"] > number / 2
    assert counts["run"] > 0, "the mutations are too crude to reach the engine"


def test_two_hundred_mutated_packages(tmp_path: Path) -> None:
    judge(tried(tmp_path, 0, 200), 200)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_mutated_packages(tmp_path: Path) -> None:
    judge(tried(tmp_path, 1000, 11_000), 10_000)
