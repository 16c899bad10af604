"""One page that tells a whole run."""

from __future__ import annotations

from pathlib import Path

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.files import write_text
from medopt.project import Project
from medopt.report.html import render_page
from medopt.report.record import read_record
from medopt.report.sections import SECTIONS


def make_report(
    run_folder: str | Path,
    *,
    project: Project | None = None,
    subset: str = "test",
    output: str | Path | None = None,
    reporter: Reporter | None = None,
) -> Path:
    """Write the report of a run as one HTML file and give its path.

    Parameters
    ----------
    run_folder : with run.json; recipe, events, metrics and predictions are used as far as they are there
    project : for the pictures of cases; by default the project in whose ``runs`` folder the run lies, if it does
    subset : which measured part of the split to tell about
    output : the file; by default ``report-<subset>.html`` in the run's folder
    reporter : told the progress

    The same record, project and versions of the drawing libraries give the same bytes. What is missing (validation,
    learning curve, images, predictions) is told in the report at its place.

    Raises MedOptError when the folder is no run, the record is damaged or of a newer MedOpt, other subsets were
    measured but not this one, or the file cannot be written.
    """
    folder = Path(run_folder)
    record = read_record(folder, subset)
    opened = project or _own_project(folder)
    made = [build(record, opened) for build in track(reporter or Silence(), "report", SECTIONS, unit="sections")]
    path = Path(output) if output is not None else folder / f"report-{subset}.html"
    write_text(path, render_page(record, [section for section in made if section is not None]))
    return path


def _own_project(run_folder: Path) -> Project | None:
    """The project that the run lies in; None when it was moved elsewhere or the project cannot be opened."""
    root = run_folder.resolve().parent.parent
    if not (root / "project.yaml").is_file():
        return None
    try:
        return Project.open(root)
    except MedOptError:
        return None
