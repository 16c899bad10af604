"""``medopt refine``: clicks and scribbles change a label, as MedOpt Assist does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medopt.cli.options import Events, EventsOption
from medopt.cli.work import PROJECT_FILE, showing
from medopt.errors import MedOptError

if TYPE_CHECKING:
    from medopt.image import Geometry
    from medopt.labelling.assist import Strokes


def command(
    source: Annotated[
        Path, typer.Argument(metavar="IMAGE|PROJECT", help="An image file, or a project's folder.", show_default=False)
    ],
    case: Annotated[
        str | None, typer.Option(metavar="CASE", help="Which case of the project.", show_default=False)
    ] = None,
    segment: Annotated[str, typer.Option(metavar="VALUE|NAME", help="Which structure.")] = "1",
    label: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The label map to correct. By default none yet.", show_default=False),
    ] = None,
    probability: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="An image with a model's probabilities of the structure, 0 to 1.", show_default=False
        ),
    ] = None,
    strokes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Strokes as JSON; see Docs/assist.md.", show_default=False)
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="K,J,I", help="Click: this voxel belongs to it. May be repeated.", show_default=False),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="K,J,I", help="Click: this voxel does not. May be repeated.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The label map to write. By default --label.", show_default=False
        ),
    ] = None,
    annotator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who corrects the case; a handle, not a name.", show_default=False),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="An nnInteractive server to answer. The voxels are sent to this address.",
            show_default=False,
        ),
    ] = None,
    events: EventsOption = Events.text,
) -> None:
    """Correct a structure by clicks and scribbles, from the image, the strokes and a model's probabilities.

    For an image the result is a label map, .nrrd, .nii, .nii.gz or .mha, written at once or not at all. For a case of
    a project it is a new version of its label, made from the label, or from the proposal when there is none. Other
    structures keep their voxels. Strokes are obeyed exactly.

    \b
    Examples:
      medopt refine scan.nrrd --add 40,120,98 --output label.nrrd
      medopt refine scan.nrrd --label label.nrrd --remove 41,130,90
      medopt refine hippocampus --case hippocampus_017 --segment Anterior --strokes strokes.json --annotator kim
    """
    with showing(events) as reporter:
        if (source / PROJECT_FILE).is_file():
            if case is None or annotator is None or label or probability or output:
                raise MedOptError(
                    "wrong options for a project", expected="--case and --annotator, without --label, --probability "
                    "and --output",
                )  # fmt: skip
            changed, where = _case(source, case, segment, (strokes, add, remove), annotator, server)
        else:
            if case is not None or annotator is not None:
                raise MedOptError("--case and --annotator belong to a project", where=source, found="no project")
            changed, where = _file(source, label, probability, segment, (strokes, add, remove), output, server)
        reporter.emit("result", title="refined", rows=[{"changed voxels": changed, "label": where}])


Drawn = tuple[Path | None, list[str] | None, list[str] | None]


def _case(folder: Path, case: str, segment: str, drawn: Drawn, annotator: str, server: str | None) -> tuple[int, str]:
    from medopt.labelling.refine import refine_case
    from medopt.project import Project

    project = Project.open(folder)
    value = project.settings.class_values.get(segment)
    if value is None:
        value = _whole(segment, "--segment")
    strokes = _strokes(drawn, project.case(case).geometry)
    version, changed = refine_case(project, case, value, strokes, annotator=annotator, server=server)
    return changed, f"version {version} of {case}" if version else f"unchanged, {case}"


def _file(
    source: Path,
    label: Path | None,
    probability: Path | None,
    segment: str,
    drawn: Drawn,
    output: Path | None,
    server: str | None,
) -> tuple[int, str]:
    import numpy as np

    from medopt.io import fit_label_map, read_image, read_label_map, write_label_map
    from medopt.labelling.refine import refine_label

    target = output or label
    if target is None:
        raise MedOptError("no place for the result", expected="--output FILE, or --label FILE to write it anew")
    image = read_image(source)
    before = None if label is None else fit_label_map(read_label_map(label), image.geometry, where=label)
    known = None
    if probability is not None:
        read = read_image(probability)
        if not read.geometry.is_close(image.geometry) or read.channels != 1:
            raise MedOptError("the probabilities do not fit the image", where=probability, expected="the same grid")
        known = np.asarray(read.array[0], np.float32)
        if not (np.isfinite(known).all() and known.min() >= 0 and known.max() <= 1):
            raise MedOptError("not probabilities", where=probability, expected="numbers from 0 to 1")
    strokes = _strokes(drawn, image.geometry)
    after = refine_label(image, before, _whole(segment, "--segment"), strokes, probability=known, server=server)
    write_label_map(after, target)
    start = np.zeros_like(after.array) if before is None else before.array
    return int(np.count_nonzero(after.array != start)), str(target)


def _strokes(drawn: Drawn, geometry: Geometry) -> Strokes:
    from medopt.labelling.assist import Strokes
    from medopt.labelling.refine import joined, read_strokes

    file, add, remove = drawn
    strokes = Strokes() if file is None else read_strokes(file, geometry)
    strokes = joined(
        strokes, [_voxel(text, "--add") for text in add or ()], [_voxel(t, "--remove") for t in remove or ()]
    )
    if not len(strokes):
        raise MedOptError("there are no strokes", expected="--strokes FILE, --add K,J,I or --remove K,J,I")
    return strokes


def _voxel(text: str, option: str) -> list[int]:
    parts = text.split(",")
    if len(parts) != 3:
        raise MedOptError("not a voxel", where=option, expected="three whole numbers K,J,I", found=repr(text))
    return [_whole(part, option) for part in parts]


def _whole(text: str, where: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise MedOptError("not a whole number", where=where, found=repr(text)) from None
