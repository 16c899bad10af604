"""MONAI bundles: weights and the names in their metadata, read as plain data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from medopt.errors import MedOptError
from medopt.training.transfer.bundle import is_bundle, read_bundle

METADATA = {
    "version": "0.1.0",
    "network_data_format": {
        "inputs": {"image": {"type": "image", "num_channels": 2, "channel_def": {"0": "T1", "1": "T2"}}},
        "outputs": {
            "pred": {"type": "image", "format": "segmentation", "channel_def": {"1": "spleen", "0": "background"}}
        },
    },
}


def bundle(folder: Path, metadata: object = METADATA, weights: str = "model.pt") -> Path:
    (folder / "models").mkdir(parents=True)
    (folder / "configs").mkdir()
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    torch.save({"a.weight": torch.ones(2)}, folder / "models" / weights)
    return folder


def test_names_of_classes_and_channels_come_from_the_metadata(tmp_path: Path) -> None:
    found = read_bundle(bundle(tmp_path / "b"))
    assert found.weights.name == "model.pt"
    assert found.task == "segmentation"
    assert found.rows == ("background", "spleen")
    assert found.channels == ("T1", "T2")


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        [],
        {"network_data_format": {"outputs": {"pred": {"channel_def": {"0": "a", "2": "b"}}}}},
        {"network_data_format": 3},
    ],
)
def test_what_the_metadata_does_not_say_is_not_known(tmp_path: Path, metadata: object) -> None:
    found = read_bundle(bundle(tmp_path / "b", metadata))
    assert (found.task, found.rows, found.channels) == (None, None, None)


def test_expressions_in_a_configuration_stay_text(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    harmful = f"$open({str(mark)!r}, 'w').close()"
    said = {"network_data_format": {"outputs": {"pred": {"channel_def": {"0": harmful}}}}}
    folder = bundle(tmp_path / "b", said)
    (folder / "configs" / "train.yaml").write_text(f"x: !!python/object/apply:os.system ['touch {mark}']", "utf-8")
    assert read_bundle(folder).rows == (harmful,)
    (folder / "configs" / "metadata.json").unlink()
    (folder / "configs" / "metadata.yaml").write_text(f"x: !!python/object/apply:os.system ['touch {mark}']", "utf-8")
    with pytest.raises(MedOptError, match="not readable as YAML"):
        read_bundle(folder)
    assert not mark.exists()


def test_programs_are_not_taken(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b", weights="model.ts")
    assert is_bundle(folder)
    assert not is_bundle(tmp_path)
    with pytest.raises(MedOptError, match=r"no weights that can be taken over.*found model.ts"):
        read_bundle(folder)
