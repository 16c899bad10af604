"""Small networks whose maps can be worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from medopt.inference.sliding import Triple
from medopt.tasks import build_task
from medopt.validation.explain.maps import Network
from medopt.validation.explain.windows import Windows


class PooledLinear(nn.Module):
    """Convolutions with ReLU, the mean over space, one linear layer."""

    def __init__(self, dims: int, channels: int = 1, features: int = 5, classes: int = 3, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        convolution: Any = {2: nn.Conv2d, 3: nn.Conv3d}[dims]
        self.features = nn.Sequential(
            convolution(channels, 4, 3, stride=2, padding=1),
            nn.ReLU(),
            convolution(4, features, 3, padding=1),
            nn.ReLU(),
        )
        self.linear = nn.Linear(features, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, *space) to (batch, classes)."""
        return self.linear(self.features(x).flatten(2).mean(2))


class Dense(nn.Module):
    """Two convolutions and a 1×1 convolution: logits a voxel."""

    def __init__(self, dims: int, channels: int = 1, outputs: int = 3, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        convolution: Any = {2: nn.Conv2d, 3: nn.Conv3d}[dims]
        self.first = nn.Sequential(convolution(channels, 4, 3, padding=1), nn.LeakyReLU(0.01, inplace=True))
        self.second = nn.Sequential(convolution(4, 5, 3, padding=1), nn.LeakyReLU(0.01, inplace=True))
        self.head = convolution(5, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, *space) to (batch, outputs, *space)."""
        return self.head(self.second(self.first(x)))


class Region(nn.Module):
    """Adds up the brightness around one voxel and looks nowhere else."""

    def __init__(self, dims: int, shape: tuple[int, ...], place: tuple[int, ...], stride: int = 1) -> None:
        super().__init__()
        convolution: Any = {2: nn.Conv2d, 3: nn.Conv3d}[dims]
        self.features = convolution(1, 1, 3, stride=stride, padding=1, bias=False)
        nn.init.constant_(self.features.weight, 1 / 3**dims)
        weights = torch.zeros([(n + stride - 1) // stride for n in shape])
        weights[tuple(p // stride for p in place)] = 1
        self.look = nn.Parameter(weights)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, *space) to (batch, 1)."""
        return (self.features(x)[:, 0] * self.look).flatten(1).sum(1, keepdim=True)


def network(module: nn.Module, dims: int) -> Network:
    """``module`` as the room's functions take it."""
    return Network(module, dims)


def windows(
    volume: np.ndarray, patch: Triple | None = None, *, task: str = "classification", overlap: float = 0.25
) -> Windows:
    """The image in windows: in one when no patch is given."""
    from medopt.project import ClassInfo

    classes = [ClassInfo(value=n, name=f"c{n}", color="#808080") for n in (1, 2)]
    built = build_task(task, classes, dims=2 if volume.shape[1] == 1 else 3, stride=(1, 1, 1))
    size = volume.shape[1:] if patch is None else patch
    return Windows.of(volume, built, patch=size, divisor=(1, 1, 1), overlap=overlap)  # type: ignore[arg-type]
