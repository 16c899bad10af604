"""Which process is meant: a process id is reused sooner or later, so its start time and its machine go with it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ProcessMark:
    """A process that cannot be mistaken for a later one with the same id.

    ``pid`` is the process id, ``started`` the system's own text for its start time (empty when it cannot be told),
    ``place`` the machine, and on Linux its boot and process namespace, within which ``pid`` means something.
    """

    pid: int
    started: str
    place: str

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"pid": self.pid, "started": self.started, "place": self.place}

    @staticmethod
    def from_json(value: Any) -> ProcessMark | None:
        """From plain data; None when it is not such a record."""
        if not isinstance(value, dict):
            return None
        pid, started, place = value.get("pid"), value.get("started"), value.get("place")
        if isinstance(pid, bool) or not isinstance(pid, int) or pid <= 0:
            return None
        return ProcessMark(pid, str(started or ""), str(place or ""))


@dataclass(frozen=True)
class ProcessFacts:
    """One line of the table of running processes: ids of itself, its parent and its group, and its start time."""

    pid: int
    parent: int
    group: int
    started: str


def uses_signals() -> bool:
    """Whether processes of this system can be asked to end by a signal; on Windows a detached one cannot."""
    return os.name != "nt"


def this_place() -> str:
    """The machine of this process: its name; on Linux also the boot and the process namespace (containers)."""
    parts = [socket.gethostname()]
    if sys.platform.startswith("linux"):
        try:
            parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
            parts.append(os.readlink("/proc/self/ns/pid"))
        except OSError:
            parts.append("unknown")
    return " ".join(parts)


def mark_of(pid: int) -> ProcessMark:
    """The mark of the running process ``pid`` on this machine."""
    return ProcessMark(pid, start_time(pid) or "", this_place())


def is_here(mark: ProcessMark) -> bool:
    """Whether ``mark`` speaks of this machine, so that its process can be looked at."""
    return mark.place == this_place()


def is_alive(mark: ProcessMark) -> bool:
    """Whether the very process of ``mark`` still runs on this machine; a zombie does not count as running."""
    started = start_time(mark.pid)
    return started is not None and (not mark.started or started == mark.started)


def start_time(pid: int) -> str | None:
    """The system's own text for the start time of ``pid``; None when no such process runs (zombies included)."""
    if sys.platform.startswith("linux"):
        facts = _linux_facts(pid)
        return None if facts is None else facts.started
    if os.name == "nt":
        return _windows_start_time(pid)
    return next((facts.started for facts in _ps_table(["-p", str(pid)])), None)


def process_table() -> list[ProcessFacts]:
    """All running processes of this machine that can be seen; empty on Windows, where ``taskkill`` follows the tree."""
    if sys.platform.startswith("linux"):
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        return [facts for facts in map(_linux_facts, pids) if facts is not None]
    return [] if os.name == "nt" else _ps_table(["-A"])


def family(root: int, group: int | None, table: Iterable[ProcessFacts]) -> list[ProcessFacts]:
    """From ``table``, the process ``root``, its descendants, and the members of process group ``group``, if any."""
    table = list(table)
    chosen = {facts.pid for facts in table if facts.pid == root or (group is not None and facts.group == group)}
    grown = True
    while grown:
        fresh = {facts.pid for facts in table if facts.parent in chosen} - chosen
        chosen |= fresh
        grown = bool(fresh)
    return [facts for facts in table if facts.pid in chosen]


def ask_to_end(pid: int) -> None:
    """Send SIGTERM to ``pid``; nothing happens when it has ended already."""
    _signal(pid, signal.SIGTERM)


def kill_all(members: Iterable[ProcessFacts]) -> None:
    """Kill those of ``members`` that still are the processes they were when the table was read (POSIX)."""
    for facts in members:
        if facts.pid != os.getpid() and start_time(facts.pid) == facts.started:
            _signal(facts.pid, signal.SIGKILL)


def kill_tree_windows(pid: int) -> None:
    """Kill ``pid`` and its descendants on Windows."""
    subprocess.run(["taskkill", "/T", "/F", "/PID", str(pid)], capture_output=True, check=False)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _linux_facts(pid: int) -> ProcessFacts | None:
    """From /proc/PID/stat (man 5 proc): after the name in brackets come state, parent, group; field 22: start."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    if len(fields) < 20 or fields[0] in ("Z", "X", "x"):
        return None
    return ProcessFacts(pid, int(fields[1]), int(fields[2]), fields[19])


def _ps_table(selection: list[str]) -> list[ProcessFacts]:
    """The table as ``ps`` tells it on macOS and the BSDs, zombies left out."""
    command = ["ps", *selection, "-o", "pid=,ppid=,pgid=,stat=,lstart="]
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    except OSError:
        return []
    rows = (line.split(None, 4) for line in answer.stdout.splitlines())
    return [
        ProcessFacts(int(row[0]), int(row[1]), int(row[2]), " ".join(row[4].split()))
        for row in rows
        if len(row) == 5 and not row[3].startswith("Z")
    ]


def _windows_start_time(pid: int) -> str | None:
    """Creation time of a Windows process in units of 100 ns, by GetProcessTimes; None when it has ended."""
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the attribute exists on Windows only
    query_limited_information, still_active = 0x1000, 259
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(query_limited_information, False, pid)
    if not handle:
        return None
    handle = ctypes.c_void_p(handle)
    try:
        code = ctypes.c_ulong()
        if not kernel.GetExitCodeProcess(handle, ctypes.byref(code)) or code.value != still_active:
            return None
        times = [ctypes.c_ulonglong() for _ in range(4)]
        if not kernel.GetProcessTimes(handle, *(ctypes.byref(value) for value in times)):
            return ""
        return str(times[0].value)
    finally:
        kernel.CloseHandle(handle)
