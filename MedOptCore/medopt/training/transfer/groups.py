"""Parameters in groups for the optimiser: how fast each part of the network learns, and from when on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import nn

from medopt.training.transfer.freezing import frozen_names
from medopt.training.transfer.layout import Layout
from medopt.training.transfer.report import TransferReport
from medopt.training.transfer.settings import TransferSettings

LOWEST = 0.05
"""Share of its rate that a group begins with in the warm-up, as at the beginning of a training."""


def parameter_groups(
    network: nn.Module,
    settings: TransferSettings,
    learning_rate: float,
    weight_decay: float,
    report: TransferReport | None = None,
) -> list[dict[str, Any]]:
    """All parameters in groups for a torch optimiser; norms and biases (one axis or none) are not decayed.

    Parameters
    ----------
    learning_rate, weight_decay : of a part that learns at full rate
    report : what was transferred; without it everything but the head counts as transferred

    Beside ``params``, ``lr`` and ``weight_decay`` a group has what `rate_of` needs: ``scale``, the factor on the
    schedule's rate; ``begins``, the share of the training at which it starts to learn; ``rises``, the share in which
    its rate then rises. Weights that start fresh have scale 1, as the head has; those of the n-th transferred stage
    below the head ``layer_decay`` to the power n (Howard & Ruder 2018, Bao et al. 2022). Frozen parameters are in
    groups, too, so that the optimiser need not be made anew when they thaw; without gradients it passes them over.
    """
    layout = Layout.of(network)
    frozen = frozen_names(network, settings, report)
    fresh = _fresh(network, layout, report)
    scales = _scales(network, layout, fresh, settings.layer_decay)
    groups: dict[tuple[float, float, float, bool], dict[str, Any]] = {}
    for name, parameter in network.named_parameters():
        scale = scales[layout.parts.index(layout.part(name))] if name not in fresh else 1.0
        begins = settings.thaw if name in frozen else 0.0
        rises = 0.0 if name in fresh else settings.warmup
        decays = parameter.ndim > 1
        group = groups.setdefault(
            (scale, begins, rises, decays),
            {
                "params": [],
                "lr": learning_rate * scale,
                "weight_decay": weight_decay if decays else 0.0,
                "scale": scale,
                "begins": begins,
                "rises": rises,
            },
        )
        group["params"].append(parameter)
    return list(groups.values())


def rate_of(group: Mapping[str, Any], rate: float, share: float) -> float:
    """The learning rate of a group when the schedule says ``rate`` and the ``share`` of the training has passed.

    A group without the keys of `parameter_groups` learns at the schedule's rate.
    """
    begins, rises = group.get("begins", 0.0), group.get("rises", 0.0)
    if share < begins:
        return 0.0
    along = 1.0 if rises == 0 else min(1.0, max(LOWEST, (share - begins) / rises))
    return rate * group.get("scale", 1.0) * along


def scale_rates(groups: Iterable[dict[str, Any]], share: float) -> None:
    """Write into each group, as ``lr_scale``, the factor on the schedule's rate when ``share`` has passed.

    For a loop that multiplies its rate by ``lr_scale``; the same factor as in `rate_of`.
    """
    for group in groups:
        group["lr_scale"] = rate_of(group, 1.0, share)


def _fresh(network: nn.Module, layout: Layout, report: TransferReport | None) -> frozenset[str]:
    if report is not None:
        return frozenset(report.names("skipped"))
    return frozenset(name for name, _ in network.named_parameters() if layout.role(name) == "head")


def _scales(network: nn.Module, layout: Layout, fresh: frozenset[str], decay: float) -> list[float]:
    """The factor of each part, from the image to the head; a part in which nothing was transferred is no step."""
    names = [name for name, _ in network.named_parameters() if name not in fresh]
    transferred = {layout.part(name) for name in names}
    scales, steps = [], 0
    for part in reversed(layout.parts):
        if part.role != "head" and part in transferred:
            steps += 1
        scales.append(decay**steps)
    return scales[::-1]
