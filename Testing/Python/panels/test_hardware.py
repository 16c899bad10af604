"""What the line of state says of the computer."""

import os
import sys

import pytest

from MedOptCoreLib import hardware


@pytest.fixture(autouse=True)
def _ask_again():
    hardware.gpuNames.cache_clear()
    yield
    hardware.gpuNames.cache_clear()


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="uses a shell script as driver")
def test_gpus_are_those_that_the_driver_lists(tmp_path, monkeypatch):
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\nprintf 'Quick GPU\\nQuick GPU\\n'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert hardware.gpuNames() == ("Quick GPU", "Quick GPU")
    assert hardware.deviceText().startswith("2 × Quick GPU, ")


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="uses a shell script as driver")
def test_a_driver_that_fails_counts_as_absent(tmp_path, monkeypatch):
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho No devices were found\nexit 6\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert hardware.gpuNames() == ()
    assert "no CUDA device found" in hardware.deviceText()


def test_without_driver_only_the_cpu_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hardware.gpuNames() == ()
    assert hardware.cpuThreads() >= 1
