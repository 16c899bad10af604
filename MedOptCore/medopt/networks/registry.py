"""The networks that a recipe can name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field
from torch import nn

from medopt.errors import MedOptError
from medopt.networks.decoder import build_u_shaped
from medopt.networks.densenet import DenseNet
from medopt.networks.encoder import ImageNetwork
from medopt.networks.layers import initialise
from medopt.networks.mobilenet_v2 import MobileNetV2
from medopt.networks.mobilenet_v3 import MobileNetV3
from medopt.networks.residual_unet import ResidualUNet
from medopt.networks.resnet import ResNet
from medopt.networks.separable_unet import SeparableUNet
from medopt.networks.settings import NetworkSettings
from medopt.networks.shufflenet_v2 import ShuffleNetV2
from medopt.networks.squeezenet import SqueezeNet
from medopt.networks.unet import UNet

Head: TypeAlias = Literal["voxels", "image"]
"""Logits on a grid, or one vector an image."""

_FAMILIES: tuple[type[NetworkSettings], ...] = (
    UNet,
    ResidualUNet,
    SeparableUNet,
    ResNet,
    DenseNet,
    SqueezeNet,
    MobileNetV2,
    MobileNetV3,
    ShuffleNetV2,
)
NETWORKS: Mapping[str, type[NetworkSettings]] = {str(f.model_fields["name"].default): f for f in _FAMILIES}
"""Name in a recipe → settings of that family."""


def _named(value: Any) -> Any:
    """Recipes from before there were families may leave the name out."""
    return {"name": "unet", **value} if isinstance(value, dict) else value


AnyNetwork = Annotated[
    UNet | ResidualUNet | SeparableUNet | ResNet | DenseNet | SqueezeNet | MobileNetV2 | MobileNetV3 | ShuffleNetV2,
    Field(discriminator="name"),
    BeforeValidator(_named),
]
"""Any one network, told by its field ``name``; the plain U-Net without one."""


def build_network(
    settings: NetworkSettings, channels: int, outputs: int, dims: int, head: Head = "voxels"
) -> nn.Module:
    """A fresh network on the CPU with random weights from torch's global generator.

    Parameters
    ----------
    channels : input channels
    outputs : output channels (classes with background for segmentation)
    dims : 2 or 3 spatial dimensions; a 2D network takes (batch, channel, j, i)
    head : ``voxels`` for logits (batch, outputs, *space / settings.output_stride), ``image`` for (batch, outputs)

    Sides of the input must be multiples of ``settings.divisor``. While training dense outputs with deep supervision
    the network gives a list of logits, finest first. Raises MedOptError when the settings do not fit ``dims``.
    """
    if dims not in (2, 3):
        raise MedOptError("wrong number of dimensions", expected="2 or 3", found=str(dims))
    if dims == 2 and settings.divisor[0] != 1:
        raise MedOptError(
            "the network's strides do not fit 2D data",
            where="network.strides",
            expected="1 as the first number of each stride",
            found=str([list(step) for step in settings.steps]),
        )
    encoder = settings.build_encoder(channels, dims)
    if head == "image":
        initialise(nn.ModuleList(encoder.stages))
        return ImageNetwork(encoder.stages, settings.build_image_head(encoder.features[-1], outputs, dims))
    return build_u_shaped(
        encoder,
        settings.decoder_plan(),
        settings.steps,
        outputs,
        dims,
        channels=channels,
        output_level=settings.output_level,
        deep_supervision=settings.deep_supervision,
    )


def count_parameters(network: nn.Module) -> int:
    """Number of trainable numbers."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
