"""What a step of compression may be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from medopt.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]


class Tuning(Settings):
    """The training that is part of a step. Give ``steps`` or ``minutes``, or neither for a quarter of the parent's."""

    steps: Annotated[int, Field(ge=1)] | None = None
    """Optimiser steps in all."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """Minutes of training in all."""
    rate: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Highest learning rate, as a share of the parent's: the weights know much already."""
    validations: Annotated[int, Field(ge=1, le=1000)] = 4
    """How often the validation cases are looked at."""

    @model_validator(mode="after")
    def _one_end(self) -> Tuning:
        if self.steps is not None and self.minutes is not None:
            raise ValueError("give either steps or minutes")
        return self


class TeachingSettings(Settings):
    """What a network learns from a teacher's answers, beside the task's own loss."""

    weight: Annotated[float, Field(ge=0, le=100)] = 0.1
    """Of the divergence of the student's answers from the teacher's. It must stay low: with 0.5 students learned less
    in short trainings than without a teacher; see Docs/compress.md."""
    temperature: Annotated[float, Field(ge=0.5, le=20)] = 2.0
    """Divides the logits of both, so that the teacher's doubts show (Hinton et al. 2015)."""
    boundary: Annotated[float, Field(ge=0, le=100)] = 1.0
    """What voxels beside a border between the teacher's classes count more than others (segmentation)."""
    features: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """Weight of the difference between where the encoders of both look (Zagoruyko & Komodakis 2017); 0 does without."""
    every: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The teacher is asked in one of so many steps, drawn by chance, and its terms then weigh so many times as much.
    None: a student of `medopt distill` asks so often that the teacher's answers take about as long as its own learning,
    by multiply-adds; a run that teaches itself is asked in each step."""


class PruneSettings(Settings):
    """Whole feature maps are removed, least important ones first, and the rest is trained on."""

    step: Literal["prune"] = "prune"
    amount: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Share of the parent's cost to remove."""
    of: Literal["multiply_adds", "parameters"] = "multiply_adds"
    """Which cost."""
    criterion: Literal["taylor", "weights"] = "taylor"
    """What makes a map important: the change of the training loss without it, or the weights that take it."""
    cost_power: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Importance is divided by what a map costs to this power, before maps are ranked over all layers: 0 looks at
    importance alone, 1 removes where most is saved for it, which are the few maps at full resolution."""
    rounds: Annotated[int, Field(ge=1, le=20)] = 1
    """In how many rounds of removing and training it is done; the last takes half of the training."""
    least_share: Share = 0.1
    """Of its feature maps that each layer keeps at least."""
    multiple: Annotated[int, Field(ge=1, le=64)] = 4
    """Layers keep a multiple of so many maps: odd widths cost as much as the next multiple."""
    batches: Annotated[int, Field(ge=1, le=10000)] = 32
    """Training batches over which importance is measured."""
    tuning: Tuning = Tuning()
    teaching: TeachingSettings | None = None
    """Whether the parent also teaches the pruned network."""


class SparsifySettings(Settings):
    """Single weights become zero, smallest ones first, while the training goes on, and stay zero."""

    step: Literal["sparsify"] = "sparsify"
    amount: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Share of the weights of convolutions and linear layers that is zero in the end."""
    scope: Literal["global", "layer"] = "global"
    """Whether all weights compete, or those of each layer among themselves."""
    until: Annotated[float, Field(gt=0, le=0.9)] = 0.6
    """Share of the training after which nothing more becomes zero; before, zeros grow by a cubic law."""
    tuning: Tuning = Tuning()
    teaching: TeachingSettings | None = None
    """Whether the parent also teaches."""


class ControlSettings(Settings):
    """The parent as it is, trained on as long as a compressed network: what more training alone brings."""

    step: Literal["control"] = "control"
    tuning: Tuning = Tuning()


class DistillSettings(Settings):
    """A smaller network learns from labels and from the answers of a teacher."""

    step: Literal["distill"] = "distill"
    width: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Of the student's stages over the teacher's, where it is a U-Net; a student run or a recipe stands in for it."""
    multiple: Annotated[int, Field(ge=1, le=64)] = 4
    """The student's widths are multiples of it."""
    coarse: bool = False
    """Whether the student does without the teacher's finest level: its first layer already reduces the image, and its
    last layer gives the image's grid back. That level costs most, and its few feature maps gain least from 8 bit."""
    norm: Literal["as it is", "batch", "instance"] = "as it is"
    """Normalization of the student; batch normalization is faster where the model is used."""
    unlabelled: Annotated[float, Field(ge=0, le=100)] = 1.0
    """Images without a label to learn the teacher's answers from, at most, for each labelled training case."""
    tuning: Tuning = Tuning(rate=1.0)
    teaching: TeachingSettings = TeachingSettings()
