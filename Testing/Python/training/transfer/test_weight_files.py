"""Weights from files: wrapped as training scripts wrap them, and never run."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from medopt.errors import MedOptError
from medopt.training.transfer.weight_files import read_weights


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))


class Harmful:
    """Unpickled, it writes a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch '{self.target}'",)


@pytest.mark.parametrize("wrap", [lambda h: h, lambda h: {"state_dict": small().state_dict(), "hyper": h}])
def test_a_harmful_file_is_refused_and_never_run(tmp_path: Path, wrap) -> None:
    mark = tmp_path / "it-ran"
    path = tmp_path / "model.pt"
    torch.save(wrap(Harmful(mark)), path)
    with pytest.raises(MedOptError, match=r"would have to be run to be read.*system.*Nothing in it was run") as caught:
        read_weights(path)
    assert not mark.exists()
    assert "weights_only" not in str(caught.value)  # torch's message explains how to switch safety off
    torch.load(path, weights_only=False)  # the payload is a real one
    assert mark.exists()


def test_a_pickled_network_is_refused_though_it_is_harmless(tmp_path: Path) -> None:
    torch.save(small(), tmp_path / "model.pth")
    with pytest.raises(MedOptError, match=r"would have to be run to be read.*safetensors"):
        read_weights(tmp_path / "model.pth")


@pytest.mark.parametrize("key", [None, "state_dict", "model", "network_weights", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_usual_wrappings_come_off(tmp_path: Path, key: str | None, prefix: str) -> None:
    weights = {prefix + name: value for name, value in small().state_dict().items()}
    torch.save(weights if key is None else {key: weights, "epoch": 3, "best": 0.9}, tmp_path / "model.pt")
    found = read_weights(tmp_path / "model.pt")
    assert list(found) == list(small().state_dict())
    for name, value in weights.items():
        assert torch.equal(found[name.removeprefix(prefix)], value)


def test_checkpoints_of_nnunet_are_read_with_their_curves_beside_the_weights(tmp_path: Path) -> None:
    kernel = torch.randn(4, 1, 3, 3, 3)
    content = {  # its keys and kinds of values; the same tensor stands there under several names
        "network_weights": {"encoder.stem.conv.weight": kernel, "decoder.encoder.stem.conv.weight": kernel},
        "optimizer_state": {"state": {}, "param_groups": [{"lr": 0.01}]},
        "logging": {"mean_fg_dice": [np.float64(0.5), np.float32(0.6)], "epoch": [np.int64(1)]},
        "init_args": {"configuration": "3d_fullres", "fold": 0},
        "inference_allowed_mirroring_axes": (0, 1, 2),
    }
    torch.save(content, tmp_path / "checkpoint_final.pth")
    found = read_weights(tmp_path / "checkpoint_final.pth")
    assert list(found) == ["encoder.stem.conv.weight"]
    assert torch.equal(found["encoder.stem.conv.weight"], kernel)


def test_safetensors_are_put_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    weights = {f"blocks.{n}.weight": torch.full((2,), float(n)) for n in (10, 2, 0)}
    save_file(weights, tmp_path / "w.safetensors")
    assert list(read_weights(tmp_path / "w.safetensors")) == ["blocks.0.weight", "blocks.2.weight", "blocks.10.weight"]


def test_of_a_checkpoint_of_medopt_the_averaged_weights_are_taken(tmp_path: Path) -> None:
    tensors = {
        "network.a.weight": torch.zeros(2),
        "average.a.weight": torch.ones(2),
        "optimiser.0.step": torch.ones(()),
    }
    save_file(tensors, tmp_path / "last.safetensors")
    found = read_weights(tmp_path / "last.safetensors")
    assert found.keys() == {"a.weight"}
    assert found["a.weight"].tolist() == [1, 1]


def test_a_program_is_told_from_weights(tmp_path: Path) -> None:
    torch.jit.script(small()).save(str(tmp_path / "model.pt"))
    with pytest.raises(MedOptError, match="program"):
        read_weights(tmp_path / "model.pt")


@pytest.mark.parametrize("content", [b"", b"not a file of torch", b"PK\x03\x04 broken"])
@pytest.mark.parametrize("name", ["model.pt", "model.safetensors"])
def test_damaged_files_are_told(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MedOptError, match="damaged"):
        read_weights(tmp_path / name)


def test_files_without_weights_and_missing_ones_are_told(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "model.pt")
    with pytest.raises(MedOptError, match=r"holds no weights.*found dict of epoch"):
        read_weights(tmp_path / "model.pt")
    with pytest.raises(MedOptError, match="no such file"):
        read_weights(tmp_path / "nothing.pt")
