"""A round of teaching from the panel: started, followed, stopped, found again, and what it says of all that."""

from types import SimpleNamespace

import pytest
from MedOptLabelLib.live_training import LiveTraining
from MedOptLabelLib.teach_section import REFRESH_SECONDS, TeachSection
from standins.material import FakeJob, FakeStatus, blob

from medopt import MedOptError
from medopt.labelling.rounds import Candidate, RoundRecord, save_round
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.timer import HandTimer


def record(number=1, state="done", **changes):
    """A round that learned from two cases and was judged by one."""
    candidate = Candidate(f"round-{number:03d}", "scratch", None, 5.0, 0.8 if state == "done" else None)
    values = {
        "number": number,
        "state": state,
        "started": "2026-01-01T10:00:00+00:00",
        "training_cases": 2,
        "training_subjects": 2,
        "validation_cases": 1,
        "validation_subjects": 1,
        "candidates": (candidate,),
        "reason": "The model begins from scratch: it is the first.",
        "metric": "Dice",
        "model": candidate.run if state == "done" else None,
    }
    return RoundRecord(**{**values, **changes})


@pytest.fixture
def bench(library, mrml):
    """The section on a worker line whose clock and jobs the test drives."""
    timer, time = HandTimer(), SimpleNamespace(now=0.0)
    jobs = JobLine(library, timer)
    missing: list[str] = []
    teach = TeachSection(jobs, LiveTraining(mrml), lambda: missing, lambda: time.now)
    came: list[float] = []
    teach.proposalsCame.connect(lambda: came.append(time.now))
    made = SimpleNamespace(jobs=jobs, timer=timer, time=time, missing=missing, teach=teach, came=came, library=library)

    def open_(project):
        jobs.setProjectFolder(project.folder)
        teach.setProject(project)

    made.open = open_
    return made


def button(teach):
    return teach.buttons()["teachButton"]


def test_what_is_missing_for_a_round_is_told(bench, project):
    teach = bench.teach
    assert button(teach).toolTip == "Open or create a project first."
    bench.open(project)
    assert not button(teach).enabled
    assert "needed: 3 or more without a flag, of 2 subjects or more; there: 2 of 2" in button(teach).toolTip
    assert teach.text == button(teach).toolTip
    project.save_label("case-2", blob((1, 2)), annotator="kim")
    teach.refresh()
    assert teach.text == "3 labelled; enough for a starter model."
    assert button(teach).enabled
    bench.missing.append("torch")
    teach.refresh()
    assert button(teach).toolTip == "Install the missing packages first: torch"


def test_one_button_starts_and_stops(bench, project):
    project.save_label("case-2", blob((1, 2)), annotator="kim")
    bench.open(project)
    bench.teach.startOrStop(7.5, anew=True)
    assert bench.library.started == [["teach", str(project.folder), "--time", "450s"]], "there is nothing to give up"
    assert button(bench.teach).text == "Stop"
    assert button(bench.teach).enabled
    assert bench.teach.text == "A round begins. You can go on labelling."
    bench.teach.startOrStop(7.5)
    assert bench.library.jobs[0].asked == 1
    assert len(bench.library.started) == 1
    bench.library.jobs[0].finish("stopped")
    bench.timer.tick()
    assert button(bench.teach).text == "Train and propose"


def test_another_job_is_waited_for(bench, project):
    project.save_label("case-2", blob((1, 2)), annotator="kim")
    bench.open(project)
    shown = []
    bench.teach.changed.connect(lambda: shown.append(button(bench.teach).enabled))
    bench.jobs.start(["check", str(project.folder)])
    assert button(bench.teach).toolTip == "Wait for the end of the job under way."
    with pytest.raises(MedOptError, match="a job is under way"):
        bench.teach.startOrStop(5.0)
    bench.library.jobs[0].finish()
    bench.timer.tick()
    assert button(bench.teach).enabled
    assert shown[0] is False
    assert shown[-1] is True


def test_a_round_that_was_begun_is_gone_on_with_or_given_up(bench, project):
    project.save_label("case-2", blob((1, 2)), annotator="kim")
    save_round(project, record())
    save_round(project, record(2, "training"))
    bench.open(project)
    assert button(bench.teach).text == "Go on with round 2"
    assert "Round 2 was begun with 3 cases and not finished; it goes on where it was." in bench.teach.text
    bench.teach.startOrStop(5.0, anew=True)
    assert bench.library.started[-1] == ["teach", str(project.folder), "--time", "300s", "--anew"]
    assert bench.teach.text.startswith("Round 2: The model begins from scratch")


def test_labels_since_the_last_round_are_counted(bench, project):
    for case in ("case-2", "case-3"):
        project.save_label(case, blob((1, 2)), annotator="kim")
    save_round(project, record())
    bench.open(project)
    assert bench.teach.text == "4 labelled, 1 more than round 1 learned from and was judged by."


def test_the_list_of_cases_is_read_again_now_and_then_while_proposals_arrive(bench, project):
    bench.open(project)
    ended = []
    bench.teach.ended.connect(lambda: ended.append(True))
    job = FakeJob(project.folder / "jobs" / "a", FakeStatus(command="teach"))
    bench.library.jobs.append(job)
    bench.jobs.refresh()
    for done in range(5):
        job.tell("progress", stage="propose", done=done, total=4, unit="cases")
    bench.timer.tick()
    assert bench.came == [0.0], "five events in one moment are one look"
    bench.time.now = REFRESH_SECONDS
    job.tell("progress", stage="training", done=4, total=4)
    bench.timer.tick()
    assert len(bench.came) == 1
    job.tell("progress", stage="propose", done=4, total=4)
    bench.timer.tick()
    assert bench.came == [0.0, REFRESH_SECONDS]
    assert ended == []
    job.finish()
    bench.timer.tick()
    assert len(bench.came) == 3
    assert ended == [True]


def test_a_round_under_way_is_found_again_with_all_that_it_told(bench, project):
    """The panel is opened while a round that another session began is at work."""
    job = FakeJob(project.folder / "jobs" / "a", FakeStatus(command="teach"))
    job.tell("started", command="train", run="round-001", device="cpu")
    job.tell("metric", step=10, minutes=0.25, train_loss=0.5, validation_dice=0.75)
    bench.library.jobs.append(job)
    save_round(project, record(state="training"))
    bench.open(project)
    assert bench.teach.running
    told = bench.teach.text.splitlines()
    assert told[0].startswith("Round 1: The model begins from scratch: it is the first. You can go on labelling")
    assert told[1] == "round-001 on cpu · step 10 · 0.2 min · validation Dice 0.750"
    bench.teach.startOrStop(5.0)
    assert job.asked == 1


def test_what_went_wrong_stays_to_be_read(bench, project):
    project.save_label("case-2", blob((1, 2)), annotator="kim")
    bench.open(project)
    bench.teach.startOrStop(5.0)
    bench.library.jobs[0].finish("failed", "the loss stopped being a number")
    bench.timer.tick()
    assert bench.teach.text.endswith("⚠ the loss stopped being a number")
    bench.teach.startOrStop(5.0)
    assert "⚠" not in bench.teach.text


def test_other_jobs_are_none_of_its_business(bench, project):
    bench.open(project)
    bench.jobs.start(["train", str(project.folder)])
    bench.library.jobs[0].tell("started", command="train", run="run-001")
    bench.library.jobs[0].tell("metric", step=1, train_loss=1.0)
    bench.timer.tick()
    assert not bench.teach.running
    assert not bench.teach.live.known
    assert bench.came == []


def test_a_damaged_record_of_the_rounds_is_told(bench, project):
    (project.folder / "labelling").mkdir(exist_ok=True)
    (project.folder / "labelling" / "rounds.json").write_text("[]")
    bench.open(project)
    assert bench.teach.text.startswith("The record of the rounds is damaged")
    assert not button(bench.teach).enabled
