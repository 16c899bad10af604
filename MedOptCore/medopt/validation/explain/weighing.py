"""How much each feature map speaks for a class: one function a method."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from medopt.errors import MedOptError


def gradcam_weights(features: Tensor, gradients: Tensor) -> Tensor:
    """(features,) by Grad-CAM: the mean of the gradient over space (Selvaraju et al., ICCV 2017, equation 1).

    Parameters
    ----------
    features, gradients : (1, features, *cells) of one window, and of its part of the score by them
    """
    return gradients[0].flatten(1).mean(1)


def gradcam_plus_plus_weights(features: Tensor, gradients: Tensor) -> Tensor:
    """(features,) by Grad-CAM++ (Chattopadhay et al., WACV 2018, equations 10 and 19), arguments as above.

    The sum over cells of α max(g, 0) with α = g² / (2 g² + g³ ΣA), which is 1 / (2 + g ΣA): higher derivatives of the
    exponential of a score that is piecewise linear in the features A. As the paper's features come from a ReLU, those
    below zero count as zero in the sum.
    """
    rising = gradients[0].flatten(1).clamp(min=0)
    total = features[0].flatten(1).clamp(min=0).sum(1, keepdim=True)
    return (rising / (2 + rising * total)).sum(1)


def cam_weights(network: nn.Module, layer: str, gradients: Tensor, channel: int) -> Tensor:
    """(features,) by CAM: the class's row of the last layer (Zhou et al., CVPR 2016).

    That layer must work on the named layer's features alone, be it after their mean over space (linear, or a 1×1
    convolution before it) or at each voxel (the 1×1 convolution of a dense output): then the gradient of the class's
    answer is that row at every cell, up to a factor a cell. Raises MedOptError where it is not.
    """
    found = gradients[0].flatten(1)
    for weight in reversed(last_rows(network)):
        if weight.shape[1] == len(found) and channel < len(weight):
            row = weight[channel].detach()
            shares = row @ found / (row @ row).clamp(min=1e-30)
            if float((found - row[:, None] * shares).norm()) <= 1e-3 * float(found.norm()):
                return row
    raise MedOptError(
        "CAM does not fit this network at this layer",
        where=layer,
        expected="features from which one linear layer makes the answer, after their mean over space",
        remedy="Take Grad-CAM, which holds for every network, or another layer",
    )


def last_rows(network: nn.Module) -> list[Tensor]:
    """(outputs, inputs) of each layer that is linear at a point, in the network's order."""
    return [
        module.weight.flatten(1)
        for module in network.modules()
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.Conv3d)) and module.weight[0].numel() == module.weight.shape[1]
    ]


def weighted_map(features: Tensor, weights: Tensor) -> Tensor:
    """(*cells) the sum of the features by their weights, what speaks against the class cut off at 0."""
    return torch.einsum("k,k...->...", weights, features[0]).clamp(min=0)
