"""The steps of one branch: its run, its packages, their scores. What is there from before is not made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medopt.compression.chain.networks import network_recipe
from medopt.compression.chain.plan import Branch, Plan
from medopt.compression.distill.run import distill_run
from medopt.compression.export import export_run
from medopt.compression.quality import score_cases
from medopt.compression.quantize import QuantizeSettings, quantize_package
from medopt.compression.run import Means, prune_run
from medopt.compression.settings import ControlSettings, DistillSettings, PruneSettings, Tuning
from medopt.compression.step import Parent, StepRecord
from medopt.files import file_sha256, inside, read_json, write_json
from medopt.inference import DEFAULT_RUNTIME, Model, load_model
from medopt.inference.package_files import METADATA, read_section
from medopt.project import Project
from medopt.validation.result_files import READERS, AnyResults

WEIGHTS = "model.onnx"
SCORES = "scores"
"""In the request's folder: the validation cases' scores of each package."""


@dataclass(frozen=True)
class Maker:
    """Makes the steps of a plan.

    Parameters
    ----------
    folder : of the request
    cases : labelled validation cases, which alone are measured
    engine : runtime that models are brought to 8 bit for and measured in
    """

    project: Project
    folder: Path
    plan: Plan
    parent: Parent
    cases: tuple[str, ...]
    means: Means
    engine: str = DEFAULT_RUNTIME

    def run_of(self, branch: Branch) -> str:
        """Name of the branch's run."""
        return f"{self.folder.name}-{branch.name}" if branch.trains else self.plan.run

    def package_of(self, branch: Branch, bits: int) -> Path:
        """Folder of the branch's model."""
        name = f"{self.folder.name}-{branch.name}"
        return inside(self.project.models_folder, name if bits == 32 else f"{name}-int8")

    def train(self, branch: Branch) -> bool:
        """Train the branch's run or go on with it; whether it is finished."""
        if not branch.trains:
            return True
        asked = self.plan.settings
        tuning = Tuning(steps=asked.steps, minutes=self.plan.minutes_each)
        name = self.run_of(branch)
        if branch.kind in ("distill", "network"):
            other = network_recipe(self.project, self.parent, branch.network) if branch.network else None
            student = DistillSettings(
                width=branch.amount or 1.0,
                multiple=asked.multiple,
                coarse=branch.coarse,
                norm=branch.norm,
                tuning=tuning.model_copy(update={"rate": 1.0}),
                teaching=asked.teaching,
            )
            folder = distill_run(self.project, (self.plan.run,), student, recipe=other, name=name, means=self.means)
        else:
            settings: PruneSettings | ControlSettings = ControlSettings(tuning=tuning)
            if branch.kind == "prune":
                settings = PruneSettings(amount=branch.amount, multiple=asked.multiple, tuning=tuning)
            folder = prune_run(self.project, self.plan.run, settings, name=name, means=self.means)
        return StepRecord.load(folder).state == "done"

    def export(self, branch: Branch) -> AnyResults:
        """The branch's run as a package, proven and measured on validation cases."""
        target, run = self.package_of(branch, 32), self.run_of(branch)
        if not _is_there(target, lambda section: section.get("run") == run and "quantization" not in section):
            export_run(self.project, run, name=target.name, sealed=True, reporter=self.means.told)
        return self.score(branch, 32)

    def quantize(self, branch: Branch) -> AnyResults:
        """The branch's package in 8 bit; raises MedOptError when that loses too much."""
        source, target, asked = self.package_of(branch, 32), self.package_of(branch, 8), self.plan.settings
        digest = read_section(source, source)["sha256"]
        if not _is_there(target, lambda section: section.get("quantization", {}).get("of", {}).get("sha256") == digest):
            settings = QuantizeSettings(
                cases=asked.calibration,
                engine=self.engine,
                fine_tuning=asked.fine_tuning,
                keep=asked.keep,
                sealed=True,
            )
            quantize_package(self.project, source, settings, name=target.name, reporter=self.means.told)
        return self.score(branch, 8)

    def score(self, branch: Branch, bits: int) -> AnyResults:
        """What a package says of the validation cases, measured once and kept."""
        package = self.package_of(branch, bits)
        path = self.folder / SCORES / f"{package.name}.json"
        asked = {"sha256": file_sha256(package / WEIGHTS), "cases": list(self.cases), "engine": self.engine}
        if path.is_file():
            kept = read_json(path)
            if asked == {name: kept.get(name) for name in asked}:
                results = kept["results"]
                return READERS[results.get("task", "segmentation")].from_json(results, path)
        results = score_cases(
            self.project, self.open(branch, bits), self.cases, subset="validation", reporter=self.means.told
        )
        write_json(path, {**asked, "results": results.to_json()})
        return results

    def open(self, branch: Branch, bits: int) -> Model:
        """A package in the engine."""
        return load_model(self.package_of(branch, bits), threads=self.means.threads or 0, runtime=self.engine)

    def costs(self, branch: Branch) -> tuple[int, int]:
        """Parameters, and multiply-adds of one patch, as the records of the runs have them."""
        own = branch if branch.trains else replace(branch, name="control", kind="control")
        figures = StepRecord.load(self.project.runs_folder / self.run_of(own)).figures
        found = figures["after" if branch.trains else "before"]
        return int(found["parameters"]), int(found["multiply_adds"])


def _is_there(package: Path, fits: Callable[[dict[str, Any]], bool]) -> bool:
    return (package / METADATA).is_file() and fits(read_section(package, package))
