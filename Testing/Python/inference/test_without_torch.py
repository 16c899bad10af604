"""An exported model runs where nothing of the training is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from medopt.project import Project

CODE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {heavy!r}:
            raise ModuleNotFoundError(name + " was asked for", name=name)

sys.meta_path.insert(0, Refuse())
from medopt.cli import main
sys.argv = ["medopt", "predict", *{arguments!r}]
try:
    main()
finally:
    print("loaded:", sorted(set({heavy!r}) & set(sys.modules)))
"""
HEAVY = ["torch", "monai", "onnx", "onnxscript", "safetensors", "openvino", "matplotlib", "optuna", "jinja2"]


def test_predicting_needs_no_torch(finished_project_folder: Path, tmp_path: Path) -> None:
    project = Project.open(finished_project_folder)
    scan = project.image_paths(project.cases()[0].id)[0]
    arguments = [str(project.models_folder / "run-001"), str(scan), "--output", str(tmp_path / "out")]
    code = CODE.format(heavy=HEAVY, arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    assert "loaded: []" in done.stdout
    assert "Running on onnxruntime" in done.stdout
    assert len(list((tmp_path / "out").glob("*.seg.nrrd"))) == 1
