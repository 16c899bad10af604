"""What a step of compression changed, in numbers."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from medopt.compression.prune.cost import layer_multiply_adds
from medopt.compression.prune.course import patch_shape
from medopt.networks import count_parameters
from medopt.training.recipe import Recipe
from medopt.training.run import RunRecord, run_task


def network_figures(network: nn.Module, recipe: Recipe, record: RunRecord) -> dict[str, Any]:
    """Costs and score of a finished run.

    ``parameters``; ``multiply_adds`` of one patch; ``widths``, the feature maps of each layer; ``bytes`` of all tensors
    and ``deflated_bytes``, what a zip leaves of them; ``zeros``, the share of zeros in weights of convolutions and
    linear layers; ``validation_METRIC`` of the best weights with ``validation_cases``, how many; ``steps`` and
    ``seconds_trained``.
    """
    shape = patch_shape(recipe, len(record.channels))
    weights = [p.detach() for p in network.parameters() if p.ndim > 1]
    state = b"".join(np.ascontiguousarray(value.cpu().numpy()).tobytes() for value in network.state_dict().values())
    score = f"validation_{run_task(record, recipe).metric}"
    return {
        "parameters": count_parameters(network),
        "multiply_adds": sum(layer_multiply_adds(network, shape).values()),
        "widths": _widths(network),
        "patch": list(recipe.training.patch),
        "bytes": len(state),
        "deflated_bytes": len(zlib.compress(state, 6)),
        "zeros": float(sum(int((w == 0).sum()) for w in weights) / max(1, sum(w.numel() for w in weights))),
        score: _score(record, score),
        "validation_cases": record.split["cases"]["validation"],
        "steps": record.steps,
        "seconds_trained": record.seconds_trained,
    }


def told(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The change in a sentence for the user."""
    score = next(name for name in after if name.startswith("validation_") and name != "validation_cases")
    parts = [
        f"{before['parameters']:,} -> {after['parameters']:,} parameters",
        f"{before['multiply_adds'] / 1e9:.3g} -> {after['multiply_adds'] / 1e9:.3g} billion multiply-adds a patch",
    ]
    if after["zeros"] > 0.01:
        parts.append(
            f"{100 * after['zeros']:.1f} % of the weights are zero (a zip has {after['deflated_bytes']:,} of "
            f"{after['bytes']:,} bytes; dense runtimes gain no speed from it)"
        )
    if before.get(score) is not None and after[score] is not None:
        metric = score.removeprefix("validation_")
        parts.append(
            f"{metric} {before[score]:.4f} -> {after[score]:.4f} on {after['validation_cases']} validation cases"
        )
    return "; ".join(parts)


def _widths(network: nn.Module) -> dict[str, int]:
    """Feature maps that each convolution and linear layer makes, by name."""
    transposed = (nn.ConvTranspose2d, nn.ConvTranspose3d)
    return {
        name: int(module.weight.shape[1 if isinstance(module, transposed) else 0])
        for name, module in network.named_modules()
        if isinstance(getattr(module, "weight", None), torch.Tensor) and module.weight.ndim > 1
    }


def _score(record: RunRecord, name: str) -> float | None:
    """None where nothing was looked at."""
    value = (record.best or {}).get(name)
    return None if value is None or value < 0 else float(value)
