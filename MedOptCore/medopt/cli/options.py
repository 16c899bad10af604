"""Arguments and options that several commands share, so that they read and behave the same everywhere."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

OUTPUT_PANEL = "Output and jobs"


class Events(str, Enum):
    """For whom a command writes on standard output."""

    text = "text"
    json = "json"


class Subset(str, Enum):
    """A part of the split that a model is measured on."""

    test = "test"
    validation = "validation"
    train = "train"


class Weights(str, Enum):
    """Which checkpoint of a run is meant."""

    best = "best"
    last = "last"


class RuntimeName(str, Enum):
    """An engine that runs exported models; see ``medopt.inference.RUNTIMES``."""

    onnxruntime = "onnxruntime"
    openvino = "openvino"
    torch = "torch"


ProjectArgument = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="The project's folder, as made by `medopt init`.", show_default=False)
]
EventsOption = Annotated[
    Events,
    typer.Option(
        "--events",
        help="[bold]text[/] for people, [bold]json[/] for programs: one JSON object a line, and nothing else.",
        rich_help_panel=OUTPUT_PANEL,
    ),
]
JobOption = Annotated[
    Path | None,
    typer.Option(
        "--job",
        metavar="FOLDER",
        help="Where to keep the record of this job. By default a new folder in PROJECT/jobs.",
        show_default=False,
        rich_help_panel=OUTPUT_PANEL,
    ),
]
RunOption = Annotated[
    str | None, typer.Option("--run", metavar="NAME", help="Which run. By default the newest.", show_default=False)
]
RecipeOption = Annotated[
    Path | None,
    typer.Option(
        "--recipe", metavar="FILE", help="The recipe. By default one is proposed from the data.", show_default=False
    ),
]
ChangesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Change one field of the recipe, as in augment=strong. May be repeated.",
        show_default=False,
    ),
]
