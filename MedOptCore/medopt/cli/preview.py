"""``medopt preview``: what a recipe does to a case, before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medopt.cli.options import ChangesOption, Events, EventsOption, JobOption, ProjectArgument, RecipeOption
from medopt.cli.recipes import Wishes, make_recipe
from medopt.cli.work import working
from medopt.errors import MedOptError

if TYPE_CHECKING:
    from medopt.image import Image, LabelMap
    from medopt.project import Project

FITTED = 50
"""Training cases that give the scale of all images when the recipe asks for it; a training takes all of them."""


def command(
    project: ProjectArgument,
    case: Annotated[
        str | None,
        typer.Option(metavar="CASE", help="Which case. By default the first to train on.", show_default=False),
    ] = None,
    recipe: RecipeOption = None,
    changes: ChangesOption = None,
    variants: Annotated[int, typer.Option(min=0, max=64, help="How many augmented patches to draw.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Of the drawn patches; another one draws others.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The PNG file. By default PROJECT/cache/preview-CASE.png.", show_default=False
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Draw what a recipe's preprocessing and augmentation make of a case.

    Reads one case that is not a test case. Writes a picture: the case before and after with its histograms, and
    patches as training would draw them, labels outlined. Tells the share of voxels that windows and clips cut off.

    \b
    Examples:
      medopt preview hippocampus
      medopt preview ct --set preprocess.steps.0.preset=lung --set augment=strong
    """
    from medopt.files import write_bytes
    from medopt.preprocess import fit_cohort, needs_cohort
    from medopt.project import Project
    from medopt.report.figures.canvas import to_png
    from medopt.report.preview_picture import draw_preview, preview_recipe

    with working("preview", project, events=events, job=job) as work:
        opened = Project.open(project)
        name, training = _choose(opened, case)
        chosen = make_recipe(opened, Wishes(recipe, None, None, tuple(changes or ())))
        preprocess = chosen.preprocess
        if needs_cohort(preprocess):
            preprocess = fit_cohort(preprocess, [_reader(opened, one) for one in training])
        label = None if opened.label_path(name) is None else opened.read_label(name)
        shown = preview_recipe(
            opened.read_image(name),
            label,
            preprocess,
            chosen.augment,
            chosen.training.patch,
            variants=variants,
            seed=seed,
        )
        for one in shown.cut:
            text = one.sentence(opened.settings.channels[one.channel])
            work.reporter.emit("message", level="info", text=text)
        file = output or opened.cache_folder / f"preview-{name}.png"
        write_bytes(file, to_png(draw_preview(shown, f"{name}, seed {seed}"), dots_per_inch=130))
        work.reporter.emit("result", title="preview", path=file)


def _choose(project: Project, case: str | None) -> tuple[str, Sequence[str]]:
    """The case to show, and the training cases; a test case is refused, since looking at it is counted."""
    from medopt.project import load_split

    labelled = [one.id for one in project.cases() if one.labelled]
    try:
        split = load_split(project)
    except MedOptError:
        training = labelled
    else:
        training = list(split.train)
        if case is not None and case in split.test:
            raise MedOptError(
                "this is a test case",
                where=case,
                expected="a case to train on or without a label",
                remedy="Name another one; test cases are looked at with `medopt validate` only",
            )
    if case is not None:
        return project.case(case).id, training[:FITTED]
    if not training:
        raise MedOptError("there is nothing to show", where=project.folder, expected="labelled cases")
    return training[0], training[:FITTED]


def _reader(project: Project, case: str) -> Callable[[], tuple[Image, LabelMap | None]]:
    return lambda: (project.read_image(case), None if project.label_path(case) is None else project.read_label(case))
