"""Maps of what in an image speaks for a class: CAM, Grad-CAM and Grad-CAM++, over images of any size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medopt.inference.sliding import Triple
from medopt.validation.explain.cells import CellTrace, voxels_of_cells
from medopt.validation.explain.layers import looking_at
from medopt.validation.explain.settings import MethodName
from medopt.validation.explain.targets import Target
from medopt.validation.explain.weighing import (
    cam_weights,
    gradcam_plus_plus_weights,
    gradcam_weights,
    weighted_map,
)
from medopt.validation.explain.windows import Windows


class Network:
    """A torch network that answers for windows, in evaluation mode and with its weights held still.

    Parameters
    ----------
    module : the network, already on ``device``
    dims : 2 when it takes (batch, channel, j, i), else 3
    device : where it runs
    """

    def __init__(self, module: nn.Module, dims: int, device: str | torch.device = "cpu") -> None:
        self.module, self.dims, self._device = module.eval().requires_grad_(False), dims, torch.device(device)

    def tensor(self, windows: NDArray[np.float32]) -> Tensor:
        """Windows (n, channel, k, j, i) as the network takes them."""
        given = torch.from_numpy(np.ascontiguousarray(windows)).to(self._device)
        return given[:, :, 0] if self.dims == 2 else given

    def scores(self, windows: Tensor, channel: int, cells: NDArray[np.float32] | None) -> Tensor:
        """(n,) the answer for ``channel``, at each cell times ``cells`` (k, j, i) and summed; as it is for None."""
        answer = self.module(windows)[:, channel]
        if cells is None:
            return answer
        weights = torch.from_numpy(cells[0] if self.dims == 2 else cells).to(answer)
        return (answer * weights).flatten(1).sum(1)


def activation_map(
    network: Network, windows: Windows, target: Target, *, method: MethodName, layer: str
) -> NDArray[np.float32]:
    """(k, j, i) float32 on the prepared grid, 0 and above: where the layer's features speak for the target.

    The score is that of the whole image: the mean over windows of a class's logit, or the logits of the target's
    cells, each the mean of the windows that see it. Its gradient by the features of all windows gives one weight for
    each feature map; the maps of the windows are then blended as inference blends scores. So an image that needs many
    windows is explained as a whole. Mirrored windows are left out.
    """
    weights = torch.zeros(())
    for corner, part in _parts(windows, target):
        features, gradients = _gradients(network, windows, corner, target.channel, part, layer)
        if method == "cam":
            weights = cam_weights(network.module, layer, gradients, target.channel)
            break
        weigh = gradcam_weights if method == "gradcam" else gradcam_plus_plus_weights
        weights = weights.to(features) + weigh(features, gradients)
    return windows.put_together(_window_maps(network, windows, layer, weights))


def _parts(windows: Windows, target: Target) -> Iterator[tuple[Triple, NDArray[np.float32] | None]]:
    """Windows that have a part in the score: (corner, weights of its cells)."""
    for corner in windows.corners:
        part = None if target.cells is None else windows.share(corner, target.cells)
        if part is None or part.any():
            yield corner, part


def _gradients(
    network: Network, windows: Windows, corner: Triple, channel: int, part: NDArray[np.float32] | None, layer: str
) -> tuple[Tensor, Tensor]:
    with torch.enable_grad(), looking_at(network.module, layer) as seen:
        score = network.scores(network.tensor(windows.cut(corner)), channel, part).sum()
        features = seen.values
        (gradients,) = torch.autograd.grad(score, features, allow_unused=True)
    empty = torch.zeros_like(features)
    return features.detach(), empty if gradients is None else gradients / (len(windows.corners) if part is None else 1)


def _window_maps(
    network: Network, windows: Windows, layer: str, weights: Tensor
) -> Iterator[tuple[Triple, NDArray[np.float32]]]:
    space = windows.size[3 - network.dims :]
    for corner in windows.corners:
        given = network.tensor(windows.cut(corner))
        with torch.no_grad(), looking_at(network.module, layer) as seen, CellTrace(network.module, space) as trace:
            network.module(given)
            cells = weighted_map(seen.values, weights).float().cpu().numpy()
        where = trace.cells(cells.shape).padded()
        volume = cells[np.newaxis] if network.dims == 2 else cells
        yield corner, voxels_of_cells(volume, where, windows.size)
