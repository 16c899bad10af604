"""The engine that a request is measured in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from MedOptValidateLib.compress_self_test import NAME, recordCompression
from MedOptValidateLib.compress_words import freeName

from medopt.files import read_json, write_json, write_text


def options(line):
    """Option → value of a command line."""
    return dict(pairwise(line))


@pytest.fixture
def allEngines(section):
    """Every engine is installed but torch."""
    section._lacking = lambda: {"onnxruntime": (), "openvino": (), "torch": ("torch",)}


def test_the_engine_only_measures(section, library, allEngines, tellPlan):
    section.tellPlan()
    assert "--runtime" not in library.started[-1]
    tellPlan(state="done")
    section.wish(engine="openvino")
    assert section.buttons()["compressButton"].enabled, "the plan is the same in any engine"
    section.startOrStop()
    assert options(library.started[-1])["--runtime"] == "openvino"


@pytest.mark.parametrize(("engine", "chosen"), [("openvino", "openvino"), ("torch", "onnxruntime")])
def test_a_request_is_measured_again_in_its_engine_where_that_is_installed(
    section, library, project, allEngines, engine, chosen, again, tellPlan
):
    folder = recordCompression(project)
    write_json(folder / "front.json", {**read_json(folder / "front.json"), "engine": engine})
    again()
    assert f"measured in {engine}" in section.text
    assert section.wishes.engine == chosen
    assert f"Measure in {chosen}" in section.buttons()["resumeCompressButton"].toolTip
    section.wish(engine="onnxruntime")
    section.resume()
    line = library.started[-1]
    assert options(line)["--runtime"] == "onnxruntime"
    assert line.count("--runtime") == 1
    tellPlan(folder)
    assert section.view.name == NAME
    assert section.wishes.engine == "onnxruntime", "as was asked for, whatever is still on disk"


def test_a_stopped_request_goes_on_in_its_engine(section, project, allEngines, again):
    folder = recordCompression(project, finished=False)
    for path in (folder / "scores").iterdir():
        write_json(path, {"cases": [], "engine": "openvino"})
    again()
    assert section.wishes.engine == "openvino"
    write_text(folder / "scores" / f"{NAME}-control.json", "{")
    again()
    assert "damaged" in section.text


def test_without_a_project_there_is_no_engine(section):
    section.setProject(None)
    assert section.engines() == {}


def test_names_of_requests_are_free_and_short(tmp_path):
    from medopt.project.names import is_safe_name

    assert freeName(tmp_path, "run-001") == "run-001-small"
    for taken in ("run-001-small", "run-001-small-2"):
        (tmp_path / taken).mkdir()
    assert freeName(tmp_path, "run-001") == "run-001-small-3"
    long = freeName(tmp_path, "cv-001/" + "x" * 60)
    assert len(long) <= 40
    assert is_safe_name(long)
