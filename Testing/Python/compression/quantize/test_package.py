"""A quantized package: smaller, measured, and made of training cases alone."""

from __future__ import annotations

import json
from typing import Any

import onnx
import pytest

from medopt.compression.quantize import QuantizeSettings, package, quantize_package
from medopt.compression.quantize.calibration import calibration_windows
from medopt.errors import MedOptError
from medopt.inference import load_model, predict_image
from medopt.project import Project, load_split
from medopt.project.splitting import list_openings


@pytest.mark.parametrize(("bits", "operator"), [(8, "QuantizeLinear"), (16, "Cast")])
def test_the_package_tells_what_was_done_and_what_it_costs(finished_project: Project, bits: int, operator: str) -> None:
    source, split = finished_project.models_folder / "run-001", load_split(finished_project)
    looks = len(list_openings(finished_project))
    settings = QuantizeSettings(bits=bits, cases=4, windows=1, keep=0.9, allowed=0.01)
    folder = quantize_package(finished_project, source, settings)
    assert folder.name == ("run-001-int8" if bits == 8 else "run-001-fp16")
    assert operator in {node.op_type for node in onnx.load(folder / "model.onnx").graph.node}
    assert (folder / "model.onnx").stat().st_size < (source / "model.onnx").stat().st_size
    facts = json.loads((folder / "metadata.json").read_text())["medopt"]
    assert facts["quantization"]["of"]["name"] == "run-001"
    assert set(facts["parity"]["cases"]) == set(split.test)
    assert facts["parity"]["metric"] == "dice"
    assert abs(1 - facts["parity"]["ratio"]) < 0.1
    assert facts["run"] == "run-001"
    assert len(list_openings(finished_project)) == looks + 1
    assert "Made smaller" in (folder / "card.md").read_text()
    if bits == 8:
        assert facts["quantization"]["engine"] == "onnxruntime"
        search = facts["quantization"]["search"]
        assert set(search["cases"]) <= set(split.train)
        check_choice(search, settings.allowed)
        with pytest.raises(MedOptError, match="in 8 bit already"):
            quantize_package(finished_project, folder)
    model = load_model(folder)
    image = finished_project.read_image(split.test[0])
    assert predict_image(image, model).geometry == image.geometry


def check_choice(search: dict[str, Any], allowed: float) -> None:
    """The way of least loss is taken, or the best of the other kind where that keeps the allowance and was faster."""
    chosen, ways = search["chosen"], search["tried"][:6]
    alike = [way["loss"] for way in ways if way["symmetric"] is chosen["symmetric"]]
    others = [way["loss"] for way in ways if way["symmetric"] is not chosen["symmetric"]]
    assert chosen["loss"] == min(alike)
    if chosen["loss"] > min(others):
        times = search["milliseconds"]
        own, other = ("symmetric", "asymmetric") if chosen["symmetric"] else ("asymmetric", "symmetric")
        assert chosen["loss"] <= allowed
        assert times[own] < times[other]


def test_too_much_loss_writes_nothing(finished_project: Project) -> None:
    source = finished_project.models_folder / "run-001"
    with pytest.raises(MedOptError, match=r"16 bit lose too much: expected at least 1\.5 of the dice"):
        quantize_package(finished_project, source, QuantizeSettings(bits=16, keep=1.5))
    assert [p.name for p in finished_project.models_folder.iterdir()] == ["run-001"]
    with pytest.raises(MedOptError, match="would replace the one it is made of"):
        quantize_package(finished_project, source, QuantizeSettings(bits=16), name="run-001")


def test_half_of_the_windows_hold_foreground(finished_project: Project) -> None:
    description = load_model(finished_project.models_folder / "run-001").description
    small = description.model_copy(update={"patch": (4, 4, 4), "divisor": (2, 2, 2)})
    case = load_split(finished_project).train[0]
    windows = calibration_windows(finished_project, small, [case], 4)
    assert len(windows) == 4
    assert all(window.shape[1] == 1 for window in windows)
    with pytest.raises(MedOptError, match="no case to calibrate on"):
        calibration_windows(finished_project, small, [], 4)


def test_the_proof_is_made_in_the_engine_that_is_asked_for(
    finished_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def opening(path: Any, **options: Any) -> Any:
        opened.append(options.get("runtime", "onnxruntime"))
        return load_model(path, **options)

    monkeypatch.setattr(package, "load_model", opening)
    source = finished_project.models_folder / "run-001"
    folder = quantize_package(finished_project, source, QuantizeSettings(bits=16, engine="torch"))
    assert opened == ["torch", "torch"]
    facts = json.loads((folder / "metadata.json").read_text())["medopt"]
    assert facts["parity"]["runtime"].startswith("torch")
