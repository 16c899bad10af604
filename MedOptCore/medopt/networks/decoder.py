"""The decoder of dense outputs, one for all encoders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from medopt.networks.encoder import Encoder
from medopt.networks.layers import (
    ConvolutionBlock,
    FineHead,
    SeparableBlock,
    head,
    initialise,
    light_upsampling,
    upsampling,
)

FINE_MAPS = 8
"""Maps at full resolution in a fine head, the image's channels among them: as few as fill the instructions of a CPU."""
SUPERVISED = 3
"""Levels that learn with deep supervision, the finest included."""


@dataclass(frozen=True)
class DecoderPlan:
    """What a decoder is made of.

    Parameters
    ----------
    features : feature maps of each level but the deepest, from the finest level down
    norm : ``instance`` or ``batch``
    convolutions : blocks a level
    light : separable convolutions, and repeated voxels in place of transposed convolutions
    fine_head : the head of level 0 undoes the step from the image to that level
    """

    features: tuple[int, ...]
    norm: str
    convolutions: int = 2
    light: bool = False
    fine_head: bool = False


class UShaped(nn.Module):
    """Encoder stages, then decoder stages that take the encoder's features beside them, with a head at each level.

    Parameters
    ----------
    stages : encoder stages from the finest level down
    ups, laterals, decoders : from the bottom up; ``ups[n]`` upsamples, ``laterals[n]`` takes the encoder's features
        of that level, ``decoders[n]`` what both give
    heads : logits of each decoder stage, from the bottom up; only the last is used outside training, and alone may be
        a ``FineHead``
    """

    def __init__(
        self,
        stages: Sequence[nn.Module],
        ups: Sequence[nn.Module],
        laterals: Sequence[nn.Module],
        decoders: Sequence[nn.Module],
        heads: Sequence[nn.Module],
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.ups = nn.ModuleList(ups)
        self.laterals = nn.ModuleList(laterals)
        self.decoders = nn.ModuleList(decoders)
        self.heads = nn.ModuleList(heads)

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        """Logits (batch, outputs, *space); a list, finest first, while training with several heads."""
        image, skipped = x, []
        for stage in self.stages:
            x = stage(x)
            skipped.append(x)
        skipped.pop()
        logits = []
        first_head = len(self.ups) - len(self.heads)
        for level, (up, lateral, decoder) in enumerate(zip(self.ups, self.laterals, self.decoders, strict=True)):
            x = decoder(torch.cat([up(x), lateral(skipped.pop())], dim=1))
            last = level == len(self.ups) - 1
            if level >= first_head and (last or self.training):
                made = self.heads[level - first_head]
                logits.append(made(x, image) if isinstance(made, FineHead) else made(x))
        return logits[::-1] if self.training and len(self.heads) > 1 else logits[-1]


def build_u_shaped(
    encoder: Encoder,
    plan: DecoderPlan,
    steps: Sequence[Sequence[int]],
    outputs: int,
    dims: int,
    *,
    channels: int = 1,
    output_level: int = 0,
    deep_supervision: bool = True,
) -> nn.Module:
    """``encoder`` and a decoder that goes up to ``output_level``, with fresh weights.

    Where the encoder has more feature maps than the decoder at a level, a 1×1 convolution narrows them first.
    ``steps`` are the reductions of the levels along (k, j, i), one a stage of the encoder; ``channels`` those of the
    image.
    """
    widths = (*plan.features, encoder.features[-1])
    block = SeparableBlock if plan.light else ConvolutionBlock
    rise = light_upsampling if plan.light else upsampling
    ups, laterals, decoders = [], [], []
    heads: list[nn.Module] = []
    for level in range(len(encoder.stages) - 2, output_level - 1, -1):
        width, beside = widths[level], encoder.features[level]
        ups.append(rise(widths[level + 1], width, dims, steps[level + 1]))
        narrowed = beside > width
        lateral = ConvolutionBlock(beside, width, dims, plan.norm, kernel=1) if narrowed else nn.Identity()
        laterals.append(lateral)
        blocks = [block(width + min(beside, width), width, dims, plan.norm)]
        blocks += [block(width, width, dims, plan.norm) for _ in range(plan.convolutions - 1)]
        decoders.append(nn.Sequential(*blocks))
        if level == output_level or (deep_supervision and level < output_level + SUPERVISED):
            if plan.fine_head and level == 0:
                maps = max(FINE_MAPS - channels, FINE_MAPS // 2)
                heads.append(FineHead(width, outputs, dims, plan.norm, steps[0], channels, maps))
            else:
                heads.append(head(width, outputs, dims))
    return initialise(UShaped(encoder.stages, ups, laterals, decoders, heads))
