"""Marks of processes, the table of processes, families."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from medopt.jobs.process import (
    ProcessFacts,
    ProcessMark,
    _ps_table,
    family,
    is_alive,
    is_here,
    mark_of,
    process_table,
    start_time,
)


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_running_process_is_alive_and_an_ended_one_is_not(sleeper):
    mark = mark_of(sleeper.pid)
    assert is_alive(mark)
    assert is_here(mark)
    sleeper.kill()
    sleeper.wait()
    assert not is_alive(mark)


def test_a_zombie_is_not_alive(sleeper):
    mark = mark_of(sleeper.pid)
    sleeper.kill()
    for _ in range(500):  # not waited for, so that it stays a zombie
        if not is_alive(mark):
            break
        time.sleep(0.01)
    assert not is_alive(mark)


def test_a_reused_process_id_is_not_mistaken(sleeper):
    mark = mark_of(sleeper.pid)
    assert not is_alive(replace(mark, started=mark.started + "1"))


def test_another_machine_is_not_here():
    assert not is_here(replace(mark_of(os.getpid()), place="elsewhere"))


def test_a_mark_survives_json_and_damage_gives_none():
    mark = mark_of(os.getpid())
    assert ProcessMark.from_json(mark.to_json()) == mark
    for damaged in (None, [], {}, {"pid": "7"}, {"pid": True}, {"pid": -3}):
        assert ProcessMark.from_json(damaged) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such table")
def test_the_table_knows_this_process_and_its_parent_and_group():
    own = next(facts for facts in process_table() if facts.pid == os.getpid())
    assert own == ProcessFacts(os.getpid(), os.getppid(), os.getpgid(0), start_time(os.getpid()) or "")


@pytest.mark.skipif(shutil.which("ps") is None, reason="no ps on this machine")
def test_ps_tells_the_same_ids_as_the_system(sleeper):
    table = {facts.pid: facts for facts in _ps_table(["-A"])}
    assert (table[sleeper.pid].parent, table[sleeper.pid].group) == (os.getpid(), os.getpgid(sleeper.pid))
    assert _ps_table(["-p", str(sleeper.pid)])[0].started == table[sleeper.pid].started
    assert str(time.localtime().tm_year) in table[sleeper.pid].started or time.localtime().tm_yday == 1


def test_a_family_is_descendants_and_group_members_and_nobody_else():
    rows = [(1, 0, 1), (10, 1, 10), (11, 10, 10), (12, 11, 12), (13, 1, 10), (14, 1, 14), (15, 13, 15)]
    table = [ProcessFacts(pid, parent, group, "x") for pid, parent, group in rows]
    assert [facts.pid for facts in family(10, None, table)] == [10, 11, 12]
    assert [facts.pid for facts in family(10, 10, table)] == [10, 11, 12, 13, 15]
    assert family(99, None, table) == []
