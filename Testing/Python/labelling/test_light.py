"""The room can be imported in Slicer's own process: nothing heavy comes along."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
import medopt.labelling as room

for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
    importlib.import_module(module.name)
heavy = {"torch", "torchvision", "monai", "onnx", "onnxruntime", "onnxscript", "matplotlib", "pandas"}
print(sorted(heavy & set(sys.modules)))
"""


def test_no_module_loads_torch_or_matplotlib() -> None:
    answer = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120)
    assert answer.stdout.strip() == "[]"
