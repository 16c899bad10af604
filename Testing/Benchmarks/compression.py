"""What a compression request of a project came to, on subjects that took no part in it, and on every engine here.

Run with ``python Testing/Benchmarks/compression.py [PROJECT NAME] [--threads N] [--rounds N] [--models NAME …]``.

PROJECT holds a finished request ``compression/NAME`` of ``medopt compress``; without it, one is made of made-up
scans, in about ten minutes, which shows what the steps cost and not what they keep. Each model is measured on the
test subjects (which is noted as a look at them), or, when the compressed run is a fold's, on the cases that the fold
held out. Dice, AUROC or AP50 stand beside what is kept of that of the better of teacher and control in float, with a
paired 95 % interval over subjects. Times are medians over rounds in which all models and engines run in turn, each in
a process of its own: of one patch, and of a case from its file to its label. Ratios are against the teacher's own
network in torch (eager, float) and against the teacher in onnxruntime (float); other models in torch are run from
their ONNX files. Peak memory is that of a process of its own that labels one case of that size.
It asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import numpy as np
import torch
from inference import installed, milliseconds, peak_of

from medopt.compression.chain.choice import Candidate
from medopt.compression.chain.front_file import FOLDER, FRONT, Front, read_front
from medopt.compression.chain.plan import ChainSettings
from medopt.compression.chain.ratio import Ratio, kept_ratio, main_score
from medopt.compression.chain.run import compress_run
from medopt.compression.quality import score_cases
from medopt.inference import Model, load_model, predict_image
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.project import ClassInfo, Project, import_folder, make_split
from medopt.project.splitting import open_test
from medopt.synthetic import STRUCTURES, SUBJECT_PATTERN, write_cohort
from medopt.training import load_network, propose_recipe, train
from medopt.training.run import describe_run, open_run
from medopt.validation.result_files import AnyResults

HELD_OUT = "metrics-held-out.json"
REST = 0.1
"""Seconds between two measurements, in which an engine's threads come to rest."""


def held_out_cases(project: Project, run: str) -> tuple[str, ...]:
    """Cases that neither the run nor its compression saw."""
    measured = project.runs_folder / run / HELD_OUT
    if measured.is_file():
        return tuple(sorted(case["case"] for case in json.loads(measured.read_text(encoding="utf-8"))["cases"]))
    return open_test(project, f"benchmark of the compression of {run}")


def accuracy(project: Project, front: Front, models: list[Candidate], engine: str, threads: int) -> dict[str, Ratio]:
    """Print scores and what is kept of that of the better of teacher and control, on held-out cases."""
    cases = held_out_cases(project, front.run)
    scores: dict[str, AnyResults] = {}
    for one in models:
        model = load_model(project.models_folder / one.name, threads=threads, runtime=engine)
        scores[one.name] = score_cases(project, model, cases)
    references = [one.name for one in models if one.is_reference]
    best = max(references, key=lambda name: main_score(scores[name]) or 0.0)
    print(f"\n{len(cases)} held-out cases in {engine}; kept of {best}, 95 % interval over subjects")
    print(f"{'model':<36}{front.metric:>8}   {'kept':<26}each structure or class")
    kept = {}
    for one in models:
        ratio = kept[one.name] = kept_ratio(scores[best], scores[one.name])
        ends = "" if ratio.low is None or ratio.high is None else f" [{ratio.low:.4f}, {ratio.high:.4f}]"
        told = "-" if ratio.estimate is None else f"{ratio.estimate:.4f}{ends}"
        each = "  ".join(f"{name} {value:.4f}" for name, value in ratio.structures if value is not None)
        print(f"{one.name:<36}{main_score(scores[one.name]) or float('nan'):>8.4f}   {told:<26}{each}", flush=True)
    return kept


def as_trained(project: Project, run: str) -> Model:
    """The compressed run's own network, in torch as it comes: eager, float, with the threads that torch was given."""
    folder = open_run(project, run)
    network, recipe, _ = load_network(folder)
    return Model(describe_run(folder), TorchRuntime(network, recipe.training.dims))


@dataclass(frozen=True)
class Timed:
    """A model on an engine, and what is timed of it.

    Parameters
    ----------
    run : whose own network stands in for the model's file, as trained; None for the file
    """

    project: Path
    model: str
    engine: str
    threads: int
    case: str
    run: str | None = None

    def open(self) -> Model:
        """The model, in this process."""
        project = Project.open(self.project)
        if self.run is not None:
            return as_trained(project, self.run)
        return load_model(project.models_folder / self.model, runtime=self.engine, threads=self.threads)


def serve(timed: Timed, asked: Connection) -> None:
    """Measure once whenever the other end asks, until it says that it is done: (patch, case) in milliseconds."""
    if timed.threads:
        torch.set_num_threads(timed.threads)
    project, model = Project.open(timed.project), timed.open()
    shape = (1, len(model.description.channels), *model.description.patch)
    window = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    while asked.recv():
        milliseconds(model.runtime, window)  # wakes the engine up
        patch = milliseconds(model.runtime, window)
        asked.send((patch, milliseconds(lambda: predict_image(project.read_image(timed.case), model))))


def in_turn(wanted: list[Timed], rounds: int) -> list[list[tuple[float, float]]]:
    """Measurements of each, round after round; each in a process of its own, which waits while others are measured.

    In one process, engines disturb each other: the threads of one go on for a while when its work is done.
    """
    context = get_context("spawn")
    found: list[list[tuple[float, float]]] = [[] for _ in wanted]
    pipes = []
    for timed in wanted:
        here, there = context.Pipe()
        context.Process(target=serve, args=(timed, there), daemon=True).start()
        pipes.append(here)
    for turn in range(rounds + 1):
        for pipe, times in zip(pipes, found, strict=True):
            pipe.send(True)
            measured = pipe.recv()
            time.sleep(REST)
            if turn:
                times.append(measured)
    for pipe in pipes:
        pipe.send(False)
    return found


def speed(project: Project, front: Front, models: list[Candidate], threads: int, rounds: int, case: str) -> None:
    """Print size, times and memory of every model on every engine."""
    teacher = next(one for one in models if one.branch == "teacher" and one.is_reference)
    wanted = [Timed(project.folder, one.name, engine, threads, case) for one in models for engine in installed()]
    own = Timed(project.folder, teacher.name, "torch", threads, case)
    wanted = [replace(timed, run=front.run) if timed == own else timed for timed in wanted]
    found = in_turn(wanted, rounds)
    base = {
        timed.engine: [median(times) for times in zip(*measured, strict=True)]
        for timed, measured in zip(wanted, found, strict=True)
        if timed.model == teacher.name
    }
    shape = project.read_image(case).geometry.shape
    patch = wanted[0].open().description.patch
    print(
        f"\npatch {patch}, case {shape}, {threads or 'all'} threads, medians of {rounds} rounds, quartiles of patch ms"
    )
    heads = f"{'MB':>7}{'smaller':>9}{'patch ms':>10}{'quartiles':>16}{'× torch':>9}{'× ort':>8}"
    heads += f"{'case ms':>10}{'× torch':>9}{'peak MB':>9}"
    print(f"{'model':<36}{'engine':<13}{heads}")
    for timed, measured in zip(wanted, found, strict=True):
        size = next(one.bytes for one in models if one.name == timed.model)
        patches = [one for one, _ in measured]
        one, all_of_it = (median(times) for times in zip(*measured, strict=True))
        low, high = np.percentile(patches, (25, 75))
        peak = peak_of(project.models_folder / timed.model, timed.engine, threads, shape)[0]
        print(
            f"{timed.model:<36}{timed.engine:<13}{size / 1e6:>7.3f}{teacher.bytes / size:>9.1f}{one:>10.2f}"
            f"{f'{low:.2f}-{high:.2f}':>16}{base['torch'][0] / one:>9.2f}{base['onnxruntime'][0] / one:>8.2f}"
            f"{all_of_it:>10.1f}{base['torch'][1] / all_of_it:>9.2f}{peak:>9.0f}",
            flush=True,
        )


def made_request(folder: Path) -> tuple[Project, str]:
    """A small run on made-up scans, and its compression."""
    cohort = write_cohort(folder / "cohort", subjects=24, seed=1)
    classes = [ClassInfo(value=one.value, name=one.name, color=one.color) for one in STRUCTURES]
    project = Project.create(folder / "project", name="made-up", classes=classes, channels=["MR"])
    import_folder(project, cohort.images, cohort.labels, subject_pattern=SUBJECT_PATTERN)
    make_split(project, test=0.25, validation=0.25, seed=1)
    train(project, propose_recipe(project, minutes=2), run="teacher")
    compress_run(project, "teacher", ChainSettings(minutes=8), name="small")
    return project, "small"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, nargs="?")
    parser.add_argument("name", nargs="?", help="of the request")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--models", nargs="*", help="only these, beside teacher and control in float")
    parser.add_argument("--engine", default="onnxruntime", help="that scores are measured in")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        opened = None if given.project is None else (Project.open(given.project), given.name)
        project, name = opened or made_request(Path(folder))
        front = read_front(project.folder / FOLDER / name / FRONT)
        models = [one for one in front.candidates if not given.models or one.is_reference or one.name in given.models]
        accuracy(project, front, models, given.engine, given.threads)
        speed(project, front, models, given.threads, given.rounds, held_out_cases(project, front.run)[0])


if __name__ == "__main__":
    main()
