"""``medopt quantize``: an exported model in fewer bits."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, RuntimeName
from medopt.cli.work import PROJECT_FILE, working
from medopt.errors import MedOptError


class Bits(str, Enum):
    """For each number."""

    eight = "8"
    sixteen = "16"


def command(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="The model's folder in PROJECT/models, or a run's in PROJECT/runs, which is exported first.",
            show_default=False,
        ),
    ],
    bits: Annotated[Bits, typer.Option(help="8: weights and activations; 16: weights.")] = Bits.eight,
    project: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The project. By default the one that MODEL lies in.", show_default=False),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Name of the new model. By default MODEL-int8 or MODEL-fp16.", show_default=False
        ),
    ] = None,
    cases: Annotated[int, typer.Option(min=1, help="Training cases to calibrate on.")] = 16,
    windows: Annotated[int, typer.Option(min=1, help="Windows of each of them.")] = 2,
    allowed: Annotated[
        float, typer.Option(min=0, help="How far answers on calibration cases may differ: one minus their Dice.")
    ] = 0.002,
    fine_tuning: Annotated[
        int, typer.Option(min=0, help="Steps of fine-tuning in 8 bit, used when ranges alone lose too much.")
    ] = 200,
    keep: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the main metric that must be left on held-out cases.")
    ] = 0.99,
    held_out: Annotated[
        int | None,
        typer.Option(min=1, help="Held-out cases to compare on. By default all test cases.", show_default=False),
    ] = None,
    narrow_weights: Annotated[
        bool, typer.Option("--narrow-weights", help="7 bit for weights: for CPUs with AVX2 but without VNNI.")
    ] = False,
    runtime: Annotated[
        RuntimeName,
        typer.Option(
            help="The engine that the model will run in: of ways that lose little the faster is taken, and the 8-bit "
            "model is proven in it."
        ),
    ] = RuntimeName.onnxruntime,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Make an exported model smaller and faster by fewer bits for each number.

    Reads the model, training cases to calibrate on, and held-out cases to compare on. Writes PROJECT/models/NAME, a
    model like any other, with the change of Dice, AUROC or AP50 and its interval; nothing when too much is lost.

    \b
    Example:
      medopt quantize hippocampus/models/run-001
    """
    from medopt.compression import export_run
    from medopt.compression.quantize import QuantizeSettings, quantize_package
    from medopt.project import Project

    folder = project or project_of(model)
    with working("quantize", folder, events=events, job=job) as work:
        opened = Project.open(folder)
        if (model / "run.json").is_file():
            model = export_run(opened, model.name, reporter=work.reporter)
        settings = QuantizeSettings(
            bits=8 if bits is Bits.eight else 16,
            cases=cases,
            windows=windows,
            allowed=allowed,
            fine_tuning=fine_tuning,
            keep=keep,
            narrow_weights=narrow_weights,
            held_out=held_out,
            engine=runtime.value,
        )
        quantize_package(opened, model, settings, name=name, reporter=work.reporter)


def project_of(model: Path) -> Path:
    """The project that a folder lies in; raises MedOptError when it lies in none."""
    for folder in model.resolve().parents:
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise MedOptError(
        "the model lies in no project", where=model, expected="a folder in PROJECT/models", remedy="Give --project"
    )
