"""Each way to compute gives the same numbers, under the same names, and says what it is."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medopt.training.engine import Engine
from medopt.training.running_settings import RunningSettings

CPU = torch.device("cpu")


def test_names_say_what_differs() -> None:
    assert Engine().name == "float32"
    assert Engine("bfloat16", "channels_last", True).name == "bfloat16, channels last, compiled"
    said = Engine("bfloat16", ms=12.3, alternatives=(("float32", 20.0), ("float32, compiled", None))).sentence
    assert said == "A step runs in bfloat16: 12.3 ms; measured beside it: float32 20 ms."


@pytest.mark.parametrize(("dims", "layout"), [(2, torch.channels_last), (3, torch.channels_last_3d)])
def test_channels_last_changes_the_layout_and_nothing_else(dims: int, layout: torch.memory_format) -> None:
    kind = {2: nn.Conv2d, 3: nn.Conv3d}[dims]
    network = nn.Sequential(kind(3, 8, 3), nn.Flatten(), nn.Linear(8 * 2**dims, 2))
    images = torch.randn(2, 3, *(4,) * dims)
    plain = network(images)
    names = [name for name, _ in network.named_parameters()]
    engine = Engine(memory_format="channels_last")
    forward = engine.forward(network)
    laid = engine.lay(images)
    assert laid.is_contiguous(memory_format=layout)
    assert network[0].weight.is_contiguous(memory_format=layout)
    torch.testing.assert_close(forward(laid), plain)
    assert [name for name, _ in network.named_parameters()] == names
    assert torch.equal(engine.lay(torch.ones(3)), torch.ones(3))


def test_precision_is_that_of_convolutions() -> None:
    layer, images = nn.Conv3d(1, 1, 1), torch.ones(1, 1, 2, 2, 2)
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with Engine(precision).autocast(CPU):  # type: ignore[arg-type]
            assert layer(images).dtype == dtype


def test_only_float16_scales_its_loss() -> None:
    assert not Engine("bfloat16").scaler(CPU).is_enabled()
    assert Engine("float16").scaler(CPU).is_enabled()


def test_settings_are_left_with_nothing_open() -> None:
    settings = RunningSettings(accumulate=2)
    assert settings.open
    decided = Engine("bfloat16", "channels_last", True).settings(settings)
    assert (decided.precision, decided.memory_format, decided.compile) == ("bfloat16", "channels_last", True)
    assert decided.accumulate == 2
    assert not decided.open
