"""``medopt init``: a new project."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption
from medopt.cli.work import PROJECT_FILE, showing
from medopt.errors import MedOptError


class Task(str, Enum):
    """What a project's models are to learn."""

    segmentation = "segmentation"
    classification = "classification"
    detection = "detection"


def command(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The folder to make.", show_default=False)],
    name: Annotated[
        str | None, typer.Option(help="The project's name. By default the folder's name.", show_default=False)
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="VALUE=NAME[:#rrggbb]",
            help="A class: its value in label maps and files, its name, its colour. Repeat it for each.",
            show_default=False,
        ),
    ] = None,
    classes_from: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Take the structures from a dataset.json (Medical Segmentation Decathlon, nnU-Net), from a label "
            "file, or from a folder of label files.",
            show_default=False,
        ),
    ] = None,
    task: Annotated[
        Task,
        typer.Option(help="segmentation (voxels), detection (boxes) or classification (classes of whole images)."),
    ] = Task.segmentation,
    multi_label: Annotated[
        bool,
        typer.Option("--multi-label", help="Classification: an image may show several classes, or none."),
    ] = False,
    ignored: Annotated[
        int | None,
        typer.Option(
            metavar="VALUE",
            min=1,
            help="Segmentation: the value in label maps of voxels that nobody annotated.",
            show_default=False,
        ),
    ] = None,
    channels: Annotated[
        list[str] | None,
        typer.Option(
            "--channel",
            metavar="NAME",
            help="A channel of each image, such as T1. Repeat it, in their order. By default one channel, 'image'.",
            show_default=False,
        ),
    ] = None,
    events: EventsOption = Events.text,
) -> None:
    """Make a new project.

    Writes the folder PROJECT with project.yaml (task, classes and channels, for you to read and edit) and an empty
    catalogue. Reads nothing but what --classes-from names. Repeating it with the same structures changes nothing.

    \b
    Example:
      medopt init hippocampus --class "1=Anterior:#e69f00" --class "2=Posterior:#56b4e9" --channel MR
      medopt init xray --task classification --class 1=Normal --class 2=Pneumonia
    """
    from medopt.cli.classes import channels_from, parse_class
    from medopt.cli.classes import classes_from as read_classes
    from medopt.project import Project

    with showing(events) as output:
        infos = [parse_class(text, position) for position, text in enumerate(classes or [])]
        if classes_from is not None:
            if infos:
                raise MedOptError("classes are given twice", expected="either --class or --classes-from")
            infos = read_classes(classes_from, output)
        if not infos:
            raise MedOptError(
                "no structure to segment" if task is Task.segmentation else "no classes",
                expected="--class or --classes-from",
                remedy='For example: --class "1=Tumour:#d62728"',
            )
        names = channels or (channels_from(classes_from) if classes_from else []) or ["image"]
        title = name or project.absolute().name
        if (project / PROJECT_FILE).exists():
            made = Project.open(project)
            there = made.settings
            same = (there.classes, there.channels, there.name) == (infos, names, title)
            if not same or (there.task, there.multi_label, there.ignored) != (task.value, multi_label, ignored):
                raise MedOptError(
                    "the folder is a project already, with another name, other structures or other channels"
                    + (", or of another task" if same else ""),
                    where=project,
                    remedy=f"Choose another folder, or edit {PROJECT_FILE}",
                )
            text = "The project is there already; nothing was changed"
        else:
            made = Project.create(
                project,
                name=title,
                classes=infos,
                channels=names,
                task=task.value,
                multi_label=multi_label,
                ignored=ignored,
            )
            of = "" if task is Task.segmentation else f"{task.value} of "
            text = f"Made a project for {of}{', '.join(info.name for info in infos)} with channel {', '.join(names)}"
        output.emit("message", level="info", text=text)
        output.emit("result", title="project", path=made.folder)
