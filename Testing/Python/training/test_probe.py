"""The fastest way to compute is taken by measurement, only if it computes the same, and measuring changes nothing."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from medopt.training import probe as module
from medopt.training.engine import Engine
from medopt.training.probe import probe
from medopt.training.running_settings import RunningSettings

EAGER = RunningSettings(compile=False)


def network(dims: int = 3) -> nn.Module:
    convolution = {2: nn.Conv2d, 3: nn.Conv3d}[dims]
    norm = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}[dims]
    torch.manual_seed(1)
    return nn.Sequential(convolution(1, 4, 3, padding=1), norm(4), nn.Dropout(0.5), nn.ReLU(), convolution(4, 2, 1))


def images(dims: int = 3, batch: int = 3) -> Tensor:
    return torch.randn(batch, 1, *(6,) * dims, generator=torch.Generator().manual_seed(2))


def timed(monkeypatch: pytest.MonkeyPatch, times: dict[str, float]) -> list[str]:
    """Let ways take so many seconds (1 for others), without waiting; gives the names in the order of measuring."""
    asked: list[str] = []

    def measure(way: Any, *_: object, keep: bool = False) -> float:
        asked.append(way.engine.name)
        if keep:
            way.seconds.append(times.get(way.engine.name, 1.0))
        return 0.0

    monkeypatch.setattr(module, "_measure", measure)
    for bound in ("LEAST_S", "MOST_S"):
        monkeypatch.setattr(module, bound, 1e9)
    return asked


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"bfloat16": 0.5}, Engine("bfloat16")),
        ({"bfloat16": 0.95}, Engine()),
        ({"bfloat16": 0.5, "bfloat16, channels last": 0.4}, Engine("bfloat16", "channels_last")),
        ({"float32, channels last": 0.8}, Engine("float32", "channels_last")),
        ({"bfloat16": 2.0, "float32, channels last": 2.0}, Engine()),
    ],
)
def test_the_fastest_is_taken_but_plain_float32_unless_it_is_clearly_slower(
    monkeypatch: pytest.MonkeyPatch, times: dict[str, float], expected: Engine
) -> None:
    timed(monkeypatch, times)
    found = probe(network(), images(), settings=EAGER)
    assert (found.precision, found.memory_format, found.compiled) == (
        expected.precision,
        expected.memory_format,
        False,
    )
    assert found.ms == 1e3 * times.get(expected.name, 1.0)
    assert len(found.alternatives) == 3
    assert f"A step runs in {expected.name}" in found.sentence


def test_ways_take_turns_and_the_hopeless_drop_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = timed(monkeypatch, {"float32, channels last": 5.0, "bfloat16, channels last": 5.0})
    probe(network(), images(), settings=EAGER)
    assert asked[-4:] == ["float32", "bfloat16", "float32", "bfloat16"]
    assert asked.count("float32, channels last") == 1


def test_what_is_decided_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = timed(monkeypatch, {})
    decided = RunningSettings(precision="bfloat16", memory_format="channels_last", compile=False)
    found = probe(network(), images(), settings=decided)
    assert found == Engine("bfloat16", "channels_last")
    assert asked == []
    assert "as it was asked for" in found.sentence


def test_one_decided_field_limits_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, {"float32": 0.1})
    found = probe(network(), images(), settings=RunningSettings(precision="bfloat16", compile=False))
    assert found.precision == "bfloat16"


class Wrong(nn.Module):
    """Gives another answer in half precision."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv3d(1, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        result = self.layer(x)
        return result if result.dtype == torch.float32 else result * 2


class WrongGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient if gradient.dtype == torch.float32 else -gradient


class WrongBackwards(Wrong):
    """Gives the gradient another sign in half precision."""

    def forward(self, x: Tensor) -> Tensor:
        return WrongGradient.apply(self.layer(x))


@pytest.mark.parametrize("kind", [Wrong, WrongBackwards])
def test_a_way_that_computes_something_else_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, kind: type[nn.Module]
) -> None:
    timed(monkeypatch, {"bfloat16": 0.1, "bfloat16, channels last": 0.1})
    found = probe(kind(), images(), settings=EAGER)
    assert found.precision == "float32"
    assert dict(found.alternatives)["bfloat16"] is None


class Float32Only(Wrong):
    """Knows no half precision, as operations without such a kernel."""

    def forward(self, x: Tensor) -> Tensor:
        result = self.layer(x)
        if result.dtype != torch.float32:
            raise RuntimeError('"op" not implemented for BFloat16')
        return result


def test_a_way_that_does_not_exist_is_not_taken() -> None:
    assert probe(Float32Only(), images(), settings=EAGER).precision == "float32"


@pytest.mark.parametrize("dims", [2, 3])
def test_neither_weights_nor_random_numbers_change(dims: int) -> None:
    net = network(dims)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state()
    probe(net, images(dims), settings=EAGER)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None and p.is_contiguous() for p in net.parameters())
    assert net[2].p == 0.5


def test_measuring_keeps_to_its_time() -> None:
    class Slow(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv3d(1, 1, 1)
            self.calls = 0

        def forward(self, x: Tensor) -> Tensor:
            time.sleep(0.2)
            calls.append(len(x))
            return self.layer(x)

    calls: list[int] = []
    probe(Slow(), images(batch=4), settings=EAGER, minutes=0.5)  # one second is allowed
    assert len(calls) <= 7
    assert calls[-1] == 2  # a part of the batch, since time is short


@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_where_one_step_takes_too_long_nothing_else_is_measured(
    monkeypatch: pytest.MonkeyPatch, precision: Any
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(module, "_measure", lambda way, *_, **__: asked.append(way.engine.name) or 5.0)
    found = probe(network(), images(), settings=RunningSettings(precision=precision, compile=False), minutes=1)
    assert asked == ["float32"]
    assert found.precision == ("float32" if precision == "auto" else precision)
    assert found.memory_format == "contiguous"
    assert "too slow here" in found.sentence


def test_the_loss_of_the_task_is_what_is_compared() -> None:
    seen: list[tuple[int, ...]] = []

    def loss(outputs: Tensor) -> Tensor:
        seen.append(tuple(outputs.shape))
        return outputs.square().mean()

    probe(network(), images(), loss, settings=EAGER)
    assert set(seen) == {(3, 2, 6, 6, 6)}


# ---- compiling -----------------------------------------------------------------------------------------------


def compiling(monkeypatch: pytest.MonkeyPatch, forward: Any = None) -> None:
    """A compiler that gives the network back, or ``forward``."""
    monkeypatch.setattr(module, "can_compile", lambda _: True)
    monkeypatch.setattr(torch, "compile", lambda net, **_: forward(net) if forward else net)


def test_compiling_is_taken_when_it_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling(monkeypatch)
    timed(monkeypatch, {"float32, compiled": 0.5})
    found = probe(network(), images(), minutes=30)
    assert found.name == "float32, compiled"
    assert dict(found.alternatives)["float32"] == 1e3
    assert "Compiling took 0 s" in found.sentence


def test_compiling_is_not_tried_for_a_short_training(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling(monkeypatch)
    timed(monkeypatch, {"float32, compiled": 0.5})
    found = probe(network(), images(), minutes=1)
    assert not found.compiled
    assert "too short" in found.note


def test_compiling_is_given_up_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(net: nn.Module) -> Any:
        return lambda x: time.sleep(60)

    compiling(monkeypatch, endless)
    monkeypatch.setattr(module, "LEAST_COMPILING_S", 0.1)
    monkeypatch.setattr(module, "COMPILING_SHARE", 0.001)
    began = time.monotonic()
    found = probe(network(), images(), minutes=5)
    assert time.monotonic() - began < 30
    assert not found.compiled
    assert "given up" in found.note


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarms")
def test_the_alarm_of_somebody_else_goes_on() -> None:
    before = signal.setitimer(signal.ITIMER_REAL, 100)
    try:
        with module._limited(5):
            pass
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 90 < left <= 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)


def test_a_compiler_that_fails_or_errs_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(net: nn.Module) -> Any:
        def forward(x: Tensor) -> Tensor:
            raise TypeError("inside the compiler")

        return forward

    compiling(monkeypatch, failing)
    assert "could not be compiled (TypeError)" in probe(network(), images(), minutes=30).note
    compiling(monkeypatch, lambda net: lambda x: 2 * net(x))
    found = probe(network(), images(), minutes=30)
    assert not found.compiled
    assert "another result" in found.note


def test_in_another_thread_compiling_is_not_tried_since_it_could_not_be_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiling(monkeypatch)
    timed(monkeypatch, {"float32, compiled": 0.5})
    found: list[Engine] = []
    thread = threading.Thread(target=lambda: found.append(probe(network(), images(), minutes=30)))
    thread.start()
    thread.join()
    assert not found[0].compiled


def test_without_a_compiler_a_wish_for_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    found = probe(network(), images(), settings=RunningSettings(compile=True))
    assert not found.compiled
    assert "no compiler" in found.sentence


@pytest.mark.long
@pytest.mark.skipif(not module.can_compile(torch.device("cpu")), reason="there is no C++ compiler")
def test_a_real_compiler_gives_the_same_and_leaves_the_weights_where_they_are() -> None:
    net = network()
    found = probe(
        net, images(), settings=RunningSettings(precision="float32", memory_format="contiguous", compile=True)
    )
    assert found.compiled
    forward = found.forward(net)
    net[2].p = 0.0
    torch.testing.assert_close(forward(images()), net(images()), rtol=1e-4, atol=1e-5)
    assert set(net.state_dict()) == set(network().state_dict())
