"""The recipe: the whole truth of a training, as YAML for people to read and edit."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from medopt.augment import AugmentSettings
from medopt.augment.balance import BalanceSettings
from medopt.inference.settings import InferenceSettings
from medopt.networks import AnyNetwork
from medopt.preprocess import PreprocessSettings, adopt_cohort
from medopt.settings import Settings
from medopt.tasks.losses import LossSettings
from medopt.training.running_settings import RunningSettings
from medopt.training.transfer.settings import TransferSettings

Side = Annotated[int, Field(ge=1, le=1024)]


class TrainingSettings(Settings):
    """How the network learns. Give ``steps`` or ``minutes``: the schedule ends exactly there."""

    patch: tuple[Side, Side, Side]
    """Voxels of a training patch along (k, j, i), on the prepared grid; k = 1 trains in 2D."""
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 2
    """Patches a step."""
    steps: Annotated[int, Field(ge=1)] | None = None
    """Optimiser steps in all."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """Minutes of training in all (preparing the data is not counted)."""
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1e-2
    """Highest learning rate, reached after the warm-up."""
    optimiser: Literal["muon", "adamw", "sgd"] = "muon"
    """Muon (Jordan et al. 2024) with AdamW for norms and biases, AdamW (Loshchilov & Hutter 2019) alone, which wants a
    third of the rate, or SGD with Nesterov momentum 0.99 as in nnU-Net."""
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 1e-2
    """Decoupled for Muon and AdamW, L2 for SGD."""
    schedule: Literal["cosine", "polynomial"] = "cosine"
    """How the learning rate falls to zero after the warm-up."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """Share of the training in which the learning rate rises linearly."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Decay a step of the moving average of the weights, which is what is validated and exported; 0 switches it off."""
    gradient_clip: Annotated[float, Field(gt=0)] = 5.0
    """Largest norm of the gradient."""
    foreground_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of patches that are centred on a voxel of a structure, each structure equally often."""
    validations: Annotated[int, Field(ge=1, le=1000)] = 8
    """How often the validation cases are looked at, evenly over the training, the end included."""
    checkpoint_seconds: Annotated[float, Field(gt=0)] = 30.0
    """At most so much work is lost by a kill."""

    @model_validator(mode="after")
    def _one_end(self) -> TrainingSettings:
        if (self.steps is None) == (self.minutes is None):
            raise ValueError("give either training.steps or training.minutes")
        return self

    @property
    def dims(self) -> int:
        """2 when patches are single slices, else 3."""
        return 2 if self.patch[0] == 1 else 3


class Recipe(Settings):
    """Everything that, with the project and its split, decides what is trained."""

    format: Literal[1] = 1
    task: Literal["segmentation", "classification", "detection"] = "segmentation"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    """Every random draw comes from it."""
    preprocess: PreprocessSettings
    augment: AugmentSettings
    balance: BalanceSettings = BalanceSettings()
    """How often cases of rare classes come in an epoch."""
    network: AnyNetwork
    loss: LossSettings = LossSettings()
    """What the training makes small."""
    transfer: TransferSettings | None = None
    """Where the first weights come from; None for random ones."""
    training: TrainingSettings
    running: RunningSettings = RunningSettings()
    """How steps are computed; what is left open is measured when a run starts, and noted."""
    inference: InferenceSettings = InferenceSettings()

    @model_validator(mode="before")
    @classmethod
    def _precision_moved(cls, value: Any) -> Any:
        """Recipes of MedOpt 0.1 say the precision under ``training``."""
        training = value.get("training") if isinstance(value, dict) else None
        running = value.get("running") or {} if isinstance(value, dict) else None
        if not isinstance(training, dict) or "precision" not in training or not isinstance(running, dict):
            return value
        rest = {name: one for name, one in training.items() if name != "precision"}
        return {**value, "training": rest, "running": {**running, "precision": training["precision"]}}

    @model_validator(mode="after")
    def _patch_fits_network(self) -> Recipe:
        wrong = [side % factor for side, factor in zip(self.training.patch, self.network.divisor, strict=True)]
        if any(wrong):
            raise ValueError(
                f"training.patch {list(self.training.patch)} must be a multiple of {list(self.network.divisor)}, "
                "the product of network.strides"
            )
        return self

    @model_validator(mode="after")
    def _output_fits_task(self) -> Recipe:
        if self.task == "segmentation" and self.network.output_level:
            raise ValueError("network.output_level must be 0 for segmentation, whose labels are as fine as the image")
        if self.task == "segmentation" and max(self.network.output_stride) > 1:
            raise ValueError(
                "network.fine_head must be true for segmentation where the first of network.strides reduces the image: "
                "labels are as fine as the image"
            )
        return self

    def resolved_by(self, run: Recipe) -> Recipe:
        """This recipe with what a training finds out by itself taken from a run's: ways to compute left open, and
        the statistics of the training cases that steps ask for. Equal to ``run`` when both say the same.
        """
        given, found = self.running, run.running
        names = [n for n in ("precision", "memory_format", "compile", "accumulate") if getattr(given, n) == "auto"]
        running = given.model_copy(update={name: getattr(found, name) for name in names})
        preprocess = adopt_cohort(self.preprocess, run.preprocess)
        return self.model_copy(update={"preprocess": preprocess, "running": running})

    def digest(self) -> str:
        """SHA-256 of the recipe's values."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
