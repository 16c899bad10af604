"""Does it help to begin from other weights? Learning curves over the number of labelled subjects, with intervals.

Three ways to begin: from random weights; from self-supervised pretraining on all images without their labels, test
subjects left out; from a run that learned another question (one structure out of all, on other subjects). Each is
trained on 10, 20 and 50 subjects, several times with other subjects and other seeds, and measured on test subjects
that nothing has seen. Intervals are of the mean over test cases and repeats, by drawing both anew 2000 times; the
gain is over random weights on the same cases and draws. DATA is a folder with imagesTr, labelsTr and perhaps imagesTs,
such as Task04_Hippocampus of the Medical Segmentation Decathlon. Run:
    python Testing/Benchmarks/transfer.py DATA [--minutes 2] [--pretrain-minutes 20] [--repeats 3]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from medopt.files import write_json
from medopt.project import ClassInfo, Project, import_folder, load_split, make_split
from medopt.project.splitting import open_test
from medopt.tasks import Task, build_task
from medopt.training import Recipe, propose_recipe
from medopt.training.assess import assess
from medopt.training.build import build_for, task_of
from medopt.training.cache import PreparedCase, prepare_cases, training_preprocess
from medopt.training.device import choose_device
from medopt.training.optimisation import MovingAverage, build_optimiser, clip_gradient, learning_rate
from medopt.training.pretrain import PretrainRecord, PretrainSettings, pretrain
from medopt.training.sampling import PatchSampler
from medopt.training.transfer import Freezing, Source, TransferSettings, parameter_groups, rate_of, read_source
from medopt.training.transfer.begin import transfer

COLORS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
STARTS = ("random", "pretrained", "other run")
DRAWS = 2000


def make_project(data: Path, folder: Path) -> Project:
    """All images of the data as a project, with a split; classes by the names in dataset.json."""
    names = json.loads((data / "dataset.json").read_text(encoding="utf-8"))["labels"]
    classes = [
        ClassInfo(value=int(value), name=str(name), color=COLORS[int(value) % len(COLORS)])
        for value, name in names.items()
        if int(value)
    ]
    project = Project.create(folder, name="transfer", classes=classes)
    import_folder(project, data / "imagesTr", data / "labelsTr")
    if (data / "imagesTs").is_dir():
        import_folder(project, data / "imagesTs")
    make_split(project, test=0.25, validation=0.05)
    return project


def learn(
    recipe: Recipe,
    task: Task,
    cases: Sequence[PreparedCase],
    *,
    seed: int,
    steps: int | None,
    minutes: float,
    channels: Sequence[str],
    source: Source | None = None,
    settings: TransferSettings | None = None,
) -> nn.Module:
    """A network trained on the cases by the recipe's schedule, with its averaged weights; begins from ``source``."""
    device = choose_device().torch
    torch.manual_seed(seed)
    network = build_for(task, recipe, len(channels))
    settings = settings or TransferSettings(source="none", warmup=0)
    report = None
    if source is not None:
        classes = [info.name for info in task.classes]  # type: ignore[attr-defined]
        report = transfer(network, source, settings, recipe.task, classes, channels)
    network.to(device).train()
    training = recipe.training
    groups = parameter_groups(network, settings, training.learning_rate, training.weight_decay, report)
    optimiser = build_optimiser(network, training, groups)
    freezing = Freezing(network, settings, report)
    average = MovingAverage(network, training.ema)
    sampler = PatchSampler(cases, task, training, recipe.augment, seed, device, recipe.balance)
    began, step, share = time.monotonic(), 0, 0.0
    while share < 1:
        batch = sampler.batch(step)
        freezing.follow(share)
        for group in optimiser.param_groups:
            group["lr"] = rate_of(group, learning_rate(training, share), share)
        loss = task.loss(network(batch.images), batch.targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clip_gradient(network.parameters(), training.gradient_clip)
        optimiser.step()
        average.update(network)
        step += 1
        share = step / steps if steps else min(1.0, (time.monotonic() - began) / 60 / minutes)
    network.load_state_dict(average.state)
    return network


def as_one_structure(case: PreparedCase) -> PreparedCase:
    """The case with all its structures as one: another question to the same image."""
    target = np.where(case.target == 255, case.target, np.minimum(case.target, 1))
    return replace(case, target=target, points=(np.concatenate(case.points),), judged=np.ones(1, bool))


def interval(scores: np.ndarray) -> tuple[float, float, float]:
    """Mean and the ends of its 95 % interval, of (repeats, cases), by drawing repeats and cases anew."""
    random = np.random.default_rng(1)
    repeats, cases = scores.shape
    means = [
        scores[np.ix_(random.integers(repeats, size=repeats), random.integers(cases, size=cases))].mean()
        for _ in range(DRAWS)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(scores.mean()), float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--subjects", type=int, nargs="+", default=[10, 20, 50])
    parser.add_argument("--repeats", type=int, default=3, help="trainings of each kind, on other subjects")
    parser.add_argument("--minutes", type=float, default=2.0, help="of each training")
    parser.add_argument("--steps", type=int, help="of each training, instead of minutes")
    parser.add_argument("--pretrain-minutes", type=float, default=20.0)
    parser.add_argument("--pretrain-steps", type=int, help="instead of minutes")
    parser.add_argument(
        "--hidden", type=float, default=PretrainSettings().hidden, help="share hidden while pretraining"
    )
    parser.add_argument("--source-minutes", type=float, default=10.0, help="of the run on the other question")
    parser.add_argument("--source-steps", type=int, help="instead of minutes")
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=list(STARTS))
    parser.add_argument("--test-cases", type=int, help="at most so many; all by default")
    parser.add_argument("--warmup", type=float, default=TransferSettings(source="x").warmup)
    parser.add_argument("--layer-decay", type=float, default=1.0)
    parser.add_argument("--freeze", default="nothing", help="nothing, encoder, or a number of stages")
    parser.add_argument("--thaw", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, help="keep the project here, and use it again")
    parser.add_argument("--output", type=Path, help="write every score here as JSON")
    wished = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        measure(wished, wished.folder or Path(temporary) / "project")


def measure(wished: argparse.Namespace, folder: Path) -> None:
    """Train everything and print the table."""
    project = Project.open(folder) if (folder / "project.yaml").is_file() else make_project(wished.data, folder)
    split = load_split(project)
    recipe = propose_recipe(project, minutes=wished.minutes)
    recipe = recipe.model_copy(update={"preprocess": training_preprocess(project, split.train, recipe.preprocess)})
    task = task_of(recipe, project.settings.task, project.settings)
    pool = np.random.default_rng(5).permutation(split.train).tolist()
    others, pool = pool[: len(pool) // 2], pool[len(pool) // 2 :]  # the other question is asked of other subjects
    test = open_test(project, "benchmark of transfer learning")[: wished.test_cases]
    learned, _ = prepare_cases(project, pool, recipe.preprocess, task)
    tested, _ = prepare_cases(project, test, recipe.preprocess, task)
    channels = project.settings.channels
    sources: dict[str, Source | None] = {"random": None}
    if "pretrained" in wished.starts:
        made = pretrain(
            project,
            recipe,
            minutes=None if wished.pretrain_steps else wished.pretrain_minutes,
            steps=wished.pretrain_steps,
            settings=PretrainSettings(hidden=wished.hidden),
        )
        record = PretrainRecord.load(made)
        sources["pretrained"] = read_source(made.name, project)
        said = f"error {record.loss:.3f} of the variance" if record.loss is not None else ""
        print(f"pretrained {record.steps} steps, {record.seconds / 60:.1f} min, {len(record.cases)} images {said}")
    if "other run" in wished.starts:
        whole = build_task(
            "segmentation", [ClassInfo(value=1, name="all structures", color=COLORS[0])], loss=recipe.loss
        )
        asked, _ = prepare_cases(project, others, recipe.preprocess, task)
        network = learn(
            recipe,
            whole,
            [as_one_structure(case) for case in asked],
            seed=99,
            steps=wished.source_steps,
            minutes=wished.source_minutes,
            channels=channels,
        )
        rows = ("background", "all structures")
        state = {name: value.cpu() for name, value in network.state_dict().items()}
        sources["other run"] = Source("other run", "run", state, "", "segmentation", rows, tuple(channels))
    freeze = int(wished.freeze) if wished.freeze.isdigit() else wished.freeze
    settings = TransferSettings(
        source="x", warmup=wished.warmup, layer_decay=wished.layer_decay, freeze=freeze, thaw=wished.thaw
    )
    scores: dict[tuple[str, int], np.ndarray] = {}
    budget = f"{wished.steps} steps" if wished.steps else f"{wished.minutes:g} min"
    threads = torch.get_num_threads()
    print(f"each training {budget}, {wished.repeats} repeats, {len(tested)} test cases, {threads} threads\n")
    print(f"{'begins from':12s} {'subjects':>8s}  {'Dice [95 % interval]':>24s}  {'gain [95 % interval]':>26s}")
    device = choose_device().torch
    for count in (n for n in wished.subjects if n <= len(learned)):
        for start in wished.starts:
            found = []
            for repeat in range(wished.repeats):
                chosen = np.random.default_rng((repeat, count)).permutation(len(learned))[:count]
                network = learn(
                    recipe,
                    task,
                    [learned[n] for n in chosen],
                    seed=repeat + 1,
                    steps=wished.steps,
                    minutes=wished.minutes,
                    channels=channels,
                    source=sources[start],
                    settings=None if start == "random" else settings,
                )
                by_case = assess(network.eval(), recipe, task, tested, device).by_case
                found.append([by_case[case.case] for case in tested])
            scores[start, count] = np.array(found)
            mean, low, high = interval(scores[start, count])
            gain = ""
            if start != "random" and ("random", count) in scores:
                more, least, most = interval(scores[start, count] - scores["random", count])
                gain = f"{more:+.4f} [{least:+.4f}, {most:+.4f}]"
            print(f"{start:12s} {count:8d}  {mean:.4f} [{low:.4f}, {high:.4f}]  {gain:>26s}", flush=True)
            if wished.output:
                rows = [{"start": s, "subjects": n, "dice": values.tolist()} for (s, n), values in scores.items()]
                write_json(wished.output, {"cases": [case.case for case in tested], "trainings": rows})


if __name__ == "__main__":
    main()
