"""A worker at work: start, stop, resume, requests of other processes."""

from __future__ import annotations

from itertools import pairwise

from MedOptValidateLib.compress_self_test import NAME, recordCompression

from medopt.files import read_json, write_json

STUDENT = f"{NAME}-width-50"
ROWS = [{"branch": "teacher", "what": "the run as it is", "training": "none"}]


def options(line):
    """Option → value of a command line."""
    return dict(pairwise(line))


def test_a_request_is_started_followed_stopped_and_resumed(section, library, timer, project, tellPlan):
    section.tellPlan()
    tellPlan(state="done")
    section.wish(latencyMs=200.0)
    section.startOrStop()
    line = options(library.started[-1])
    assert (line["--name"], line["--run"], line["--max-latency"]) == (NAME, "run-001", "200ms")
    assert section.buttons()["compressButton"].text == "Stop"
    folder = recordCompression(project, finished=False)
    tellPlan(folder)
    assert section.view.name == NAME
    assert [row[3] for row in section.planCells()] == ["done", "at work", ""]
    assert "1 of 3 branches" in section.text
    assert "about 11 min 20 s left" in section.text  # two trainings of 5 minutes, and two thirds of 2 for the rest
    write_json(
        project.runs_folder / f"{NAME}-control" / "run.json",
        {"format": 1, "name": f"{NAME}-control", "state": "running", "seconds_trained": 100.0},
    )
    timer.tick()
    assert "about 9 min 40 s left" in section.text
    library.jobs[-1].tell("message", level="warning", text="The branch width-50 ends: it keeps 0.5")
    timer.tick()
    assert section.planCells()[2][3] == "ended: it keeps 0.5"
    section.startOrStop()
    assert library.jobs[-1].asked == 1
    library.jobs[-1].finish("stopped")
    timer.tick()
    assert "not finished" in section.text
    assert section.buttons()["resumeCompressButton"].text == "Resume"
    section.resume()
    assert options(library.started[-1])["--name"] == NAME


def test_the_front_appears_when_the_worker_has_written_it(section, library, timer, project, tellPlan):
    folder = recordCompression(project, finished=False)
    section.setProject(project)
    section.resume()
    tellPlan(folder)
    assert section.chart() is None
    recordCompression(project)
    timer.tick()
    assert len(section.view.rows()) == 6
    assert section.selected == f"{STUDENT}-int8", "the model that was taken"
    library.jobs[-1].finish()
    timer.tick()
    assert "taken: " in section.text
    assert "measure it once on the test" in section.text


def test_a_compression_of_another_process_is_followed_once_the_panel_opens(section, jobs, library, project):
    from standins.material import FakeJob, FakeStatus

    folder = recordCompression(project, finished=False)
    job = FakeJob(project.folder / "jobs" / "elsewhere", FakeStatus(command="compress"))
    job.tell("result", title="Plan", rows=ROWS, path=str(folder))
    job.tell("message", level="warning", text="The branch control ends: the file is damaged")
    library.jobs.append(job)
    jobs.setProjectFolder(project.folder)
    section.setProject(project)
    assert section.running
    assert section.view.name == NAME
    assert section.planCells()[1][3] == "ended: the file is damaged"
    assert section.buttons()["compressButton"].text == "Stop"


def test_another_request_can_be_looked_at_meanwhile(section, timer, project, tellPlan):
    folder = recordCompression(project, finished=False)
    other = folder.parent / "another"
    write_json(other / "plan.json", read_json(folder / "plan.json"))
    section.setProject(project)
    section.select(NAME)
    section.resume()
    tellPlan(folder)
    section.select("another")
    timer.tick()
    assert section.view.name == "another"
    assert [row[3] for row in section.planCells()] == ["", "", ""], "not this one is at work"
