"""Why the values that no look at the data decides are what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from medopt.training.advice.records import Reason

WHY: Mapping[str, str] = {
    "format": "The version of the recipe's format.",
    "seed": "Every random draw comes from it; another one gives another, equally good training.",
    "balance": "How often cases of rare classes come.",
    "preprocess.steps.*.step": "The step that gives all images this grid.",
    "preprocess.steps.*.interpolation": "Linear: cubic interpolation is sharper and slower, and seldom better.",
    "preprocess.steps.*.anti_alias": "Axes that become coarser are smoothed, so that fine patterns make no false ones.",
    "preprocess.steps.*.mode": "Proportions are kept and nothing is cut off.",
    "preprocess.steps.*.fill": "What is padded is 0, the end or the middle of the scale at this step.",
    "loss.gamma": "Used by focal losses alone.",
    "loss.alpha": "Used by Tversky losses alone: misses count more than false alarms.",
    "loss.beta": "Used by Tversky losses alone: misses count more than false alarms.",
    "loss.class_weights": "No class is weighed by hand; weighted losses take how often each occurs.",
    "loss.balance_power": "Used where classes are weighed by how often they occur: by the root, or by 1 alike in sum.",
    "loss.label_smoothing": "Used by classification alone: probabilities stay as sure as the labels.",
    "loss.size_weight": "Used by detection alone.",
    "loss.offset_weight": "Used by detection alone.",
    "network.output_level": "Labels are as fine as the image, so the output is, too.",
    "network.decoder": "Feature maps of the decoder, which whole images do not need.",
    "network.dropout": "Augmentation and weight decay keep the network from learning by heart.",
    "network.convolutions": "Two convolutions a stage, as in the first U-Net.",
    "network.norm": "Instance normalization does not depend on the size of the batch, which is small.",
    "network.deep_supervision": "Coarser stages learn to segment, too, which speeds up the start; only in training.",
    "training.optimiser": "Muon needs fewer steps to the same network than AdamW or SGD: more in a short time.",
    "training.weight_decay": "The usual weight decay, with which each step pulls the weights a little towards zero.",
    "training.schedule": "The learning rate falls to zero along a cosine, exactly at the end.",
    "training.warmup": "The first 5 % of the training raise the learning rate, while the moments are not yet known.",
    "training.ema": "The moving average of the weights scores better than the weights themselves in short trainings.",
    "training.gradient_clip": "Keeps a single odd batch from throwing the weights away.",
    "transfer": "The network starts from random weights; a run or a file of weights may be named instead.",
    "running.precision": "Measured on this machine when the training starts; the fastest that is as good is taken.",
    "running.memory_format": "Measured on this machine when the training starts.",
    "running.compile": "Tried on this machine when the training starts, where there is time for it.",
    "running.accumulate": "Batches are cut in parts only where the memory asks for it.",
    "running.deterministic": "The same bits each time cost speed; results differ by rounding only.",
    "running.early_stopping": "The whole time is used; the best checkpoint is kept in any case.",
    "training.checkpoint_seconds": "At most so much work is lost by a kill.",
    "inference.overlap": "Windows overlap by a quarter; a half costs 3 to 4 times as much as none in 3D.",
    "inference.mirror": "Averaging over mirrored images doubles the work for each axis and gains little.",
    "augment.border": "Outside a volume lies background.",
}
"""By field of the recipe; ``*`` stands for the place in a list."""

OTHERS = "MedOpt's default; nothing in the data speaks for another value."


def default_reasons(values: Mapping[str, Any], reasons: Sequence[Reason]) -> list[Reason]:
    """A reason for every field of a recipe that ``reasons`` say nothing of, in the order of the recipe."""
    spoken = {reason.field for reason in reasons}
    found = []
    for name, value in leaves(values):
        parts = name.split(".")
        if any(".".join(parts[:count]) in spoken for count in range(1, len(parts) + 1)):
            continue
        found.append(
            Reason(
                name,
                value,
                WHY.get(re.sub(r"\.\d+(?=\.|$)", ".*", name), OTHERS),
                {},
                "format" if name == "format" else "default",
            )
        )
    return found


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of everything in plain data that holds no further fields; items of lists count from 0."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaves(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)) and value and all(isinstance(item, Mapping) for item in value):
        for place, item in enumerate(value):
            yield from leaves(item, f"{name}.{place}" if name else str(place))
    else:
        yield name, value
