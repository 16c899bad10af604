"""The package as it is installed: nothing heavy on import, no file forgotten."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "MedOptCore" / "medopt"

HEAVY = ("torch", "torchvision", "monai", "onnx", "onnxruntime", "onnxscript", "matplotlib", "pandas")
"""What must never be loaded into Slicer's own process, and would make `medopt --help` slow."""

LIGHT_ROOMS = ("image", "io", "project", "preprocess", "metrics", "jobs", "scene", "synthetic", "cli")
"""Rooms that run inside Slicer's process, and the command line."""


def modules_after(statement: str) -> set[str]:
    """Names of top-level modules that a fresh interpreter has loaded after ``statement``."""
    program = f"import sys; {statement}; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    return set(answer.stdout.split())


@pytest.mark.parametrize("room", [room for room in LIGHT_ROOMS if (PACKAGE / room / "__init__.py").exists()])
def test_importing_a_light_room_loads_nothing_heavy(room):
    assert modules_after(f"import medopt.{room}") & set(HEAVY) == set()


def test_importing_the_package_loads_the_standard_library_alone():
    allowed = set(sys.stdlib_module_names) | {"medopt"} | modules_after("pass")
    assert modules_after("import medopt") - allowed == set()


def test_jobs_load_the_standard_library_alone():
    allowed = set(sys.stdlib_module_names) | {"medopt"} | modules_after("pass")
    assert modules_after("import medopt.jobs") - allowed == set()


def test_every_command_is_declared_without_heavy_imports():
    loaded = modules_after("from medopt.cli import make_app; import typer.main; typer.main.get_command(make_app())")
    assert loaded & {*HEAVY, "numpy", "scipy", "SimpleITK", "sqlalchemy", "pydicom"} == set()


def test_every_folder_of_the_package_is_importable():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_wheel_contains_every_file(tmp_path):
    pytest.importorskip("setuptools")
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")
    shutil.copytree(PACKAGE, source / "MedOptCore" / "medopt", ignore=ignore)
    for name in ("pyproject.toml", "LICENSE.txt"):
        shutil.copy(ROOT / name, source)
    (source / "README.md").write_text("The real one is checked by the build itself.\n")
    program = f"from setuptools import build_meta; print(build_meta.build_wheel({str(tmp_path)!r}))"
    environment = {**os.environ, "PYTHONPATH": ""}
    subprocess.run([sys.executable, "-c", program], cwd=source, env=environment, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("medopt/")}
    inside = source / "MedOptCore"
    there = {path.relative_to(inside).as_posix() for path in (inside / "medopt").rglob("*") if path.is_file()}
    assert packed == there
    assert "medopt/cli/app.py" in packed
    assert "medopt/py.typed" in packed
