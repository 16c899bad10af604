"""``medopt import``: scans, and labels where there are some, into a project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument
from medopt.cli.tables import grouped_rows
from medopt.cli.work import working
from medopt.errors import MedOptError


def command(
    project: ProjectArgument,
    images: Annotated[
        Path,
        typer.Argument(
            metavar="IMAGES",
            help="The folder of scans; or arrays, such as an .npz file of MedMNIST.",
            show_default=False,
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="The folder of labels, named like their scans; for boxes and classes also one file for all. By "
            "default they are looked for beside the scans.",
            show_default=False,
        ),
    ] = None,
    annotations: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="How boxes (voc, coco, labelme, yolo, csv, slicer, masks) or classes (csv, json, folders) are "
            "written, where it is not recognised.",
            show_default=False,
        ),
    ] = None,
    skip_class: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Pass over boxes or classes of this name. May be repeated.", show_default=False
        ),
    ] = None,
    subject_pattern: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX",
            help="A regular expression whose first group is the subject in a scan's path below IMAGES, as in "
            "'(sub-[0-9]+)', so that all scans of one person stay together. Named groups are attributes, as in "
            "'(?P<subject>sub-[0-9]+)_(?P<site>[A-Z])'. By default a folder of its own is a "
            "subject; without such folders each case is.",
            show_default=False,
        ),
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="An attribute of all these cases, as in site=A or split=test. May be repeated.",
            show_default=False,
        ),
    ] = None,
    reference: Annotated[
        bool,
        typer.Option("--reference", help="Leave the scans where they are instead of copying them into the project."),
    ] = False,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Import a folder of scans, with their labels if there are any.

    Reads NRRD, NIfTI, MetaImage, PNG, JPEG, TIFF and folders of DICOM series; boxes from Pascal VOC, COCO, LabelMe,
    YOLO, CSV and Slicer markups; classes from CSV, JSON and names of folders. Writes de-identified images and labels
    into PROJECT and a line for each case into its catalogue. A file that cannot be used is left out with the reason;
    the rest goes on. Repeating it imports only what is new.

    \b
    Example:
      medopt import hippocampus imagesTr/ --labels labelsTr/
      medopt import cells BCCD/
      medopt import xray pneumoniamnist.npz
    """
    from medopt.project import Project, import_folder

    hidden = [images] if labels is None else [images, labels]
    with working("import", project, events=events, job=job, hidden=hidden) as work:
        summary = import_folder(
            Project.open(project),
            images,
            labels,
            subject_pattern=subject_pattern,
            attributes=parse_attributes(attribute or ()),
            annotations=annotations,
            skip_classes=skip_class or (),
            reference=reference,
            reporter=work.reporter,
        )
        if summary.notes:
            work.reporter.emit("result", title="Notes", rows=grouped_rows(summary.notes))
        if summary.left_out:
            work.reporter.emit("result", title="Left out", rows=grouped_rows(summary.left_out))
        text = (
            f"{len(summary.imported)} cases imported, {len(summary.labelled)} got a label, "
            f"{len(summary.unchanged)} were there already, {len(summary.left_out)} left out"
        )
        work.reporter.emit("message", level="info", text=text)


def parse_attributes(texts: Iterable[str]) -> dict[str, str]:
    """Attributes from ``NAME=VALUE``; MedOptError for other text and a name given twice."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value or name in found:
            raise MedOptError(
                "an attribute cannot be read",
                where="--attribute",
                expected="NAME=VALUE, each name once",
                found=repr(text),
            )
        found[name] = value
    return found
