"""Why the values that no look at the data decides are what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from medopt.training.advice.records import Reason

WHY: Mapping[str, str] = {
    "format": "The version of the recipe's format.",
    "seed": "Every random draw comes from it; another one gives another, equally good training.",
    "balance": "How often cases of rare classes come.",
    "network.convolutions": "Two convolutions a stage, as in the first U-Net.",
    "network.norm": "Instance normalization does not depend on the size of the batch, which is small.",
    "network.deep_supervision": "Coarser stages learn to segment, too, which speeds up the start; only in training.",
    "training.optimiser": "AdamW reaches a good network in fewer steps than SGD, which counts where time is short.",
    "training.weight_decay": "The usual weight decay of AdamW.",
    "training.schedule": "The learning rate falls to zero along a cosine, exactly at the end.",
    "training.warmup": "The first 5 % of the training raise the learning rate, while the moments are not yet known.",
    "training.ema": "The moving average of the weights scores better than the weights themselves in short trainings.",
    "training.gradient_clip": "Keeps a single odd batch from throwing the weights away.",
    "training.precision": "Both precisions are measured on this machine when the training starts; the faster is taken.",
    "training.checkpoint_seconds": "At most so much work is lost by a kill.",
    "inference.overlap": "Windows overlap by a quarter; a half costs 3 to 4 times as much as none in 3D.",
    "inference.mirror": "Averaging over mirrored images costs 8 times the work for a few tenths of a point.",
    "augment.border": "Outside a volume lies background.",
}
"""By field of the recipe."""

OTHERS = "MedOpt's default; nothing in the data speaks for another value."


def default_reasons(values: Mapping[str, Any], reasons: Sequence[Reason]) -> list[Reason]:
    """A reason for every field of a recipe that ``reasons`` say nothing of, in the order of the recipe."""
    spoken = {reason.field for reason in reasons}
    found = []
    for name, value in leaves(values):
        parts = name.split(".")
        if any(".".join(parts[:count]) in spoken for count in range(1, len(parts) + 1)):
            continue
        found.append(Reason(name, value, WHY.get(name, OTHERS), {}, "format" if name == "format" else "default"))
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
