"""The worker line: follow, attach, progress, cancel; with driven jobs and with a real one."""

import pytest
from standins.material import FakeJob, FakeStatus

from medopt import MedOptError
from MedOptCoreLib.job_line import GRACE_SECONDS, LIST_EVERY, JobLine
from MedOptCoreLib.timer import HandTimer


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timer():
    return HandTimer()


@pytest.fixture
def line(library, timer, clock, tmp_path):
    made = JobLine(library, timer, clock)
    made.setProjectFolder(tmp_path)
    return made


def test_a_started_job_is_followed_with_progress_and_time_left(line, library, timer):
    heard, ends = [], []
    line.eventArrived.connect(lambda event: heard.append(event["kind"]))
    line.finished.connect(lambda job, status: ends.append(status.state))
    job = line.start(["train", "folder"])
    job.tell("started", command="train")
    job.tell("progress", stage="training", done=30, total=120, unit="steps", elapsed_s=10, remaining_s=185)
    timer.tick()
    assert line.percent == 25
    assert line.timeLeft == "3 min 05 s left"
    assert "training, 30 of 120 steps" in line.text
    assert line.workerText == "worker: train 25 %"
    job.tell("finished", state="done")
    job.finish()
    timer.tick(3)
    assert ends == ["done"]
    assert heard == ["started", "progress", "finished"]
    assert line.percent == 100
    assert line.text == "train: done"
    assert line.workerText == "worker idle"


def test_events_before_the_end_are_told_before_the_end(line, timer):
    order = []
    line.eventArrived.connect(lambda event: order.append(event["kind"]))
    line.finished.connect(lambda job, status: order.append("end"))
    job = line.start(["report", "folder"])
    job.tell("result", path="report.html")
    job.finish()
    timer.tick()
    assert order == ["result", "end"]


def test_only_one_job_at_a_time(line):
    line.start(["train", "folder"])
    with pytest.raises(MedOptError, match="a job is under way"):
        line.start(["validate", "folder"])


def test_without_project_nothing_starts(library, timer):
    line = JobLine(library, timer)
    with pytest.raises(MedOptError, match="no project is open"):
        line.start(["train"])
    assert timer.callback is None


def test_a_running_job_of_an_earlier_session_is_followed_from_its_first_event(library, timer, tmp_path):
    old = FakeJob(tmp_path / "jobs" / "old", FakeStatus("done", "import"))
    running = FakeJob(tmp_path / "jobs" / "running")
    running.tell("started", command="train", run="run-001")
    library.jobs = [old, running]
    line = JobLine(library, timer)
    heard = []
    line.eventArrived.connect(lambda event: heard.append(event.get("run")))
    line.setProjectFolder(tmp_path)
    assert line.job is running
    assert heard == ["run-001"]
    assert [row.running for row in line.rows] == [True, False]


def test_a_job_started_in_a_terminal_is_found(line, library, timer, tmp_path):
    assert not line.busy
    library.jobs.append(FakeJob(tmp_path / "jobs" / "terminal"))
    timer.tick(LIST_EVERY)
    assert line.job is library.jobs[0]
    assert line.busy


def test_another_job_can_be_chosen(line, library, tmp_path):
    done = FakeJob(tmp_path / "jobs" / "done", FakeStatus("failed", "export", error="the disk is full."))
    library.jobs.append(done)
    line.refresh()
    line.followId("done")
    assert line.text == "export failed: the disk is full."
    assert line.log() == "first line\nsecond line"
    assert not line.buttons()["cancelButton"].enabled
    line.followId("unknown")
    assert line.job is done


def test_cancel_asks_once_and_ends_what_does_not_end(line, timer, clock):
    job = line.start(["train", "folder"])
    assert line.buttons()["cancelButton"].enabled
    line.cancel()
    line.cancel()
    timer.tick()
    assert (job.asked, job.ended) == (1, 0)
    assert line.text == "train: ending…"
    assert line.buttons()["cancelButton"].toolTip == "The job is ending."
    clock.now += GRACE_SECONDS + 1
    timer.tick()
    assert job.ended == 1
    job.finish("stopped")
    timer.tick()
    assert line.text == "train: stopped"
    line.cancel()
    assert job.asked == 1


def test_a_lost_worker_is_told(line, timer):
    job = line.start(["train", "folder"])
    job.finish("lost")
    timer.tick()
    assert "without a word" in line.text


def test_a_failing_listener_does_not_hide_the_end(line, timer):
    shown = []

    def fails(job, status):
        raise MedOptError("cannot show it")

    line.finished.connect(fails)
    line.changed.connect(lambda: shown.append(line.text))
    job = line.start(["train", "folder"])
    job.finish()
    with pytest.raises(MedOptError, match="cannot show it"):
        timer.tick()
    assert shown[-1] == "train: done"
    timer.tick()


def test_closing_stops_looking_and_another_project_forgets(line, timer):
    line.start(["train", "folder"])
    line.setProjectFolder(None)
    assert line.job is None
    assert line.rows == []
    assert timer.callback is None


def test_a_real_job_runs_to_its_end(project, timer):
    """medopt's own worker, started, followed and read through the real doors."""
    import sys
    import time

    from medopt.jobs import new_job_folder, start_job
    from MedOptCoreLib.library import Library

    class RealLibrary(Library):
        def startJob(self, projectFolder, arguments):
            return start_job(list(arguments), new_job_folder(projectFolder, arguments[0]), python=[sys.executable])

    line = JobLine(RealLibrary(), timer)
    line.setProjectFolder(project.folder)
    ends = []
    line.finished.connect(lambda job, status: ends.append(status))
    line.start(["check", str(project.folder)])
    until = time.monotonic() + 120
    while not ends and time.monotonic() < until:
        timer.tick()
        time.sleep(0.05)
    assert [status.state for status in ends] == ["done"], line.log()
    assert line.rows[0].label.startswith("check · done")
    assert line.log()
