"""Do what a request of compression asks for, or go on with it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch

from medopt.compression.chain.choice import Candidate, Choice, Rules, choose, is_hopeless
from medopt.compression.chain.front import front_of
from medopt.compression.chain.front_file import FOLDER, FORMAT, FRONT, PLAN
from medopt.compression.chain.make import WEIGHTS, Maker
from medopt.compression.chain.networks import SUITED, network_recipe
from medopt.compression.chain.plan import Branch, ChainSettings, Plan, branches_of, make_plan
from medopt.compression.chain.ratio import kept_ratio, main_score
from medopt.compression.continued import network_of_run
from medopt.compression.distill.student import narrower
from medopt.compression.latency import patch_latencies, times_faster
from medopt.compression.prune.course import patch_shape
from medopt.compression.run import Means
from medopt.compression.step import Parent, open_parent, weights_digest
from medopt.errors import MedOptError
from medopt.files import inside, read_json, write_bytes, write_json, write_text
from medopt.inference import DEFAULT_RUNTIME
from medopt.inference.runtimes import demand_runtime
from medopt.networks import coarser
from medopt.project import Project
from medopt.project.names import is_safe_name
from medopt.report.figures.canvas import to_png, to_svg
from medopt.report.figures.compression_front import FrontPoint, draw_front
from medopt.validation.result_files import AnyResults

LONGEST_NAME = 40
"""Of a request: names of its runs and models begin with it."""
Scores = dict[tuple[str, int], AnyResults]
"""(branch, bits) → what that package says of the validation cases."""


@dataclass(frozen=True)
class Compressed:
    """What came of a request.

    Parameters
    ----------
    folder : with plan.json, front.json, front.png and front.svg
    candidates : every model that was measured, teacher and control among them
    choice : which one is taken, or that none is
    front : names of models that no other one beats in latency, size and score at once
    faster : times faster than the teacher's export, by name
    ended : branch → why it ended early
    """

    folder: Path
    candidates: tuple[Candidate, ...]
    choice: Choice
    front: tuple[str, ...]
    faster: Mapping[str, float]
    ended: Mapping[str, str]


def plan_request(
    project: Project,
    run: str | None = None,
    settings: ChainSettings | None = None,
    *,
    name: str | None = None,
    write: bool = False,
) -> tuple[Path, Plan]:
    """The folder of a request and its plan: the one that is there, or a new one, written to the folder with ``write``.

    Raises MedOptError when the run cannot be compressed, there is no labelled validation case, or the name belongs to a
    request for something else.
    """
    settings, parent = settings or ChainSettings(), open_parent(project, run)
    if settings.networks is None:
        settings = settings.model_copy(update={"networks": SUITED[parent.record.task]})
    name = name or f"{parent.name.replace('/', '-')}-small"
    if not is_safe_name(name) or len(name) > LONGEST_NAME:
        expected = f"letters, digits, - and _, at most {LONGEST_NAME}"
        raise MedOptError("not a name", expected=expected, found=name, remedy="Give a --name")
    folder = inside(project.folder, f"{FOLDER}/{name}")
    cases = _cases(project, parent)
    if not cases:
        raise MedOptError(
            "no case to measure smaller models on", where=parent.name, expected="labelled validation cases"
        )
    wished = make_plan(
        parent.name,
        weights_digest(parent),
        settings,
        patch_seconds=_patch_seconds(parent),
        validation_cases=len(cases),
        unfit=_unfit(project, parent, settings),
    )
    if not (folder / PLAN).is_file():
        if write:
            write_json(folder / PLAN, wished.to_json())
        return folder, wished
    there = Plan.from_json(read_json(folder / PLAN), str(folder / PLAN))
    if not there.same_as(wished):
        raise MedOptError(
            "a request of this name asked for something else",
            where=name,
            expected=f"{there.run} with {there.settings.model_dump_json()}",
            found=f"{wished.run} with {settings.model_dump_json()}",
            remedy="Repeat the command as it was, or give the new request another --name",
        )
    return folder, there


def compress_run(
    project: Project,
    run: str | None = None,
    settings: ChainSettings | None = None,
    *,
    max_latency_ms: float | None = None,
    max_bytes: int | None = None,
    engine: str = DEFAULT_RUNTIME,
    name: str | None = None,
    means: Means | None = None,
) -> Compressed | None:
    """Make smaller models of ``run``, the newest by default, and choose one; None when it was stopped before the end.

    Every model is measured on the validation cases; the test subjects are not looked at. Each finished step is a run or
    a model on disk, so repeating the call goes on after a stop or kill. The limits and ``engine``, the runtime that
    models are measured in, may differ from call to call: they only choose. A branch that keeps too little, or whose
    step fails, ends and is told; teacher and control must not.
    """
    means = means or Means()
    demand_runtime(engine)
    folder, plan = plan_request(project, run, settings, name=name, write=True)
    parent = open_parent(project, plan.run)
    rules = Rules(plan.settings.keep, plan.settings.floor, max_latency_ms, max_bytes)
    maker = Maker(project, folder, plan, parent, _cases(project, parent), means, engine)
    scores: Scores = {}
    ended: dict[str, str] = {}
    for branch in plan.branches:
        try:
            why = _make(maker, branch, scores, rules)
        except MedOptError as error:
            if branch.is_reference and (branch.name, 32) not in scores:
                raise
            why = str(error)
        if _stopped(means):
            return None
        if why:
            ended[branch.name] = why
            means.told.emit("message", level="warning", text=f"The branch {branch.name} ends: {why}")
    candidates, faster = _measured(maker, scores)
    found = Compressed(folder, candidates, choose(candidates, rules), front_of(candidates), faster, ended)
    _write(found, plan, rules, _reference(scores), maker)
    return found


def _make(maker: Maker, branch: Branch, scores: Scores, rules: Rules) -> str:
    """Make a branch's models; why it ended early, or an empty text."""
    if not maker.train(branch) or _stopped(maker.means):
        return ""
    scores[branch.name, 32] = maker.export(branch)
    if not branch.is_reference:
        found = _candidate(maker, branch, 32, scores, 0.0)
        if is_hopeless(found, rules):
            return f"its model keeps {found.ratio or 0:.4f} of the score before 8 bit, surely less than {rules.keep:g}"
    if not _stopped(maker.means):
        scores[branch.name, 8] = maker.quantize(branch)
    return ""


def _stopped(means: Means) -> bool:
    return means.stop is not None and means.stop.requested()


def _reference(scores: Scores) -> AnyResults:
    """The better of teacher and control in float."""
    known = [scores[name, 32] for name in ("teacher", "control") if (name, 32) in scores]
    return max(known, key=lambda results: main_score(results) or 0.0)


def _candidate(maker: Maker, branch: Branch, bits: int, scores: Scores, latency_ms: float) -> Candidate:
    package, results = maker.package_of(branch, bits), scores[branch.name, bits]
    ratio = kept_ratio(_reference(scores), results)
    parameters, multiply_adds = maker.costs(branch)
    return Candidate(
        name=package.name,
        branch=branch.name,
        bits=bits,
        parameters=parameters,
        multiply_adds=multiply_adds,
        bytes=(package / WEIGHTS).stat().st_size,
        latency_ms=latency_ms,
        score=main_score(results),
        ratio=ratio.estimate,
        low=ratio.low,
        high=ratio.high,
        classes=ratio.structures,
        is_reference=branch.is_reference and bits == 32,
    )


def _measured(maker: Maker, scores: Scores) -> tuple[tuple[Candidate, ...], dict[str, float]]:
    """All models with their latencies, measured together, and how many times faster than the teacher each is."""
    branches = {branch.name: branch for branch in maker.plan.branches}
    packages = {key: maker.package_of(branches[key[0]], key[1]) for key in scores}
    models = {package.name: maker.open(branches[name], bits) for (name, bits), package in packages.items()}
    times = patch_latencies(models, maker.plan.settings.rounds)
    teacher = times[packages["teacher", 32].name]
    candidates = [
        _candidate(maker, branches[name], bits, scores, median(times[package.name]))
        for (name, bits), package in packages.items()
    ]
    return tuple(candidates), {name: times_faster(found, teacher) for name, found in times.items()}


def _write(found: Compressed, plan: Plan, rules: Rules, reference: AnyResults, maker: Maker) -> None:
    """``front.json`` and the figure."""
    facts: dict[str, Any] = {
        "format": FORMAT,
        "run": plan.run,
        "metric": reference.main_metric,
        "engine": maker.engine,
        "validation_cases": len(maker.cases),
        "rules": asdict(rules),
        "candidates": [{**asdict(one), "times_faster": found.faster[one.name]} for one in found.candidates],
        "front": list(found.front),
        "taken": found.choice.taken,
        "nearest": found.choice.nearest,
        "refused": {name: list(why) for name, why in found.choice.refused.items()},
        "ended": dict(found.ended),
        "left_out": dict(plan.left_out),
    }
    write_json(found.folder / FRONT, facts)
    points = [
        FrontPoint(
            f"{one.branch}, {one.bits} bit",
            one.latency_ms,
            one.score,
            one.bytes,
            one.name in found.front,
            one.is_reference,
            one.name == found.choice.taken,
        )
        for one in found.candidates
        if one.score is not None
    ]
    best = main_score(reference)
    title = {"dice": "Dice", "auroc": "AUROC", "ap50": "AP50"}[reference.main_metric]
    drawing = draw_front(points, title, len(maker.cases), None if best is None else rules.keep * best)
    write_bytes(found.folder / "front.png", to_png(drawing))
    write_text(found.folder / "front.svg", to_svg(drawing, "front"))


def _cases(project: Project, parent: Parent) -> tuple[str, ...]:
    return tuple(case for case in parent.split.validation if project.label_path(case))


def _unfit(project: Project, parent: Parent, settings: ChainSettings) -> dict[str, str]:
    """Branches that cannot be, and why."""
    found = {}
    for branch in branches_of(settings):
        try:
            if branch.kind == "distill":
                network = narrower(parent.recipe.network, branch.amount, settings.multiple)
                if branch.coarse:
                    coarser(network)
                elif network == parent.recipe.network:
                    found[branch.name] = f"no width is smaller, rounded to multiples of {settings.multiple}"
            elif branch.kind == "network":
                network_recipe(project, parent, branch.network)
        except MedOptError as error:
            found[branch.name] = str(error)
    return found


def _patch_seconds(parent: Parent) -> float:
    """Of one patch through the run's network, the quicker of two."""
    network = network_of_run(parent.folder).eval()
    patch = torch.zeros(1, *patch_shape(parent.recipe, len(parent.record.channels)))
    times = []
    with torch.no_grad():
        for _ in range(2):
            began = time.perf_counter()
            network(patch)
            times.append(time.perf_counter() - began)
    return min(times)
