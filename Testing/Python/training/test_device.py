"""The device is tried, its reason is told, and a GPU that cannot be used is never silent."""

from __future__ import annotations

import logging

import pytest
import torch

from medopt.errors import MedOptError
from medopt.training import device
from medopt.training.device import choose_device
from medopt.training.gpu import Gpus


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CUDA_VISIBLE_DEVICES", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)


def without_cuda(monkeypatch: pytest.MonkeyPatch, gpus: Gpus, *, build: str | None = None) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", build)
    monkeypatch.setattr(device, "find_gpus", lambda: gpus)


def with_cuda(monkeypatch: pytest.MonkeyPatch, free: list[float]) -> None:
    """CUDA devices with so many GiB free, of 8; their tensors live on the CPU."""
    ones = torch.ones
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(free))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"Card {index}")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: (int(free[index] * 2**30), 8 * 2**30))
    monkeypatch.setattr(torch, "ones", lambda *shape, device=None: ones(*shape))


def test_without_a_gpu_the_cpu_is_taken_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without_cuda(monkeypatch, Gpus())
    choice = choose_device()
    assert (choice.kind, choice.warning, choice.reason) == ("cpu", None, "no CUDA device was found")
    assert choice.name
    assert choice.threads == torch.get_num_threads()
    assert choice.torch == torch.device("cpu")


@pytest.mark.parametrize(
    ("gpus", "build", "told"),
    [
        (Gpus("NVIDIA", ("RTX 3060",), "535.54.03"), None, ["NVIDIA GPU (RTX 3060)", "without CUDA", "535.54.03"]),
        (Gpus("NVIDIA", driver="470.82.01"), "12.8", ["470.82.01 is too old", "Update the driver to 525"]),
        (Gpus("NVIDIA", driver="570.10"), "13.0", ["570.10 is too old", "580"]),
        (Gpus("NVIDIA", driver="580.10", reachable=False), "13.0", ["no device file", "--gpus all"]),
        (Gpus("NVIDIA", trouble="Driver/library version mismatch"), "13.0", ["mismatch", "restart"]),
        (Gpus("NVIDIA", driver="580.10", trouble="Unknown Error"), "13.0", ["Unknown Error", "install the driver"]),
        (Gpus("NVIDIA", driver="580.10"), "13.0", ["built for CUDA 13.0", "finds no device"]),
        (Gpus("AMD"), None, ["AMD GPU", "without ROCm", "build for ROCm"]),
        (Gpus("Apple"), None, ["Apple GPU", "3D training", "mps"]),
    ],
)
def test_a_gpu_that_cannot_be_used_is_a_warning_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, gpus: Gpus, build: str | None, told: list[str]
) -> None:
    without_cuda(monkeypatch, gpus, build=build)
    with caplog.at_level(logging.WARNING):
        choice = choose_device()
    assert choice.kind == "cpu"
    assert choice.reason == choice.warning
    for words in [*told, "Training runs on the CPU"]:
        assert words in str(choice.warning)
    assert str(choice.warning) in caplog.text


def test_a_variable_that_names_no_device_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    without_cuda(monkeypatch, Gpus("NVIDIA", driver="580.10"), build="13.0")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    assert "CUDA_VISIBLE_DEVICES=7 names no device" in str(choose_device().warning)


def test_a_gpu_that_is_hidden_on_purpose_is_a_reason_not_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    without_cuda(monkeypatch, Gpus("NVIDIA", ("Tesla T4",), "580.10", hidden=True))
    choice = choose_device()
    assert choice.warning is None
    assert "An NVIDIA GPU (Tesla T4) is hidden" in choice.reason


def test_a_device_that_computes_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with_cuda(monkeypatch, [6.0, 7.0])
    choice = choose_device()
    assert (choice.kind, choice.name, choice.index, choice.warning) == ("cuda", "Card 0", 0, None)
    assert choice.torch == torch.device("cuda")
    assert choice.memory == 8 * 2**30


def test_a_full_device_is_passed_over_for_one_with_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    with_cuda(monkeypatch, [0.2, 7.0])
    choice = choose_device()
    assert choice.torch == torch.device("cuda:1")


def test_without_memory_anywhere_the_cpu_trains_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with_cuda(monkeypatch, [0.2])
    monkeypatch.setattr(device, "find_gpus", lambda: Gpus("NVIDIA", ("Card",)))
    choice = choose_device()
    assert choice.kind == "cpu"
    assert "only 0.2 of 8.0 GiB of memory are free. End the program" in str(choice.warning)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("CUDA error: no kernel image is available\nmore", "no kernel image is available. This torch is built for"),
        ("CUDA out of memory. Tried", "End the program that uses its memory"),
        ("CUDA-capable device(s) is/are busy or unavailable", "Another program holds it alone"),
        ("CUDA error: unspecified launch failure", "Restart the computer"),
    ],
)
def test_a_device_that_fails_is_a_warning_in_words(monkeypatch: pytest.MonkeyPatch, error: str, told: str) -> None:
    def broken(*_: object, **__: object) -> torch.Tensor:
        raise RuntimeError(error)

    with_cuda(monkeypatch, [6.0])
    monkeypatch.setattr(torch, "ones", broken)
    monkeypatch.setattr(device, "find_gpus", lambda: Gpus("NVIDIA", ("Card",)))
    choice = choose_device()
    assert choice.kind == "cpu"
    assert told in str(choice.warning)
    assert "more" not in str(choice.warning)


def test_processes_of_one_computer_take_a_device_each(monkeypatch: pytest.MonkeyPatch) -> None:
    with_cuda(monkeypatch, [6.0, 6.0])
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert choose_device().index == 1


def test_the_cpu_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with_cuda(monkeypatch, [6.0])
    choice = choose_device("cpu")
    assert (choice.kind, choice.reason, choice.warning) == ("cpu", "it was asked for", None)


def test_a_device_that_was_asked_for_is_never_replaced_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    without_cuda(monkeypatch, Gpus("NVIDIA", driver="535.1"))
    with pytest.raises(MedOptError, match=r"cuda: the device cannot be used: found this torch .* without CUDA"):
        choose_device("cuda")
    with_cuda(monkeypatch, [6.0])
    with pytest.raises(MedOptError, match=r"cuda:3: there is no such device: expected cuda:0"):
        choose_device("cuda:3")
    with pytest.raises(MedOptError, match="no such device: expected auto, cpu, cuda"):
        choose_device("tpu")


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="this computer has an Apple GPU")
def test_apples_gpu_must_be_there() -> None:
    with pytest.raises(MedOptError, match="no Apple GPU"):
        choose_device("mps")
