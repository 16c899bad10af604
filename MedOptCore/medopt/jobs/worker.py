"""The worker's side of a job: it says who it is, what it does and how it ended, whatever happens."""

from __future__ import annotations

import logging
import os
import re
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from medopt.errors import MedOptError
from medopt.events import JsonLines, Reporter
from medopt.files import unwritable
from medopt.jobs.log import LogFile
from medopt.jobs.process import is_alive, is_here, mark_of
from medopt.jobs.record import EVENTS, EXIT, JOB, LOG, STOP, EndState, ExitRecord, JobRecord, now
from medopt.jobs.stop import StopRequest, stop_by_file, stop_by_signal

EXIT_CODES: dict[EndState, int] = {"done": 0, "failed": 1, "stopped": 130}
"""Exit code of a worker by its end state; 130 is what shells use for work ended by Ctrl-C."""

JOB_FOLDER_VARIABLE = "MEDOPT_JOB_FOLDER"
"""Set by ``start_job`` in the worker's environment: this process group was made for the job in that folder."""

HEARTBEAT_SECONDS = 20.0
"""How often a living worker renews job.json's time, for watchers on other machines."""

FAULT = "an internal error; its trace is in log.txt"


@dataclass(frozen=True)
class Worker:
    """What work needs from the job it runs in."""

    folder: Path
    reporter: Reporter
    stop: StopRequest


@contextmanager
def run_in_job(folder: str | Path, command: str, *, hidden: Sequence[str | Path] = ()) -> Iterator[Worker]:
    """Run the body as the job in ``folder``, which is made if need be.

    Writes job.json at once, events.jsonl and log.txt as the body reports through ``worker.reporter`` (and through the
    logger ``medopt``), and exit.json at the end, whatever the end: the body returned ("done", or "stopped" when it
    was asked to stop), ``Stopped`` or Ctrl-C ("stopped"), a MedOptError ("failed", its message kept), anything else
    ("failed", with the trace in log.txt). Exceptions pass on to the caller.

    SIGTERM, Ctrl-C and the ``stop`` file ask ``worker.stop``; see :class:`StopRequest` for what work does about it.
    A folder whose job has ended may be used again: events and log go on, so that a repeated command of a cluster's
    queue can name the same folder. Texts that contain one of the paths in ``hidden`` are kept without it, since
    names of input files may identify a person. Raises MedOptError when another worker is at work in the folder.
    """
    folder = Path(folder)
    again = _prepare(folder)
    hide = _hider(hidden)
    record = JobRecord(uuid.uuid4().hex[:12], command, now(), mark_of(os.getpid()), _group(folder))
    if again:  # a request to stop the earlier attempt is no request to stop this one
        (folder / STOP).unlink(missing_ok=True)
    stop = StopRequest()
    log = LogFile(folder / LOG, hide)
    with ExitStack() as stack:
        stack.enter_context(stop_by_signal(stop))  # before anybody can see this process, so that none can miss a signal
        record.save(folder)
        stream = stack.enter_context(_append_lines(folder / EVENTS))
        reporter = _JobReporter(stream, folder / EVENTS, log, hide)
        stack.enter_context(_logging_to(log))
        stack.enter_context(_ending(folder, record, stop, reporter, log, hide))
        stack.enter_context(stop_by_file(folder / STOP, stop, every=_Heartbeat(folder / JOB)))
        reporter.emit("started", command=command)
        yield Worker(folder, reporter, stop)


class _JobReporter:
    """Writes events to events.jsonl, the telling ones to log.txt, and nothing of what must be hidden."""

    def __init__(self, stream: TextIO, path: Path, log: LogFile, hide: Callable[[str], str]) -> None:
        self._lines, self._path, self._log, self._hide = JsonLines(stream), path, log, hide

    def emit(self, kind: str, **fields: Any) -> None:
        """Write the event; raises MedOptError when the disk is full."""
        kept = {key: self._hide(value) if isinstance(value, str) else value for key, value in fields.items()}
        try:
            self._lines.emit(kind, **kept)
        except OSError as error:
            raise unwritable(self._path, error) from error
        self._log.event(kind, kept)


@contextmanager
def _ending(
    folder: Path, record: JobRecord, stop: StopRequest, reporter: Reporter, log: LogFile, hide: Callable[[str], str]
) -> Iterator[None]:
    """Write how the body ended; the exit record comes last, since a watcher takes it for the end of everything."""
    state: EndState = "failed"
    error: str | None = FAULT
    try:
        yield
        state, error = ("stopped" if stop.requested() else "done"), None
    except KeyboardInterrupt:
        state, error = "stopped", None
        raise
    except MedOptError as problem:
        error = hide(str(problem))
        raise
    except BaseException as fault:
        error = hide(f"{type(fault).__name__}: {FAULT}")
        log.line(traceback.format_exc().rstrip())
        raise
    finally:
        stop.polling()  # from here on nothing is left to interrupt
        exit_record = ExitRecord(record.attempt, state, EXIT_CODES[state], error, now())
        try:
            reporter.emit("finished", state=state, **({"error": error} if error else {}))
        finally:
            exit_record.save(folder)


def _prepare(folder: Path) -> bool:
    """Make the folder; whether it held an earlier attempt. Raises MedOptError when a worker is at work there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    earlier = JobRecord.read(folder)
    if earlier is None:
        return (folder / EXIT).exists()
    ended = ExitRecord.read(folder)
    unfinished = ended is None or ended.attempt != earlier.attempt
    if unfinished and is_here(earlier.process) and is_alive(earlier.process):
        raise MedOptError(
            "a worker is at work in this job folder",
            where=folder,
            found=f"process {earlier.process.pid}, started {earlier.started}",
            remedy="Wait for it, stop it with `medopt jobs stop`, or name another folder",
        )
    return True


def _group(folder: Path) -> int | None:
    """The process group (POSIX) that ends with this job: the one that ``start_job`` made for it, else None.

    A command typed in a terminal or run by a script shares its group with others, which must survive.
    """
    if os.name == "nt" or os.environ.get(JOB_FOLDER_VARIABLE) != str(folder.resolve()):
        return None
    return os.getpgid(0)


@contextmanager
def _append_lines(path: Path) -> Iterator[TextIO]:
    """Open for appending; a last line that a kill cut short is closed first, so that the next one stays whole."""
    try:
        with open(path, "a+b") as stream:
            if stream.seek(0, os.SEEK_END) > 0:
                stream.seek(-1, os.SEEK_END)
                if stream.read(1) != b"\n":
                    stream.write(b"\n")
        lines = open(path, "a", encoding="utf-8")  # noqa: SIM115 - closed below; body errors must pass unchanged
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        yield lines
    finally:
        lines.close()


@contextmanager
def _logging_to(log: LogFile) -> Iterator[None]:
    logger = logging.getLogger("medopt")
    level = logger.level
    logger.addHandler(log)
    logger.setLevel(min(level, logging.INFO) if level else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(log)
        logger.setLevel(level)


class _Heartbeat:
    """Renews the time of a file when called, at most every HEARTBEAT_SECONDS."""

    def __init__(self, path: Path) -> None:
        self._path, self._told = path, time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._told >= HEARTBEAT_SECONDS:
            self._told = time.monotonic()
            with suppress(OSError):  # a shared disk may be away for a moment; the next beat comes
                os.utime(self._path)


def _hider(paths: Sequence[str | Path]) -> Callable[[str], str]:
    """A function that replaces each of ``paths``, and what follows it within the same path, by "(input)"."""
    rest = r"(?:[/\\][^:;,\"'\n]*)"
    patterns = []
    for path in map(Path, paths):
        patterns += [re.escape(str(form)) + rest + "?" for form in {path.absolute(), path.resolve()}]
        if not path.is_absolute():
            patterns.append(r"(?<![\w/\\.])" + re.escape(str(path)) + rest)
    if not patterns:
        return lambda text: text
    pattern = re.compile("|".join(sorted(patterns, key=len, reverse=True)))
    return lambda text: pattern.sub("(input)", text)
