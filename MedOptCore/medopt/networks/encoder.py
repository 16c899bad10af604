"""What an encoder gives, and the network that answers with one vector an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from medopt.networks.layers import global_pool


@dataclass(frozen=True)
class Encoder:
    """Stages that follow each other, one a level, from the finest level down.

    Parameters
    ----------
    stages : each takes what the one before gives; the first takes the image. A family whose first layer already
        reduces the image has a first stage that passes it on, so that level 0 is the image itself
    features : feature maps that each stage gives
    """

    stages: tuple[nn.Module, ...]
    features: tuple[int, ...]


class ImageNetwork(nn.Module):
    """The stages of an encoder one after another, and a head that makes one vector of the deepest features."""

    def __init__(self, stages: Sequence[nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """Logits (batch, outputs) of images (batch, channels, *space)."""
        for stage in self.stages:
            x = stage(x)
        result: Tensor = self.head(x)
        return result


def pooled_linear(inputs: int, outputs: int, dims: int, dropout: float = 0.0) -> nn.Module:
    """Mean over space, dropout, one linear layer: (batch, inputs, *space) to (batch, outputs)."""
    drop: list[nn.Module] = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(global_pool(dims), nn.Flatten(), *drop, nn.Linear(inputs, outputs))
