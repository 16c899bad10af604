"""A model package from anywhere is checked before it is used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from medopt.errors import MedOptError
from medopt.files import file_sha256
from medopt.inference import load_model


@pytest.fixture
def package(finished_project_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished_project_folder / "models" / "run-001", tmp_path / "model")
    return tmp_path / "model"


def change(package: Path, **section: object) -> None:
    path = package / "metadata.json"
    values = json.loads(path.read_text())
    values["medopt"].update(section)
    path.write_text(json.dumps(values))
    seal(package)


def seal(package: Path) -> None:
    """Write the list of files anew, so that what comes after it is reached."""
    names = [
        p.relative_to(package).as_posix() for p in package.rglob("*") if p.is_file() and p.name != "checksums.json"
    ]
    (package / "checksums.json").write_text(json.dumps({name: file_sha256(package / name) for name in names}))


def test_a_package_is_found_by_its_folder_or_its_file(package: Path) -> None:
    for path in (package, package / "model.onnx"):
        model = load_model(path)
        assert model.description.name == "run-001"
        assert model.runtime.name.startswith("onnxruntime")


def test_an_onnx_file_that_is_not_medopts_is_refused(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "foreign",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    onnx.save(helper.make_model(graph), tmp_path / "foreign.onnx")
    with pytest.raises(MedOptError, match=r"not a model of MedOpt.*medopt export"):
        load_model(tmp_path / "foreign.onnx")
    (tmp_path / "metadata.json").write_text('{"name": "somebody else\'s bundle"}')
    with pytest.raises(MedOptError, match="expected a section 'medopt'"):
        load_model(tmp_path / "foreign.onnx")


def test_changed_weights_are_refused(package: Path) -> None:
    data = bytearray((package / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (package / "model.onnx").write_bytes(data)
    with pytest.raises(MedOptError, match=r"model\.onnx: a file of the package was changed"):
        load_model(package)
    seal(package)
    with pytest.raises(MedOptError, match="not those of its description: expected SHA-256"):
        load_model(package)


def test_missing_and_damaged_files_are_named(package: Path) -> None:
    (package / "model.onnx").write_bytes(b"no model")
    change(package, sha256=file_sha256(package / "model.onnx"))
    with pytest.raises(MedOptError, match="not a model that can be trusted"):
        load_model(package)
    (package / "model.onnx").unlink()
    with pytest.raises(MedOptError, match="a file of the package is missing"):
        load_model(package)
    seal(package)
    with pytest.raises(MedOptError, match="weights are missing"):
        load_model(package)
    (package / "metadata.json").write_text("{")
    seal(package)
    with pytest.raises(MedOptError, match=r"metadata\.json: the file is damaged"):
        load_model(package)


def test_a_file_outside_the_package_is_refused(package: Path) -> None:
    shutil.copy(package / "model.onnx", package.parent / "other.onnx")
    change(package, file="../other.onnx")
    with pytest.raises(MedOptError, match="leaves its folder"):
        load_model(package)


def test_a_description_of_another_kind_names_the_field(package: Path) -> None:
    description = json.loads((package / "metadata.json").read_text())["medopt"]["description"]
    change(package, description={**description, "dimms": 3})
    with pytest.raises(MedOptError, match=r"unknown field 'dimms'.*did you mean 'dims'"):
        load_model(package)


def test_the_runtime_takes_several_windows(package: Path) -> None:
    model = load_model(package)
    windows = np.random.default_rng(3).normal(size=(2, 1, *model.description.patch)).astype(np.float32)
    both = model.runtime(windows)
    np.testing.assert_allclose(both[1:], model.runtime(windows[1:]), atol=1e-4)
