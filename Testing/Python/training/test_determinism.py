"""Deterministic mode sets what torch needs, names what it cannot promise, and leaves nothing behind."""

from __future__ import annotations

import os
import random
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from medopt.events import Collector
from medopt.training.determinism import WORKSPACE, deterministic, seed_everything

CPU = torch.device("cpu")


def settings() -> tuple[object, ...]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.backends.cudnn.benchmark,
        torch.backends.cudnn.deterministic,
        os.environ.get(WORKSPACE),
        warnings.showwarning,
    )


@pytest.mark.parametrize("earlier", [None, ":16:8", ":0:0"])
def test_all_is_set_and_put_back(monkeypatch: pytest.MonkeyPatch, earlier: str | None) -> None:
    monkeypatch.delenv(WORKSPACE, raising=False)
    if earlier is not None:
        monkeypatch.setenv(WORKSPACE, earlier)
    before = settings()
    with deterministic(True, CPU) as promise:
        assert promise.on
        assert settings()[:4] == (True, True, False, True)
        assert os.environ[WORKSPACE] == (":16:8" if earlier == ":16:8" else ":4096:8")
    assert settings() == before

    def failing() -> None:
        with deterministic(True, CPU):
            raise ValueError

    with pytest.raises(ValueError):
        failing()
    assert settings() == before


def test_off_changes_nothing() -> None:
    before = settings()
    with deterministic(False, CPU) as promise:
        assert settings() == before
    assert (promise.on, promise.limits) == (False, [])


def test_what_cannot_be_promised_is_said() -> None:
    reporter = Collector()
    with deterministic(True, CPU, minutes=True, reporter=reporter) as promise:
        pass
    texts = " ".join(event["text"] for event in reporter.events)
    assert f"{torch.get_num_threads()} thread" in texts
    assert torch.__version__ in texts
    assert "ends by the clock" in texts
    assert len(promise.limits) == 2
    with deterministic(True, torch.device("cuda")) as promise:
        assert any("driver" in limit for limit in promise.limits)


def test_an_operation_without_deterministic_form_is_named_once_and_runs() -> None:
    reporter = Collector()
    with deterministic(True, CPU, reporter=reporter) as promise:
        for _ in range(3):
            # as torch's own code warns of it
            warnings.warn(
                "max_pool3d_with_indices_backward_cuda does not have a deterministic implementation, but you set it",
                UserWarning,
                stacklevel=1,
            )
    told = [event for event in reporter.events if event["level"] == "warning"]
    assert [event["text"] for event in told] == [
        "Deterministic mode: max_pool3d_with_indices_backward_cuda has no form that repeats to the bit on this device"
    ]
    assert told[0]["text"].removeprefix("Deterministic mode: ") in promise.limits


def test_other_warnings_are_shown_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_, **__: shown.append(str(message))
        with deterministic(True, CPU):
            warnings.warn("something else", UserWarning, stacklevel=1)
    assert shown == ["something else"]


def test_a_step_repeats_to_the_bit() -> None:
    def step() -> list[torch.Tensor]:
        seed_everything(4)
        network = nn.Sequential(nn.Conv3d(1, 4, 3), nn.Dropout(0.5), nn.Flatten(), nn.Linear(4 * 27, 2))
        optimiser = torch.optim.AdamW(network.parameters())
        with deterministic(True, CPU):
            network(torch.randn(2, 1, 5, 5, 5)).square().mean().backward()
            optimiser.step()
        return [p.detach() for p in network.parameters()]

    assert all(torch.equal(a, b) for a, b in zip(step(), step(), strict=True))


def test_every_global_generator_is_seeded() -> None:
    drawn = []
    for _ in range(2):
        seed_everything(7)
        drawn.append((random.random(), float(np.random.random()), float(torch.rand(1))))
    assert drawn[0] == drawn[1]
