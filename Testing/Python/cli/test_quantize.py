"""``medopt quantize`` and ``medopt windows``: what they hand to the rooms that do the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from medopt.cli.options import RuntimeName
from medopt.cli.quantize import project_of
from medopt.errors import MedOptError
from medopt.inference import DEFAULT_RUNTIME, RUNTIMES


def test_the_options_name_every_runtime() -> None:
    assert [name.value for name in RuntimeName] == list(RUNTIMES)
    assert next(iter(RUNTIMES)) == DEFAULT_RUNTIME


def test_quantize_finds_the_project_and_hands_on_the_settings(medopt, project, stand_in):
    model = project.models_folder / "small"
    model.mkdir(parents=True)
    calls = stand_in(
        "medopt.compression.quantize", QuantizeSettings=lambda **given: given, quantize_package=lambda *a, **o: model
    )
    answer = medopt("quantize", model, "--bits", "16", "--name", "half", "--keep", "0.999", "--held-out", "5")
    assert answer.exit_code == 0, answer.output
    arguments, options = calls["quantize_package"][0]
    assert arguments[0].folder == project.folder
    assert arguments[1] == model
    assert (arguments[2]["bits"], arguments[2]["keep"], arguments[2]["held_out"]) == (16, 0.999, 5)
    assert options["name"] == "half"


def test_a_run_is_exported_first(medopt, project, stand_in):
    run = project.runs_folder / "run-001"
    run.mkdir()
    (run / "run.json").write_text("{}")
    exported = stand_in("medopt.compression", export_run=project.models_folder / "run-001")
    calls = stand_in(
        "medopt.compression.quantize", QuantizeSettings=lambda **given: given, quantize_package=lambda *a, **o: None
    )
    answer = medopt("quantize", run)
    assert answer.exit_code == 0, answer.output
    assert exported["export_run"][0][0][1] == "run-001"
    assert calls["quantize_package"][0][0][1] == project.models_folder / "run-001"


def test_a_model_outside_of_projects_needs_to_be_told_one(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match=r"lies in no project.*--project"):
        project_of(tmp_path / "model")
