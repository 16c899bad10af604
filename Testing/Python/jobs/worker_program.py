"""A worker for the tests: `worker_program.py -m medopt BEHAVIOUR --job FOLDER --events json` behaves as told."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from pathlib import Path

from medopt.errors import MedOptError
from medopt.jobs import Worker, run_in_job

SLEEP = "import time; time.sleep(120)"
SPAWN = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"


def count(worker: Worker) -> None:
    """Report a hundred events and end."""
    for step in range(100):
        worker.reporter.emit("metric", step=step, epoch=0, train_loss=1.0 / (step + 1))


def poll(worker: Worker) -> None:
    """Work until asked to stop, then save something, as training does."""
    stop = worker.stop.polling()
    worker.reporter.emit("message", level="info", text="ready")
    while not stop.requested():
        time.sleep(0.02)
    (worker.folder / "checkpoint").write_text("saved")


def sleep(worker: Worker) -> None:
    """Work that never asks whether to stop."""
    worker.reporter.emit("message", level="info", text="ready")
    time.sleep(120)


def stubborn(worker: Worker) -> None:
    """Promise to poll, and never do; with a child, and a grandchild in a session of its own."""
    worker.stop.polling()
    children = [
        subprocess.Popen([sys.executable, "-c", SPAWN]),
        subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True),
    ]
    (worker.folder / "children").write_text(" ".join(str(child.pid) for child in children))
    worker.reporter.emit("message", level="info", text="ready")
    while True:
        time.sleep(1)


def refuse(worker: Worker) -> None:
    """Fail in a way that the user can mend."""
    raise MedOptError("label and image lie on different grids", where="case 12", remedy="Import the label again")


def fault(worker: Worker) -> None:
    """Fail by a bug."""
    logging.getLogger("medopt.test").warning("about to go wrong")
    raise ZeroDivisionError("one over nothing")


def main() -> None:
    """Behave as the third argument says."""
    behaviour, folder = sys.argv[3], Path(sys.argv[sys.argv.index("--job") + 1])
    if behaviour == "mute":  # never comes to write its record, and cannot be asked to end
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(120)
    if behaviour == "broken":
        sys.exit("cannot even begin")
    behaviours = {f.__name__: f for f in (count, poll, sleep, stubborn, refuse, fault)}
    with run_in_job(folder, behaviour) as worker:
        behaviours[behaviour](worker)


if __name__ == "__main__":
    main()
