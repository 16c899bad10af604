"""Starting jobs, and with which interpreter."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.jobs import interpreter, start_job

ENVIRONMENT = (
    "import json, os, sys, medopt; folder = sys.argv[sys.argv.index('--job') + 1]; "
    "json.dump([sys.argv[1:], os.environ['PYTHONPATH'], medopt.__file__, os.getsid(0) == os.getpid()], "
    "open(folder + '/seen.json', 'w'))"
)


def test_the_worker_gets_the_arguments_the_folder_and_the_same_medopt(tmp_path, monkeypatch):
    import json

    import medopt

    monkeypatch.setenv("PYTHONPATH", "one" + os.pathsep + "two")
    folder = tmp_path / "a job"
    job = start_job(["train", "my project"], folder, python=[sys.executable, "-c", ENVIRONMENT])
    job.wait(30)
    arguments, path, found, own_session = json.loads((folder / "seen.json").read_text())
    assert arguments == ["-m", "medopt", "train", "my project", "--job", str(folder), "--events", "json"]
    assert path.split(os.pathsep) == [str(Path(medopt.__file__).resolve().parents[1]), "one", "two"]
    assert Path(found) == Path(medopt.__file__)
    assert own_session


def test_a_folder_is_used_by_one_job_only(tmp_path):
    start_job(["status"], tmp_path / "j", python=[sys.executable, "-c", "pass"])
    with pytest.raises(MedOptError, match="holds a job already"):
        start_job(["status"], tmp_path / "j", python=[sys.executable, "-c", "pass"])


def test_an_interpreter_that_is_not_there(tmp_path):
    with pytest.raises(MedOptError, match="the worker cannot be started: found No such file"):
        start_job(["status"], tmp_path / "j", python=[str(tmp_path / "python")])


def test_no_command(tmp_path):
    with pytest.raises(MedOptError, match="no command to start"):
        start_job([], tmp_path / "j")


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MedOptError, match="cannot be written"):
        start_job(["status"], tmp_path / "file" / "j", python=[sys.executable, "-c", "pass"])


def test_outside_slicer_it_is_this_interpreter(monkeypatch):
    monkeypatch.setitem(sys.modules, "slicer", types.ModuleType("slicer"))  # the slicer-core wheel has no app
    assert interpreter() == [sys.executable]


@pytest.mark.parametrize("place", ["bin/PythonSlicer", "PythonSlicer"])
def test_inside_slicer_it_is_pythonslicer_beside_it(tmp_path, monkeypatch, place):
    (tmp_path / "bin").mkdir()
    (tmp_path / place).touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "SlicerApp-real"))
    monkeypatch.setenv("PATH", "")
    assert interpreter() == [str(tmp_path / place)]


def test_inside_slicer_pythonslicer_is_found_on_the_path(tmp_path, monkeypatch):
    slicer = types.ModuleType("slicer")
    slicer.app = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "slicer", slicer)
    program = tmp_path / "PythonSlicer"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreter() == [str(program)]


def test_slicer_without_pythonslicer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "SlicerApp-real"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MedOptError, match="Slicer's Python interpreter is not found"):
        interpreter()
