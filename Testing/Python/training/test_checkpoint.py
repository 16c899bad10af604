"""Checkpoints hold all that a resume needs, in one file, and refuse what does not belong."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from medopt.errors import MedOptError
from medopt.networks import UNet, build_network
from medopt.training.checkpoint import TrainingState, load_checkpoint, load_weights, read_state, save_checkpoint
from medopt.training.optimisation import MovingAverage, build_optimiser
from medopt.training.recipe import TrainingSettings

SETTINGS = TrainingSettings(patch=(8, 8, 8), steps=10)
STATE = TrainingState(7, 12.5, 0.8, 5, "digest", "unet", 7)


def network(width: int = 4, norm: str = "batch") -> nn.Module:
    settings = UNet(features=(width, 8), strides=((1, 1, 1), (2, 2, 2)), norm=norm)  # type: ignore[arg-type]
    return build_network(settings, channels=1, outputs=2, dims=3)


def learn(net: nn.Module, optimiser: torch.optim.Optimizer, average: MovingAverage, steps: int) -> None:
    for _ in range(steps):
        output = net(torch.randn(2, 1, 8, 8, 8))
        sum(level.square().mean() for level in output).backward()
        optimiser.step()
        optimiser.zero_grad()
        average.update(net)


@pytest.mark.parametrize("kind", ["muon", "adamw", "sgd"])
def test_a_resumed_training_goes_on_to_the_bit(tmp_path: Path, kind: str) -> None:
    settings = SETTINGS.model_copy(update={"optimiser": kind})
    torch.manual_seed(3)
    net = network().train()
    average, optimiser = MovingAverage(net, 0.9), build_optimiser(net, settings)
    learn(net, optimiser, average, 3)
    save_checkpoint(tmp_path / "last.safetensors", STATE, net, average, optimiser)
    learn(net, optimiser, average, 4)

    torch.manual_seed(99)
    other = network().train()
    other_average, other_optimiser = MovingAverage(other, 0.9), build_optimiser(other, settings)
    assert load_checkpoint(tmp_path / "last.safetensors", other, other_average, other_optimiser) == STATE
    other_average.updates = 3
    learn(other, other_optimiser, other_average, 4)
    for name, value in net.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name
        assert torch.equal(average.state[name], other_average.state[name]), name


def test_what_is_exported_is_the_moving_average(tmp_path: Path) -> None:
    net = network().train()
    average, optimiser = MovingAverage(net, 0.9), build_optimiser(net, SETTINGS)
    learn(net, optimiser, average, 3)
    save_checkpoint(tmp_path / "best.safetensors", STATE, net, average, optimiser)
    fresh = network()
    assert load_weights(tmp_path / "best.safetensors", fresh) == STATE
    for name, value in average.state.items():
        assert torch.equal(value, fresh.state_dict()[name])


def test_another_network_is_refused_and_named(tmp_path: Path) -> None:
    net = network()
    save_checkpoint(tmp_path / "a.safetensors", STATE, net, MovingAverage(net, 0.9), build_optimiser(net, SETTINGS))
    with pytest.raises(
        MedOptError, match=r"belongs to another network.*differing first at stages\.0\.0\.convolution.*Use the recipe"
    ):
        load_weights(tmp_path / "a.safetensors", network(width=6))


@pytest.mark.parametrize("length", [0, 1, 7, 8, 60, 500, 5000])
def test_a_truncated_file_is_one_clear_message(tmp_path: Path, length: int) -> None:
    net = network()
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, STATE, net, MovingAverage(net, 0.9), build_optimiser(net, SETTINGS))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(MedOptError, match="checkpoint is damaged"):
        read_state(path)


def test_foreign_and_newer_files_are_refused(tmp_path: Path) -> None:
    save_file({"w": torch.zeros(2)}, tmp_path / "foreign.safetensors")
    with pytest.raises(MedOptError, match="not a checkpoint of MedOpt"):
        read_state(tmp_path / "foreign.safetensors")
    save_file({"w": torch.zeros(2)}, tmp_path / "newer.safetensors", metadata={"format": "2", "state": "{}"})
    with pytest.raises(MedOptError, match=r"newer MedOpt: expected format 1, found 2\. Update MedOpt"):
        read_state(tmp_path / "newer.safetensors")
    with pytest.raises(MedOptError, match="there is no checkpoint"):
        read_state(tmp_path / "absent.safetensors")


def test_nothing_is_ever_unpickled(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(2)}, tmp_path / "pickled.safetensors")
    with pytest.raises(MedOptError, match="damaged"):
        read_state(tmp_path / "pickled.safetensors")
