"""``--jobs``: where the parts of a work run, side by side here or on a cluster."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from medopt.errors import MedOptError

JobsOption = Annotated[
    str,
    typer.Option(
        "--jobs",
        metavar="N|slurm",
        help="How many at once on this machine, each with its share of the cores; [bold]slurm[/] for a cluster.",
    ),
]


def place_of(jobs: str, minutes: float | None = None) -> Any:
    """Where tasks run, from what the user typed; MedOptError for anything but a number and "slurm"."""
    from medopt.jobs.fanout import Cluster, ClusterSettings, Here

    if jobs.isdigit() and int(jobs) > 0:
        return Here(int(jobs))
    if jobs == "slurm":
        return Cluster(ClusterSettings(minutes=max(60, round(3 * minutes)) if minutes else 240))
    raise MedOptError("where to run is not understood", where="--jobs", expected="a number or slurm", found=jobs)
