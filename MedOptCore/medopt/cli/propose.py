"""``medopt propose``: what a model suggests for the cases without a label."""

from __future__ import annotations

from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument
from medopt.cli.work import working


def command(
    project: ProjectArgument,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="A run of the project by name, a model in its folder models, or the folder of an exported model. By "
            "default the newest run.",
            show_default=False,
        ),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CASE",
            help="Only this case, labelled or not. May be repeated. By default all without a label.",
            show_default=False,
        ),
    ] = None,
    least_score: Annotated[
        float, typer.Option(min=0, max=1, help="Boxes that score less are not proposed (detection).")
    ] = 0.3,
    device: Annotated[
        str | None,
        typer.Option(metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps. By default auto.", show_default=False),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads of the network. By default all cores.", show_default=False)
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Let a model propose labels for the cases that have none.

    Each case gets a proposal with a confidence, and in segmentation the probability of each class at each voxel, for
    people to accept or correct in MedOptLabel. Cases that have a proposal of the same weights are left as they are, so
    the same command after Ctrl-C or a crash goes on where it was. A case that cannot be used is left out with the
    reason.

    \b
    Examples:
      medopt propose hippocampus
      medopt propose hippocampus --model ../other/models/run-003
    """
    from medopt.labelling.propose import propose
    from medopt.project import Project

    with working("propose", project, events=events, job=job) as work:
        done = propose(
            Project.open(project),
            model,
            cases=tuple(case) if case else None,
            least_score=least_score,
            device=device,
            threads=threads,
            reporter=work.reporter,
            stop=work.stop.polling(),
        )
        if done.left_out:
            rows = [{"case": name, "reason": reason} for name, reason in done.left_out.items()]
            work.reporter.emit("result", title="Left out", rows=rows)
        text = f"{len(done.made)} proposals by {done.model}, {len(done.kept)} cases as they were"
        work.reporter.emit("message", level="info", text=f"{text}, {len(done.left_out)} left out")
