"""How good a network is on validation cases, during a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.inference.scores import image_scores, scores_of_images
from medopt.tasks import Task
from medopt.training.cache import PreparedCase
from medopt.training.recipe import Recipe


@dataclass(frozen=True)
class Assessment:
    """The task's metric over validation cases.

    Parameters
    ----------
    metric : its name
    score : mean over the classes; None when no class has a value
    by_structure : of each class by name, where it is defined
    by_case : of each case by name, where the metric has a value for single cases or pseudo-values were asked for
    cases : how many were looked at
    """

    metric: str
    score: float | None
    by_structure: dict[str, float]
    by_case: dict[str, float]
    cases: int

    def fields(self) -> dict[str, object]:
        """As events carry it; empty when there is no score."""
        if self.score is None:
            return {}
        return {
            f"validation_{self.metric}": self.score,
            f"validation_{self.metric}_by_structure": self.by_structure,
            "validation_metric": self.metric,
            "validation_cases": self.cases,
        }


def assess(
    network: nn.Module,
    recipe: Recipe,
    task: Task,
    cases: Sequence[PreparedCase],
    device: torch.device,
    *,
    pseudo: bool = False,
) -> Assessment:
    """Judge ``network`` as it is on the prepared grid of each case, one case in memory at a time.

    With ``pseudo`` cases get pseudo-values where the metric has no value for single ones (AUC, mAP).
    """
    dims = recipe.training.dims
    runtime = TorchRuntime(network, dims, device, bfloat16=recipe.running.precision == "bfloat16")
    patch, overlap = recipe.training.patch, recipe.inference.overlap
    judgements = []
    if task.head == "image":
        every = scores_of_images((case.image for case in cases), runtime, task, patch=patch, overlap=overlap)
        judgements = [task.judge(scores, case.target, case.judged) for case, scores in zip(cases, every, strict=True)]
    else:
        for case in cases:
            with image_scores(
                case.image, runtime, task, patch=patch, divisor=recipe.network.divisor, overlap=overlap
            ) as scores:
                judgements.append(task.judge(scores, case.target, case.judged))
    by_structure = task.summarize(judgements) if judgements else {}
    each = {case.case: task.case_score(one) for case, one in zip(cases, judgements, strict=True)}
    by_case = {name: score for name, score in each.items() if score is not None}
    if pseudo and not by_case:
        by_case = dict(zip(each, pseudo_values(task, judgements), strict=False))
    return Assessment(task.metric, _mean(by_structure), by_structure, by_case, len(cases))


def pseudo_values(task: Task, judgements: Sequence[Any]) -> list[float]:
    """What each case adds to the mean score over the classes: n times the score of all less n - 1 times that without
    it (Tukey's jackknife), so that differences between two networks can be tested case by case.

    Empty when a class has no score without one of the cases.
    """
    whole, count = task.summarize(judgements) if judgements else {}, len(judgements)
    found = []
    for place in range(count):
        rest = task.summarize([*judgements[:place], *judgements[place + 1 :]])
        if rest.keys() != whole.keys() or not whole:
            return []
        found.append(float(np.mean(list(whole.values()))) * count - float(np.mean(list(rest.values()))) * (count - 1))
    return found


def _mean(by_structure: Mapping[str, float]) -> float | None:
    return sum(by_structure.values()) / len(by_structure) if by_structure else None
