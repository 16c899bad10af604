"""``medopt compress``: from a trained run to the fastest model that keeps its accuracy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, RunOption, RuntimeName
from medopt.cli.output import duration
from medopt.cli.prune import DeviceOption, SettingsOption, ThreadsOption, complete
from medopt.cli.runs import run_folder
from medopt.cli.work import showing, working
from medopt.errors import MedOptError
from medopt.events import Reporter

if TYPE_CHECKING:
    from medopt.compression.chain.plan import Plan
    from medopt.compression.chain.run import Compressed

UNITS = {"ms": 1.0, "s": 1000.0}
BYTES = {"b": 1, "kb": 1000, "mb": 10**6, "gb": 10**9}


def command(
    project: ProjectArgument,
    run: RunOption = None,
    keep: Annotated[
        float, typer.Option(min=0.01, max=1, help="Share of the score that the model must surely keep.")
    ] = 0.99,
    max_latency: Annotated[
        str | None, typer.Option(metavar="TIME", help="For one patch, as in 200ms or 0.2s.", show_default=False)
    ] = None,
    max_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Of the model's file, as in 2MB or 500kB.", show_default=False)
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="For all of it. By default 30.", show_default=False)
    ] = None,
    runtime: Annotated[
        RuntimeName, typer.Option(help="The engine that the models are measured in: where they will run.")
    ] = RuntimeName.onnxruntime,
    plan: Annotated[bool, typer.Option("--plan", help="Only tell what would be done.")] = False,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of the request; its runs and models begin with it. By default RUN-small.",
            show_default=False,
        ),
    ] = None,
    settings: SettingsOption = None,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Find the fastest model that keeps the accuracy of a run.

    A control, pruned runs, narrower students and efficient networks are trained equally long, exported and brought to
    8 bit. Each is measured on the validation cases beside the better of run and control; the test subjects stay sealed.
    The same command goes on after a stop or crash. The plan and the expected time are told first.

    \b
    Examples:
      medopt compress hippocampus --run run-001 --plan
      medopt compress hippocampus --run run-001 --keep 0.99 --max-size 2MB --minutes 60
    """
    values: dict[str, Any] = {"keep": keep}
    if minutes is not None:
        values["minutes"] = minutes
    latency_ms = None if max_latency is None else amount_of(max_latency, UNITS, "--max-latency", "200ms or 0.2s")
    most = None if max_size is None else int(amount_of(max_size, BYTES, "--max-size", "2MB or 500kB"))
    if plan:
        with _planning(events, job) as output:
            from medopt.compression.chain.plan import ChainSettings
            from medopt.compression.chain.run import plan_request
            from medopt.project import Project

            opened = Project.open(project)
            asked = complete(ChainSettings, values, settings or (), "compress")
            _tell_plan(*plan_request(opened, run_folder(opened.folder, run).name, asked, name=name), output)
        return
    with working("compress", project, events=events, job=job) as work:
        from medopt.compression.chain.plan import ChainSettings
        from medopt.compression.chain.run import compress_run, plan_request
        from medopt.compression.run import Means
        from medopt.inference.runtimes import demand_runtime
        from medopt.project import Project

        demand_runtime(runtime.value)
        opened = Project.open(project)
        asked = complete(ChainSettings, values, settings or (), "compress")
        wanted = run_folder(opened.folder, run).name
        _tell_plan(*plan_request(opened, wanted, asked, name=name, write=True), work.reporter)
        found = compress_run(
            opened,
            wanted,
            asked,
            max_latency_ms=latency_ms,
            max_bytes=most,
            engine=runtime.value,
            name=name,
            means=Means(device, threads, work.reporter, work.stop.polling()),
        )
        if found is not None:
            _tell(found, work.reporter)


def amount_of(text: str, units: dict[str, float] | dict[str, int], option: str, example: str) -> float:
    """A number with a unit; raises MedOptError for anything else."""
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([a-zA-Z]+)\s*", text)
    unit = units.get(match[2].lower()) if match else None
    if match is None or unit is None or float(match[1]) <= 0:
        raise MedOptError("the limit cannot be read", where=option, expected=f"such as {example}", found=text)
    return float(match[1]) * unit


@contextmanager
def _planning(events: Events, job: Path | None) -> Iterator[Reporter]:
    """Output of a plan, which is kept as a job only where a panel waits for it."""
    if job is None:
        with showing(events) as output:
            yield output
    else:
        with working("compress", None, events=events, job=job) as work:
            yield work.reporter


def _tell_plan(folder: Path, plan: Plan, output: Reporter) -> None:
    from medopt.compression.chain.plan import plan_rows

    output.emit("result", title="Plan", rows=plan_rows(plan), path=str(folder))
    rest = f"exports, 8 bit and measurements about {duration(plan.rest_seconds)}"
    if plan.expected_minutes is None:
        text = f"Expected: {plan.trainings} trainings of {plan.settings.steps} steps; {rest}"
    else:
        text = f"Expected: about {duration(60 * plan.expected_minutes)} in all; of that {rest}"
    output.emit("message", level="info", text=text)


def _tell(found: Compressed, output: Reporter) -> None:
    rows = [
        {
            "model": one.name,
            "parameters": one.parameters,
            "multiply-adds": one.multiply_adds,
            "bytes": one.bytes,
            "ms a patch": one.latency_ms,
            "× faster": found.faster[one.name],
            "score": one.score,
            "keeps": _kept(one.ratio, one.low, one.high),
            "": "taken" if one.name == found.choice.taken else "front" if one.name in found.front else "",
        }
        for one in sorted(found.candidates, key=lambda one: one.latency_ms)
    ]
    output.emit("result", title="Models, fastest first", rows=rows, path=str(found.folder))
    for name, why in found.choice.refused.items():
        output.emit("message", level="info", text=f"{name}: {'; '.join(why)}")
    if found.choice.taken is not None:
        text, level = f"Taken: {found.choice.taken}. It was chosen on validation cases: validate it on the test", "info"
    else:
        text, level = f"No model keeps what was asked for. The nearest is {found.choice.nearest}", "warning"
    output.emit("message", level=level, text=text)


def _kept(ratio: float | None, low: float | None, high: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.4f}" if low is None or high is None else f"{ratio:.4f} [{low:.4f}, {high:.4f}]"
