"""The package read by MONAI's own tools for bundles, and packed as one file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from medopt.compression.package_folder import new_package, zip_package
from medopt.errors import MedOptError
from medopt.inference import load_model


@pytest.fixture
def package(finished_project_folder: Path) -> Path:
    return finished_project_folder / "models" / "run-001"


def test_monai_finds_every_required_property(package: Path) -> None:
    bundle = pytest.importorskip("monai.bundle", reason="monai is not installed")
    parser = bundle.ConfigParser()
    parser.read_meta(str(package / "configs" / "metadata.json"))
    parser.read_config(str(package / "configs" / "inference.json"))
    required = {name: entry["id"] for name, entry in bundle.MetaProperties.items() if entry["required"]}
    assert "version" in required
    for place in required.values():
        assert parser[place] is not None, place
    # MONAI reads shapes such as "8*n": its own check evaluates them for numbers n
    sides = [eval(side, {"n": 3}) for side in parser["_meta_#network_data_format#inputs#image#spatial_shape"]]  # noqa: S307
    channels = parser["_meta_#network_data_format#inputs#image#num_channels"]
    logits = load_model(package).runtime(np.zeros((1, channels, *sides), np.float32))
    outputs = parser["_meta_#network_data_format#outputs#pred"]
    assert logits.shape[1] == outputs["num_channels"] == len(outputs["channel_def"])
    assert logits.shape[2:] == tuple(eval(side, {"n": 3}) for side in outputs["spatial_shape"])  # noqa: S307


def test_packing_is_repeatable_and_loses_nothing(package: Path, tmp_path: Path) -> None:
    first, second = zip_package(package, tmp_path / "a.zip"), zip_package(package, tmp_path / "b.zip")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        for file in (p for p in package.rglob("*") if p.is_file()):
            assert archive.read(f"run-001/{file.relative_to(package).as_posix()}") == file.read_bytes()
    assert load_model(first).description == load_model(package).description
    (tmp_path / "empty").mkdir()
    with pytest.raises(MedOptError, match="no package to pack"):
        zip_package(tmp_path / "empty")


def test_a_package_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    with new_package(tmp_path / "m") as building:
        (building / "a").write_text("first")
    with pytest.raises(ZeroDivisionError), new_package(tmp_path / "m") as building:
        (building / "a").write_text(str(1 / 0))
    assert (tmp_path / "m" / "a").read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["m"]
