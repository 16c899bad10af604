"""The device is tried, its reason is told, and a GPU that cannot be used is never silent."""

from __future__ import annotations

import logging

import pytest
import torch

from medopt.training import device
from medopt.training.device import choose_device


def test_without_cuda_the_cpu_is_taken_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device.os.path, "exists", lambda _: False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    choice = choose_device()
    assert (choice.kind, choice.warning, choice.reason) == ("cpu", None, "no CUDA device was found")
    assert choice.name
    assert choice.threads == torch.get_num_threads()
    assert choice.torch == torch.device("cpu")


def test_a_driver_without_a_usable_device_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device.os.path, "exists", lambda path: "nvidia" in path)
    with caplog.at_level(logging.WARNING):
        choice = choose_device()
    assert choice.kind == "cpu"
    assert "NVIDIA driver is present" in str(choice.warning)
    assert choice.warning in caplog.text


def test_a_device_that_fails_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> torch.Tensor:
        raise RuntimeError("CUDA error: no kernel image\nmore")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", broken)
    choice = choose_device()
    assert choice.kind == "cpu"
    assert "cannot be used (CUDA error: no kernel image); training on the CPU" in str(choice.warning)
