"""``medopt demo``: everything once, on made-up scans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medopt.cli.options import Events, EventsOption
from medopt.cli.tables import mean_dice, metric_rows
from medopt.cli.work import PROJECT_FILE, Work, working

if TYPE_CHECKING:
    from medopt.project import Project

RUN = "demo"
JOB_FOLDER = "jobs/demo"


def command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to keep it all.")] = Path("demo-project"),
    subjects: Annotated[int, typer.Option(min=10, help="How many made-up subjects.")] = 24,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to train.")] = 2.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the made-up subjects, the split and the training.")] = 1,
    events: EventsOption = Events.text,
) -> None:
    """See all of MedOpt at work on made-up brain scans, in about five minutes.

    Makes MR-like scans of subjects with two adjoining structures, then imports, checks, splits, trains, validates,
    exports and reports, as you would with your own. Writes FOLDER/cohort (the scans as they would come to you) and
    FOLDER/project. Stopped or repeated, it goes on where it was.

    \b
    Example:
      medopt demo
    """
    project = folder / "project"
    with working("demo", project, events=events, job=project / JOB_FOLDER) as work:
        _run(folder, work, subjects=subjects, minutes=minutes, seed=seed)


def _run(folder: Path, work: Work, *, subjects: int, minutes: float, seed: int) -> None:
    from medopt.compression import export_run
    from medopt.project import check_project, import_folder, make_split
    from medopt.report import make_report
    from medopt.synthetic import SUBJECT_PATTERN, write_cohort
    from medopt.training import propose_recipe, train
    from medopt.validation.runs import validate_run

    def tell(text: str) -> None:
        work.reporter.emit("message", level="info", text=text)

    tell("1 of 7: making scans")
    cohort = write_cohort(folder / "cohort", subjects=subjects, seed=seed, reporter=work.reporter)
    tell("2 of 7: importing and checking them")
    project = _project(folder / "project")
    import_folder(project, cohort.images, cohort.labels, subject_pattern=SUBJECT_PATTERN, reporter=work.reporter)
    findings = check_project(project, reporter=work.reporter)
    tell(f"{len(project.cases())} cases of {len(cohort.subjects)} subjects, {len(findings)} findings")
    tell("3 of 7: splitting by subject")
    make_split(project, test=0.25, validation=0.125, seed=seed)
    tell(f"4 of 7: training for {minutes:g} minutes")
    recipe = propose_recipe(project, minutes=minutes).model_copy(update={"seed": seed})
    run = train(project, recipe, run=RUN, reporter=work.reporter, stop=work.stop.polling())
    if work.stop.requested():
        return
    tell("5 of 7: validating on subjects never seen")
    validate_run(project, RUN, subset="test", weights="best", reporter=work.reporter)
    metrics = run / "metrics-test.json"
    work.reporter.emit("result", title="On the test subjects", rows=metric_rows(metrics))
    tell("6 of 7: exporting")
    model = export_run(project, RUN, reporter=work.reporter)
    tell("7 of 7: reporting")
    page = make_report(run, project=project, subset="test", reporter=work.reporter)
    tell(f"Done. Mean Dice on subjects never seen: {mean_dice(metrics)}")
    work.reporter.emit("result", title="report", path=page)
    work.reporter.emit("result", title="model", path=model)


def _project(folder: Path) -> Project:
    from medopt.project import ClassInfo, Project
    from medopt.synthetic import STRUCTURES

    if (folder / PROJECT_FILE).is_file():
        return Project.open(folder)
    classes = [ClassInfo(value=s.value, name=s.name, color=s.color, terminology=s.terminology) for s in STRUCTURES]
    return Project.create(folder, name="Demonstration", classes=classes, channels=["MR"])
