"""Tasks on this machine: their share of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.jobs.fanout import FanTask, Here, here, resources, threads_each


def test_a_task_waits_for_memory_unless_it_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    large = FanTask("a", ("train",), memory=8 << 30)
    monkeypatch.setattr(here, "available_memory", lambda: 4 << 30)
    assert Here(2).has_room(large, running=0)
    assert not Here(2).has_room(large, running=1)
    assert Here(2).has_room(FanTask("b", ("train",), memory=1 << 30), running=1)
    monkeypatch.setattr(here, "available_memory", lambda: None)
    assert Here(2).has_room(large, running=1)


def test_no_worker_is_refused() -> None:
    with pytest.raises(MedOptError, match="1 or more at once"):
        Here(0)


@pytest.mark.parametrize(("workers", "cores", "expected"), [(1, 8, 8), (3, 8, 2), (16, 8, 1), (0, 8, 8)])
def test_cores_are_shared_out(workers: int, cores: int, expected: int) -> None:
    assert threads_each(workers, cores) == expected


def test_memory_is_what_is_free_within_the_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = tmp_path / "meminfo"
    facts.write_text("MemTotal:       16000 kB\nMemAvailable:    8000 kB\n")
    monkeypatch.setattr(resources, "MEMORY_FACTS", facts)
    monkeypatch.setattr(resources, "CONTROL_GROUP", tmp_path)
    assert resources.available_memory() == 8000 * 1024
    for name, text in (("max", "5000000"), ("current", "3000000"), ("stat", "anon 7\ninactive_file 1000000\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert resources.available_memory() == 3_000_000
    (tmp_path / "memory.max").write_text("max")
    assert resources.available_memory() == 8000 * 1024
    monkeypatch.setattr(resources, "MEMORY_FACTS", tmp_path / "none")
    assert resources.available_memory() is None
