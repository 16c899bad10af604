"""The share of a process is set before anything heavy loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import medopt

SHOW = """
import json, os, sys
names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
print(json.dumps([__name__, sys.argv[1:], [os.environ.get(n) for n in names], "numpy" in sys.modules]))
"""


def show(tmp_path: Path, *arguments: str) -> list:
    (tmp_path / "shown.py").write_text(SHOW)
    paths = os.pathsep.join([str(Path(medopt.__file__).parents[1]), str(tmp_path)])
    command = [sys.executable, "-m", "medopt.jobs.fanout.limited", *arguments]
    environment = {**os.environ, "PYTHONPATH": paths, "CUDA_VISIBLE_DEVICES": "7"}
    return json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def test_threads_and_device(tmp_path: Path) -> None:
    assert show(tmp_path, "3", "1", "-m", "shown", "a", "--b") == ["__main__", ["a", "--b"], ["3", "3", "1"], False]
    assert show(tmp_path, "1", "-", "-m", "shown")[2] == ["1", "1", "7"]
