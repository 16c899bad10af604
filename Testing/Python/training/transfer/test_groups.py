"""Rates by depth, warm-up of what was transferred, and parts that stay as they are to the bit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medopt.errors import MedOptError
from medopt.networks import build_network
from medopt.networks.unet import UNet
from medopt.training.transfer import Freezing, TransferReport, TransferSettings, parameter_groups, rate_of, scale_rates
from medopt.training.transfer.begin import transfer
from medopt.training.transfer.source import Source

NETWORK = UNet(features=(4, 8, 16), strides=((1, 1, 1), (2, 2, 2), (2, 2, 2)), norm="batch")


def pretrained() -> tuple[nn.Module, TransferReport]:
    """A network whose encoder comes from elsewhere, with what was transferred."""
    source = build_network(NETWORK, 1, 4, 3, head="image")
    network = build_network(NETWORK, 1, 3, 3)
    given = Source("x", "file", dict(source.state_dict()), "")
    return network, transfer(network, given, TransferSettings(source="x"), "segmentation", ("a", "b"), ("image",))


def by_name(network: nn.Module, groups: list[dict]) -> dict[str, dict]:
    names = {id(p): name for name, p in network.named_parameters()}
    return {names[id(p)]: group for group in groups for p in group["params"]}


def train(network: nn.Module, settings: TransferSettings, report: TransferReport, shares: list[float]) -> Freezing:
    optimiser = torch.optim.AdamW(parameter_groups(network, settings, 0.01, 0.1, report))
    freezing = Freezing(network, settings, report)
    generator = torch.Generator().manual_seed(3)
    for share in shares:
        network.train()  # as a loop does after each validation
        freezing.follow(share)
        for group in optimiser.param_groups:
            group["lr"] = rate_of(group, 0.01, share)
        outputs = network(torch.randn(2, 1, 8, 8, 8, generator=generator))
        optimiser.zero_grad(set_to_none=True)
        torch.stack([level.square().mean() for level in outputs]).sum().backward()
        optimiser.step()
    return freezing


def test_every_parameter_is_in_one_group_and_norms_are_not_decayed() -> None:
    network, report = pretrained()
    groups = parameter_groups(network, TransferSettings(source="x", layer_decay=0.5), 0.01, 0.1, report)
    found = [id(p) for group in groups for p in group["params"]]
    assert sorted(found) == sorted(id(p) for p in network.parameters())
    assert all(group["weight_decay"] == (0.1 if p.ndim > 1 else 0) for group in groups for p in group["params"])


def test_rates_fall_by_a_factor_a_transferred_stage_and_fresh_parts_learn_at_full_rate() -> None:
    network, report = pretrained()
    groups = by_name(network, parameter_groups(network, TransferSettings(source="x", layer_decay=0.5), 0.01, 0, report))
    scale = {name: group["scale"] for name, group in groups.items()}
    assert {scale[name] for name in scale if name.startswith(("ups", "decoders", "heads"))} == {1.0}
    for stage in range(3):
        assert {scale[name] for name in scale if name.startswith(f"stages.{stage}.")} == {0.5 ** (3 - stage)}
    assert groups["stages.0.0.convolution.weight"]["lr"] == pytest.approx(0.01 * 0.125)


def test_without_a_report_every_stage_below_the_head_is_a_step() -> None:
    network = build_network(NETWORK, 1, 3, 3)
    groups = by_name(network, parameter_groups(network, TransferSettings(source="x", layer_decay=0.5), 1, 0))
    steps = ["heads.0.weight", "decoders.1.0.convolution.weight", "ups.0.weight", "stages.2.0.convolution.weight"]
    assert [groups[name]["scale"] for name in steps] == [1, 0.5, 0.25, 0.125]
    assert groups["stages.0.0.norm.weight"]["scale"] == 0.5**5


def test_transferred_weights_warm_up_and_fresh_ones_follow_the_schedule() -> None:
    network, report = pretrained()
    groups = by_name(network, parameter_groups(network, TransferSettings(source="x", warmup=0.2), 1, 0, report))
    old, new = groups["stages.0.0.convolution.weight"], groups["heads.1.weight"]
    assert [rate_of(new, 0.4, share) for share in (0, 0.1, 0.9)] == [0.4] * 3
    assert [rate_of(old, 0.4, share) for share in (0, 0.1, 0.2, 0.9)] == pytest.approx([0.02, 0.2, 0.4, 0.4])
    assert rate_of({"params": []}, 0.4, 0.5) == 0.4
    scale_rates([old, new], 0.1)
    assert (0.4 * old["lr_scale"], new["lr_scale"]) == (pytest.approx(0.2), 1)


def test_frozen_parts_stay_the_same_to_the_bit_and_the_rest_learns() -> None:
    network, report = pretrained()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    train(network, TransferSettings(source="x", freeze="encoder"), report, [0.0, 0.3, 0.6, 0.9])
    after = network.state_dict()
    for name, value in before.items():
        assert torch.equal(after[name], value) == name.startswith("stages."), name


def test_they_learn_once_they_are_thawed_with_a_warm_up_of_their_own() -> None:
    network, report = pretrained()
    settings = TransferSettings(source="x", freeze=2, thaw=0.5, warmup=0.2)
    groups = by_name(network, parameter_groups(network, settings, 1, 0, report))
    shares = (0, 0.4, 0.5, 0.6, 0.7)
    assert [rate_of(groups["stages.1.0.convolution.weight"], 1, s) for s in shares] == pytest.approx(
        [0, 0, 0.05, 0.5, 1]
    )
    assert rate_of(groups["stages.2.0.convolution.weight"], 1, 0.4) == 1
    before = {name: value.clone() for name, value in network.state_dict().items()}
    train(network, settings, report, [0.0, 0.4])
    held = {name for name, value in network.state_dict().items() if torch.equal(value, before[name])}
    assert held == {name for name in before if name.startswith(("stages.0.", "stages.1."))}
    train(network, settings, report, [0.55, 0.9])
    now = network.state_dict()
    assert not any(torch.equal(value, now[name]) for name, value in before.items())


def test_what_starts_fresh_learns_even_in_a_frozen_stage() -> None:
    source = build_network(NETWORK, 1, 4, 3, head="image").state_dict()
    kept = {name: value for name, value in source.items() if not name.startswith("stages.1.1.")}
    network = build_network(NETWORK, 1, 3, 3)
    settings = TransferSettings(source="x", freeze="encoder")
    report = transfer(network, Source("x", "file", kept, ""), settings, "segmentation", ("a", "b"), ("image",))
    frozen = Freezing(network, settings, report).names
    assert "stages.1.0.convolution.weight" in frozen
    assert not any(name.startswith("stages.1.1.") for name in frozen)


def test_more_stages_than_there_are_cannot_be_frozen() -> None:
    with pytest.raises(MedOptError, match=r"fewer stages.*number up to 3.*found 7"):
        Freezing(build_network(NETWORK, 1, 3, 3), TransferSettings(source="x", freeze=7))


def test_by_default_nothing_is_frozen() -> None:
    network, report = pretrained()
    assert Freezing(network, TransferSettings(source="x"), report).names == frozenset()
