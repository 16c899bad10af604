"""``medopt explain``: where in an image a run looks, and whether such maps are worth anything."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, RunOption, Subset, Weights
from medopt.cli.runs import run_folder
from medopt.cli.work import showing, working


class Method(str, Enum):
    """How maps are made."""

    gradcam = "gradcam"
    gradcampp = "gradcam++"
    cam = "cam"
    occlusion = "occlusion"


def command(
    project: ProjectArgument,
    run: RunOption = None,
    subset: Annotated[Subset, typer.Option(help="Which part of the split to explain.")] = Subset.test,
    weights: Annotated[
        Weights, typer.Option(help="The best weights by the validation score, or the last ones.")
    ] = Weights.best,
    method: Annotated[Method, typer.Option(help="How the maps are made.")] = Method.gradcam,
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Whose features are weighed. By default the deepest stage that is still 7 cells long, of the "
            "decoder where there is one; "
            "for CAM the one before the last layer.",
            show_default=False,
        ),
    ] = None,
    class_: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="NAME",
            help="Explain this class. May be repeated. By default all; of a classification those that the model finds.",
            show_default=False,
        ),
    ] = None,
    peak: Annotated[int, typer.Option(min=1, help="Detection: which box of a class, 1 for the surest.")] = 1,
    blocks: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Occlusion: steps of the block along the longest side. By default 14 in a slice, 8 in a volume.",
            show_default=False,
        ),
    ] = None,
    regions: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Label maps or boxes, one a case, that the maps should point at, for a classification.",
            show_default=False,
        ),
    ] = None,
    sanity_cases: Annotated[int, typer.Option(min=0, help="Cases of the randomisation check; 0 leaves it out.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Of the random weights of that check.")] = 1,
    list_layers: Annotated[
        bool, typer.Option("--list-layers", help="List the layers that can be named, and make no maps.")
    ] = False,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Map what in each image speaks for a class, and check the maps.

    Reads the run and a part of the split. Writes a map a case and class, on the case's own grid, and explanation.json
    into RUN/explanations/SUBSET-METHOD; `medopt report` then shows a montage. Beside the maps it tells how like they
    are to those of a network with random weights, and how often they point into the reference, with intervals.

    \b
    Example:
      medopt explain hippocampus --method gradcam++
    """
    from medopt.project import Project
    from medopt.validation.explain import ExplainSettings

    settings = ExplainSettings(
        method=method.value,
        layer=layer or "",
        classes=tuple(class_ or ()),
        peak=peak,
        blocks=blocks,
        sanity_cases=sanity_cases,
        seed=seed,
    )
    if list_layers:
        with showing(events) as output:
            output.emit("result", title="Layers", rows=_layers(project, run, weights.value))
        return
    with working("explain", project, events=events, job=job, hidden=[regions] if regions else []) as work:
        from medopt.validation.explain.cohort import explain_run

        opened = Project.open(project)
        folder = run_folder(opened.folder, run)
        found = explain_run(
            opened,
            folder.name,
            subset=subset.value,
            weights=weights.value,
            settings=settings,
            regions=regions,
            reporter=work.reporter,
            stopped=work.stop.requested,
        )
        if found is not None:
            _tell(found, folder, work.reporter)


def _layers(project: Path, run: str | None, weights: str) -> list[dict[str, Any]]:
    from medopt.training.run import describe_run, load_network
    from medopt.validation.explain import ExplainSettings
    from medopt.validation.explain.explainer import Explainer

    folder = run_folder(project, run)
    explainer = Explainer(load_network(folder, weights)[0], describe_run(folder), ExplainSettings())
    return [
        {
            "layer": name,
            "features": shape[0],
            "cells": "×".join(map(str, shape[1:])),
            "": "default" if name == explainer.layer else "",
        }
        for name, shape in explainer.layers().items()
    ]


def _tell(found: Any, folder: Path, reporter: Any) -> None:
    from medopt.validation.explain import FILE, explanation_folder, pointing_verdict, sanity_verdict, told

    where = f", layer {found.layer}" if found.layer else ""
    reporter.emit("message", level="info", text=f"{found.title} of {len(found.maps)} maps{where}")
    if found.sanity:
        rows = [
            {"weights drawn anew down to": row.step, "rank correlation": told(row.spearman), "SSIM": told(row.ssim)}
            for row in found.sanity
        ]
        reporter.emit("result", title="Randomisation check: likeness with the trained network's maps", rows=rows)
    if found.pointing:
        rows = [
            {"class": row.name, "hits": told(row.hits), "inside": told(row.inside), "by chance": f"{row.chance:.3f}"}
            for row in found.pointing
        ]
        reporter.emit("result", title="Pointing game", rows=rows)
    for sentence in (sanity_verdict(found), *(pointing_verdict(row) for row in found.pointing)):
        reporter.emit("message", level="info", text=sentence)
    if found.nothing:
        shown = [{"case": one.case, "reason": one.reason} for one in found.nothing]
        reporter.emit("result", title="Without a map", rows=shown)
    path = explanation_folder(folder, found.subset, found.settings.method) / FILE
    reporter.emit("result", title="explanation", path=path)
