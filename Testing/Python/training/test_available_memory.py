"""The tightest of the limits counts: of the system, of containers and jobs, of the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from medopt.training import available_memory as module
from medopt.training.available_memory import available_memory

CPU = torch.device("cpu")


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A system with 8 GiB available, in no control group."""
    for name in ("MEMINFO", "STATUS", "CGROUP", "CGROUPS"):
        monkeypatch.setattr(module, name, tmp_path / name)
    (tmp_path / "MEMINFO").write_text(f"MemTotal: 16777216 kB\nMemAvailable: {8 << 20} kB\n")
    monkeypatch.setattr(module, "_of_address_space", lambda: None)
    return tmp_path


def test_the_system_tells_what_is_available(system: Path) -> None:
    assert available_memory(CPU) == 8 << 30


def test_nothing_known_is_none(system: Path) -> None:
    (system / "MEMINFO").unlink()
    assert available_memory(CPU) is None
    assert available_memory(torch.device("meta")) is None


def test_a_control_group_of_version_2_is_tighter_than_the_system(system: Path) -> None:
    (system / "CGROUP").write_text("0::/slurm/job_7/step_0\n")
    job = system / "CGROUPS" / "slurm" / "job_7"
    (job / "step_0").mkdir(parents=True)
    (job / "step_0" / "memory.max").write_text("max\n")
    (job / "step_0" / "memory.current").write_text("1\n")
    (job / "memory.max").write_text(f"{4 << 30}\n")
    (job / "memory.current").write_text(f"{3 << 30}\n")
    (job / "memory.stat").write_text(f"anon 5\ninactive_file {1 << 30}\n")
    assert available_memory(CPU) == 2 << 30


def test_a_control_group_of_version_1_too(system: Path) -> None:
    (system / "CGROUP").write_text("11:cpu,cpuacct:/\n4:memory:/docker/abc\n")
    group = system / "CGROUPS" / "memory" / "docker" / "abc"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text(f"{2 << 30}")
    (group / "memory.usage_in_bytes").write_text(f"{1 << 30}")
    (group.parent.parent / "memory.limit_in_bytes").write_text("9223372036854771712")
    (group.parent.parent / "memory.usage_in_bytes").write_text("5")
    assert available_memory(CPU) == 1 << 30


def test_a_group_over_its_limit_leaves_nothing(system: Path) -> None:
    (system / "CGROUP").write_text("0::/a\n")
    (system / "CGROUPS" / "a").mkdir(parents=True)
    (system / "CGROUPS" / "a" / "memory.max").write_text("10")
    (system / "CGROUPS" / "a" / "memory.current").write_text("20")
    assert available_memory(CPU) == 0


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="this system has no /proc")
def test_a_limit_of_the_process_counts() -> None:
    program = (
        "import resource, torch\nfrom medopt.training.available_memory import _of_address_space\n"
        "before = _of_address_space()\n"
        "size = int(open('/proc/self/status').read().split('VmSize:')[1].split()[0]) * 1024\n"
        "resource.setrlimit(resource.RLIMIT_AS, (size + (1 << 30), resource.RLIM_INFINITY))\n"
        "print(before, _of_address_space())"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    before, after = said.stdout.split()
    assert before == "None"
    assert 0.9 * 2**30 < int(after) <= 2**30
