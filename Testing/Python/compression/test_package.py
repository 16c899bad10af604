"""What stands beside the weights says what goes in and out, for each task."""

from __future__ import annotations

import json

import pytest

from medopt.compression.package import package_metadata, write_configs
from medopt.inference import InferenceSettings, ModelDescription
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo


def description(task: str, dims: int = 3, multi_label: bool = False) -> ModelDescription:
    return ModelDescription(
        task=task,
        name="net",
        dims=dims,
        channels=("MR",),
        classes=tuple(ClassInfo(value=v, name=n, color="#e69f00") for v, n in ((1, "well"), (4, "ill"))),
        multi_label=multi_label,
        stride=(1, 4, 4) if task == "detection" else (1, 1, 1),
        preprocess=PreprocessSettings(),
        patch=(1, 32, 32) if dims == 2 else (16, 32, 32),
        divisor=(1, 16, 16),
        inference=InferenceSettings(),
    )


@pytest.mark.parametrize(
    ("task", "dims", "channels", "shape"),
    [
        ("segmentation", 3, ["background", "well", "ill"], ["1*n", "16*n", "16*n"]),
        ("classification", 2, ["well", "ill"], []),
        (
            "detection",
            2,
            ["center of well", "center of ill", "log size j", "log size i", "offset j", "offset i"],
            ["4*n", "4*n"],
        ),
    ],
)
def test_outputs(task: str, dims: int, channels: list[str], shape: list[str]) -> None:
    model = description(task, dims)
    output = package_metadata(model, {})["network_data_format"]["outputs"]["pred"]
    assert list(output["channel_def"].values()) == channels
    assert output["num_channels"] == len(channels) == model.build_task().outputs
    assert output["spatial_shape"] == shape
    assert package_metadata(model, {})["task"] == f"{dims}D {task}"


@pytest.mark.parametrize(
    ("task", "multi_label", "words"),
    [
        ("segmentation", False, "take the largest class"),
        ("classification", False, "softmax over the classes"),
        ("classification", True, "sigmoid of each class"),
        ("detection", False, "is the centre of a box"),
    ],
)
def test_the_way_to_an_answer_is_told(tmp_path, task: str, multi_label: bool, words: str) -> None:
    (tmp_path / "metadata.json").write_text("{}")
    write_configs(tmp_path, description(task, multi_label=multi_label))
    config = json.loads((tmp_path / "configs" / "inference.json").read_text())
    assert words in " ".join(config["steps"])
    assert config["stride"] == ([1, 4, 4] if task == "detection" else [1, 1, 1])
    assert (tmp_path / "configs" / "metadata.json").read_text() == "{}"
