"""The networks that a recipe can name, as people read them; the worker knows what they are made of."""

from __future__ import annotations

from MedOptCoreLib.i18n import _

FAMILIES = (
    ("unet", _("U-Net"), _("the default for voxels")),
    ("residual_unet", _("Residual U-Net"), _("voxels with an hour and a GPU")),
    ("separable_unet", _("Separable U-Net"), _("the smallest model for voxels")),
    ("resnet", _("ResNet"), _("the default for whole images")),
    ("densenet", _("DenseNet"), _("whole images, much memory")),
    ("squeezenet", _("SqueezeNet"), _("few parameters")),
    ("mobilenet_v2", _("MobileNetV2"), _("small classifiers of slices")),
    ("mobilenet_v3", _("MobileNetV3"), _("few multiply-adds")),
    ("shufflenet_v2", _("ShuffleNetV2"), _("the smallest classifier")),
)
"""Name in a recipe, title, what it is for; see Docs/networks.md for figures and papers."""
SIZES = ("S", "M", "L")
