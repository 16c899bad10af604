"""Time and peak memory of import, of one training epoch and of inference, each in a process of its own.

On the synthetic cohort, or on a folder of scans with labels beside it. Run:
    python Testing/Benchmarks/pipeline.py [--repeats 3] [--images FOLDER --labels FOLDER]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STAGES = ("import", "prepare", "epoch", "inference torch", "inference onnx", "large volume onnx")


def run_stage(stage: str, folder: Path, images: Path, labels: Path) -> dict[str, float]:
    """Do one stage in this process; seconds of the work itself, and how many units it was."""
    from medopt.project import ClassInfo, Project, import_folder, load_split, make_split

    if stage == "import":
        from medopt.io import read_label_map

        sample = sorted(labels.iterdir())[0]
        classes = [ClassInfo(value=v, name=f"class {v}", color="#808080") for v in read_label_map(sample).values()]
        project = Project.create(folder, name="benchmark", classes=classes)
        began = time.perf_counter()
        summary = import_folder(project, images, labels)
        seconds = time.perf_counter() - began
        make_split(project)
        return {"seconds": seconds, "units": len(summary.imported)}

    project = Project.open(folder)
    split = load_split(project)
    if stage == "prepare":
        from medopt.tasks import build_task
        from medopt.training import propose_recipe
        from medopt.training.cache import prepare_cases

        recipe = propose_recipe(project, steps=1)
        task = build_task(recipe.task, project.settings.classes)
        began = time.perf_counter()
        prepared, _ = prepare_cases(project, [*split.train, *split.validation], recipe.preprocess, task)
        return {"seconds": time.perf_counter() - began, "units": len(prepared)}
    if stage == "epoch":
        return _epoch(project, len(split.train))
    return _inference(stage, project, split.test)


def _epoch(project, cases: int) -> dict[str, float]:
    from medopt.events import read_events
    from medopt.training import propose_recipe, train

    recipe = propose_recipe(project, steps=1)
    steps = -(-cases // recipe.training.batch_size)
    settings = recipe.training.model_copy(update={"steps": steps, "validations": 1})
    run = train(project, recipe.model_copy(update={"training": settings}), run="benchmark")
    last = [e for e in read_events(run / "events.jsonl")[0] if e["kind"] == "progress" and e["stage"] == "train"]
    return {"seconds": last[-1]["elapsed_s"], "units": cases}


def _inference(stage: str, project, cases) -> dict[str, float]:
    import numpy as np

    from medopt.image import Geometry, Image
    from medopt.inference import Model, load_model, predict_image
    from medopt.training.run import describe_run, load_network

    package = project.models_folder / "benchmark"
    if not package.is_dir():
        from medopt.compression import export_run

        export_run(project, "benchmark", cases=1)
    if stage == "inference torch":
        from medopt.inference.runtimes.torch_runtime import TorchRuntime

        run = project.runs_folder / "benchmark"
        network, recipe, _ = load_network(run)
        model = Model(describe_run(run), TorchRuntime(network, recipe.training.dims))
    else:
        model = load_model(package)
    if stage == "large volume onnx":
        values = np.random.default_rng(0).normal(size=(1, 128, 256, 256)).astype(np.float32)
        images = [Image(values, Geometry(values.shape[1:]))]
    else:
        images = [project.read_image(case) for case in cases[:20]]
        predict_image(images[0], model)
    began = time.perf_counter()
    for image in images:
        predict_image(image, model)
    return {"seconds": time.perf_counter() - began, "units": len(images)}


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stage:
        measured = run_stage(given.stage, given.folder, given.images, given.labels)
        measured["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(measured))
        return
    with tempfile.TemporaryDirectory() as temporary:
        images, labels = given.images, given.labels
        if images is None:
            from medopt.synthetic import write_cohort

            cohort = write_cohort(Path(temporary) / "cohort", subjects=24, seed=1)
            images, labels = cohort.images, cohort.labels
        rows: dict[str, list[dict[str, float]]] = {stage: [] for stage in STAGES}
        for repeat in range(given.repeats):
            for stage in STAGES:
                arguments = ["--stage", stage, "--folder", f"{temporary}/{repeat}"]
                command = [sys.executable, __file__, *arguments, "--images", str(images), "--labels", str(labels)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                rows[stage].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{'stage':20} {'units':>6} {'s a unit, median (min … max)':>34} {'peak MB':>9}   n = {given.repeats}")
    for stage, measured in rows.items():
        each = [row["seconds"] / max(row["units"], 1) for row in measured]
        spread = f"{statistics.median(each):.3f} ({min(each):.3f} … {max(each):.3f})"
        peak = statistics.median(row["peak_mb"] for row in measured)
        print(f"{stage:20} {measured[0]['units']:6.0f} {spread:>34} {peak:9.0f}")


if __name__ == "__main__":
    main()
