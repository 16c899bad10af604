"""A write is there as a whole or not at all, also when the process is killed in its middle."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.files import PARTIAL_PREFIX, atomic_path, file_sha256, inside, read_json, write_json, write_text

WRITER = """
import sys
from medopt.files import write_text
n = 0
print("ready", flush=True)
while True:
    n += 1
    write_text(sys.argv[1], f"{n} " * 20000)
"""


def test_killed_at_random_moments_the_file_is_always_whole(tmp_path: Path) -> None:
    path, chance = tmp_path / "value.txt", random.Random(4)
    for _ in range(12):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.005, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if path.exists():
            words = path.read_text().split()
            assert len(words) == 20000
            assert len(set(words)) == 1


def test_an_error_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError):
        _fail_in_the_middle(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def _fail_in_the_middle(path: Path) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        assert temporary.name.startswith(PARTIAL_PREFIX)
        assert temporary.name.endswith("a.txt")
        raise RuntimeError


def test_a_full_disk_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text(tmp_path / "a.txt", "old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MedOptError, match=r"a\.txt: the disk is full.*nothing saved was harmed"):
        write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MedOptError, match=r"cannot be written.*Check that the folder exists"):
        write_text(tmp_path / "file" / "a.txt", "new")


def test_json_is_read_back_and_refuses_what_json_cannot_hold(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"한": [1, 2.5, None]})
    assert read_json(tmp_path / "a.json") == {"한": [1, 2.5, None]}
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "a.json", float("nan"))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"한": [1, 2.5, None]}


def test_damaged_and_missing_json_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(MedOptError, match=r"a\.json: the file is damaged: expected JSON"):
        read_json(tmp_path / "a.json")
    with pytest.raises(MedOptError, match=r"b\.json: the file cannot be read"):
        read_json(tmp_path / "b.json")


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "link/x"])
def test_no_path_leaves_its_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(MedOptError, match="leaves its folder"):
        inside(folder, path)
    assert inside(folder, "a/../b") == (folder / "b").resolve()


def test_the_digest_is_that_of_the_standard(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert file_sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
