"""Starting a job in a process of its own, which lives on when the one that started it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import medopt
from medopt.errors import MedOptError
from medopt.files import unwritable
from medopt.jobs.job import Job
from medopt.jobs.process import mark_of
from medopt.jobs.record import JOB, LOG, START, StartRecord, now
from medopt.jobs.worker import JOB_FOLDER_VARIABLE


def start_job(arguments: Sequence[str], folder: str | Path, *, python: Sequence[str] | None = None) -> Job:
    """Start ``medopt`` with ``arguments`` (a sub-command and its own) as the job in ``folder``; return at once.

    The worker runs in its own session (POSIX) or detached process group (Windows), so that it outlives this process,
    and with the very ``medopt`` that is imported here. What it prints goes to log.txt, its events to events.jsonl.
    ``python`` is the interpreter's command; by default the one of :func:`interpreter`. Raises MedOptError when the
    folder holds a job already, cannot be written, or the interpreter cannot be started.
    """
    folder = Path(folder).absolute()
    if not arguments:
        raise MedOptError("no command to start", expected="a sub-command of medopt and its arguments")
    if (folder / START).exists() or (folder / JOB).exists():
        raise MedOptError("the folder holds a job already", where=folder, remedy="Start the job in a new folder")
    command = [*(python or interpreter()), "-m", "medopt", *arguments, "--job", str(folder), "--events", "json"]
    record = StartRecord(arguments[0], now())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log = open(folder / LOG, "ab")  # noqa: SIM115 - closed below; its errors are told apart from the start's
    except OSError as error:
        raise unwritable(folder / LOG, error) from error
    with log:
        record.save(folder)
        process = _spawn(command, log, folder)
    StartRecord(record.command, record.created, mark_of(process.pid)).save(folder)
    # Reaps the worker when it ends; without it a zombie would stay for as long as this process lives.
    threading.Thread(target=process.wait, name="medopt-reaper", daemon=True).start()
    return Job(folder)


def interpreter() -> list[str]:
    """The command of the Python that runs workers: this one, or Slicer's PythonSlicer when this process is Slicer.

    Raises MedOptError when this process is no Python interpreter and PythonSlicer is not found.
    """
    executable = Path(sys.executable or "")
    in_slicer = hasattr(sys.modules.get("slicer"), "app")
    if executable.stem.lower().startswith("python") and not in_slicer:
        return [str(executable)]
    name = "PythonSlicer.exe" if os.name == "nt" else "PythonSlicer"
    beside = [executable.parent / name, executable.parent / "bin" / name, executable.parent.parent / "bin" / name]
    found = shutil.which("PythonSlicer") or next((str(path) for path in beside if path.is_file()), None)
    if found is None:
        raise MedOptError(
            "Slicer's Python interpreter is not found",
            expected="PythonSlicer on the search path or beside Slicer's executable",
            remedy="Repair the installation of Slicer, or run the command in a terminal with `python -m medopt`",
        )
    return [found]


def _spawn(command: Sequence[str], log: Any, folder: Path) -> subprocess.Popen[bytes]:
    package_parent = str(Path(medopt.__file__).resolve().parents[1])
    paths = [package_parent, *(part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        JOB_FOLDER_VARIABLE: str(folder.resolve()),
    }
    options: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        flags = ("CREATE_NEW_PROCESS_GROUP", "DETACHED_PROCESS")
        options = {"creationflags": sum(getattr(subprocess, flag) for flag in flags)}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # its lines of JSON are in events.jsonl already
            stderr=log,
            env=environment,
            **options,
        )
    except OSError as error:
        raise MedOptError(
            "the worker cannot be started",
            where=command[0],
            found=error.strerror or type(error).__name__,
            remedy="Check that this is a Python interpreter that you may run",
        ) from error
