"""A worker for the tests: ``fan_program.py … -m medopt BEHAVIOUR [FILE] --job FOLDER --events json``."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from medopt.errors import MedOptError
from medopt.jobs import Worker, run_in_job


def note(file: Path, worker: Worker) -> None:
    """Write down when it ran, and that it told some progress."""
    began = time.time()
    worker.reporter.emit("progress", stage="train", done=3, total=9, unit="steps", elapsed_s=1.0, remaining_s=2.0)
    worker.reporter.emit("metric", step=3, validation_dice=0.5)
    time.sleep(0.5)
    file.write_text(f"{began} {time.time()} {sys.argv[sys.argv.index('-m') + 2]}")


def refuse(file: Path, worker: Worker) -> None:
    """Tell an error, and count the tries."""
    count(file)
    raise MedOptError("label and image lie on different grids", where="case 12")


def vanish_once(file: Path, worker: Worker) -> None:
    """Be killed at the first try, go on at the second."""
    if count(file) == 1:
        os.kill(os.getpid(), signal.SIGKILL)


def vanish(file: Path, worker: Worker) -> None:
    """Be killed at each try."""
    count(file)
    os.kill(os.getpid(), signal.SIGKILL)


def poll(file: Path, worker: Worker) -> None:
    """Work until asked to stop, or until the file ``enough`` is there; then save something."""
    count(file)
    stop = worker.stop.polling()
    worker.reporter.emit("message", level="info", text="ready")
    while not stop.requested() and not file.with_name("enough").exists():
        time.sleep(0.02)
    file.with_suffix(".saved").write_text("saved")


def count(file: Path) -> int:
    """One more try than before."""
    tries = 1 + (int(file.read_text()) if file.is_file() else 0)
    file.write_text(str(tries))
    return tries


def main() -> None:
    """Behave as the arguments say."""
    behaviour, file, job = sys.argv[len(sys.argv) - sys.argv[::-1].index("-m") + 1 :][:3]
    folder = Path(sys.argv[sys.argv.index("--job") + 1])
    assert job == "--job"
    behaviours = {f.__name__: f for f in (note, refuse, vanish_once, vanish, poll)}
    with run_in_job(folder, behaviour) as worker:
        behaviours[behaviour](Path(file), worker)


if __name__ == "__main__":
    main()
