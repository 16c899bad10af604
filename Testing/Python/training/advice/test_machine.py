"""The memory of the machine, against the system's own figures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from medopt.training.advice.machine import GROUP_LIMITS, UNKNOWN_MEMORY, Machine, this_machine
from medopt.training.device import DeviceChoice


def test_main_memory_is_that_of_the_system_or_of_its_container() -> None:
    found = this_machine("cpu")
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 2**28 < found.memory <= physical
    limits = [Path(p).read_text(encoding="ascii").strip() for p in GROUP_LIMITS if Path(p).exists()]
    expected = min([physical, *(int(text) for text in limits if text.isdigit())])
    assert found.memory == expected
    assert found.device.kind == "cpu"
    assert found.free is None or 0 < found.free <= physical


@pytest.mark.parametrize(("kind", "share"), [("cpu", 0.5), ("cuda", 0.8), ("mps", 0.5)])
def test_a_step_may_take_a_share(kind: str, share: float) -> None:
    assert Machine(DeviceChoice(kind, "x", 2, ""), 1000).budget == 1000 * share


def test_a_gpu_tells_its_own_memory() -> None:
    known = DeviceChoice("cuda", "x", 2, "", memory=5 << 30)
    assert this_machine(known).memory == 5 << 30
    assert this_machine(DeviceChoice("cuda", "x", 2, "")).memory == UNKNOWN_MEMORY


def test_measured_times_hold_for_the_same_device_and_threads() -> None:
    one, two = (Machine(DeviceChoice("cpu", "x", n, ""), 1).key for n in (1, 2))
    assert one != two
