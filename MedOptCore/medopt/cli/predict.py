"""``medopt predict``: an exported model on new scans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, RuntimeName
from medopt.cli.work import working
from medopt.errors import MedOptError

IMAGE_SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".png", ".jpg", ".jpeg", ".tif", ".tiff")


def command(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL", help="The model's folder, as made by `medopt export`.", show_default=False),
    ],
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="SCANS...",
            help="Image files, folders of image files, or folders of one DICOM series.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to write the labels.", show_default=False)
    ],
    runtime: Annotated[
        RuntimeName,
        typer.Option(help="The engine. OpenVINO is often faster on CPUs, most of all with 8-bit 3D models."),
    ] = RuntimeName.onnxruntime,
    cascade: Annotated[
        int,
        typer.Option(
            min=1,
            max=8,
            metavar="FACTOR",
            help="First look at 1/FACTOR of the resolution for where structures lie, then there alone. 1: everywhere.",
        ),
    ] = 1,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 lets the engine choose.", show_default=False)] = 0,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Label new scans with an exported model.

    Reads the scans; writes a file for each, by the model's task: CASE.seg.nrrd exactly on the scan's own grid,
    CASE.mrk.json with boxes (both open in Slicer), or CASE.class.json with the probability of each class. Needs
    onnxruntime alone, no torch, unless another runtime is chosen. A scan that cannot be used is left out with the
    reason; the rest goes on.

    \b
    Example:
      medopt predict hippocampus/models/run-001 new-scans/ --output predictions/
    """
    from medopt.inference import load_model, predict_files

    with working("predict", None, events=events, job=job, hidden=inputs) as work:
        files = find_images(inputs)
        opened = load_model(model, runtime=runtime.value, threads=threads)
        work.reporter.emit("message", level="info", text=f"Running on {opened.runtime.name}")
        summary = predict_files(opened, files, output, cascade=cascade, reporter=work.reporter)
        if summary.left_out:
            rows = [{"scan": name, "reason": reason} for name, reason in summary.left_out.items()]
            work.reporter.emit("result", title="Left out", rows=rows)
        text = f"{len(summary.written)} labels written, {len(summary.left_out)} scans left out"
        work.reporter.emit("message", level="info", text=text)
        work.reporter.emit("result", title="labels", path=output)


def find_images(inputs: list[Path]) -> list[Path]:
    """Files as they are; of a folder its image files, or the folder itself when it has none (a DICOM series).

    Raises MedOptError for a path that is not there.
    """
    found: list[Path] = []
    for path in inputs:
        if not path.exists():
            raise MedOptError("no such file or folder", where=path, expected="a scan")
        inner = (
            sorted(file for file in path.iterdir() if file.name.lower().endswith(IMAGE_SUFFIXES))
            if path.is_dir()
            else []
        )
        found += inner or [path]
    return found
