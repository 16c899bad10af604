"""What GPUs there are is read from the driver's files and from nvidia-smi, whatever state they are in."""

from __future__ import annotations

from pathlib import Path

import pytest

from medopt.training import gpu
from medopt.training.gpu import Gpus, find_gpus

VERSION = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Wed Oct 27 21:21:55 UTC 2021\nGCC version: 9\n"
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  575.57.08  Release Build\n"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A computer without GPU: no driver, no tool, nothing hidden."""
    for name in ("NVIDIA_DRIVER", "NVIDIA_DEVICE", "AMD_DEVICE"):
        monkeypatch.setattr(gpu, name, tmp_path / name)
    for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(gpu.platform, "system", lambda: "Linux")
    return tmp_path


def tool(folder: Path, body: str) -> None:
    (folder / "nvidia-smi").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "nvidia-smi").chmod(0o755)


def test_nothing_is_found_on_a_computer_without_gpu(bare: Path) -> None:
    assert find_gpus() == Gpus()


@pytest.mark.parametrize(("text", "driver"), [(VERSION, "470.82.01"), (OPEN, "575.57.08")])
def test_the_driver_is_known_without_its_tool(bare: Path, text: str, driver: str) -> None:
    (bare / "NVIDIA_DRIVER").write_text(text)
    (bare / "NVIDIA_DEVICE").touch()
    assert find_gpus() == Gpus("NVIDIA", driver=driver)


def test_a_container_without_device_files_is_told_from_a_sound_one(bare: Path) -> None:
    (bare / "NVIDIA_DRIVER").write_text(VERSION)
    assert not find_gpus().reachable


def test_names_come_from_the_tool(bare: Path) -> None:
    tool(bare, "echo 'NVIDIA GeForce RTX 3060, 535.54.03'; echo 'Tesla T4, 535.54.03'")
    found = find_gpus()
    assert found.names == ("NVIDIA GeForce RTX 3060", "Tesla T4")
    assert found.driver == "535.54.03"
    assert found.called == "an NVIDIA GPU (NVIDIA GeForce RTX 3060, Tesla T4)"


def test_a_tool_without_a_gpu_is_no_gpu(bare: Path) -> None:
    tool(bare, "echo 'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.'; exit 9")
    assert find_gpus() == Gpus()


def test_an_updated_driver_that_does_not_run_yet_is_told(bare: Path) -> None:
    tool(bare, "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18")
    assert find_gpus() == Gpus("NVIDIA", trouble="Failed to initialize NVML: Driver/library version mismatch")


def test_a_tool_that_hangs_is_not_waited_for(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "ASKING_S", 0.2)
    (bare / "NVIDIA_DRIVER").write_text(VERSION)
    tool(bare, "exec /bin/sleep 30")
    assert find_gpus().trouble == "nvidia-smi gives no answer (TimeoutExpired)"


@pytest.mark.parametrize(("value", "hidden"), [("", True), ("-1", True), ("0", False), (None, False)])
def test_gpus_hidden_on_purpose_are_known_as_such(
    bare: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, hidden: bool
) -> None:
    (bare / "NVIDIA_DRIVER").write_text(VERSION)
    if value is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert find_gpus().hidden is hidden


def test_gpus_of_other_makers_are_found(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare / "AMD_DEVICE").touch()
    assert find_gpus().maker == "AMD"
    (bare / "AMD_DEVICE").unlink()
    monkeypatch.setattr(gpu.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(gpu.platform, "machine", lambda: "arm64")
    assert find_gpus().maker == "Apple"
