"""Networks by name, in 2D and 3D, for dense outputs and for whole images. A new family is one file and two lines in
``registry.py``."""

from medopt.networks.backbone import Backbone, Size
from medopt.networks.densenet import DenseNet
from medopt.networks.describe import NetworkDescription, describe_network
from medopt.networks.mobilenet_v2 import MobileNetV2
from medopt.networks.mobilenet_v3 import MobileNetV3
from medopt.networks.narrow import narrow
from medopt.networks.registry import NETWORKS, AnyNetwork, Head, build_network, count_parameters
from medopt.networks.residual_unet import ResidualUNet
from medopt.networks.resnet import ResNet
from medopt.networks.separable_unet import SeparableUNet
from medopt.networks.settings import NetworkSettings
from medopt.networks.shufflenet_v2 import ShuffleNetV2
from medopt.networks.sizes import network_of
from medopt.networks.squeezenet import SqueezeNet
from medopt.networks.strides import propose_strides
from medopt.networks.unet import UNet
from medopt.networks.unet_family import UNetFamily, coarser

__all__ = [
    "NETWORKS",
    "AnyNetwork",
    "Backbone",
    "DenseNet",
    "Head",
    "MobileNetV2",
    "MobileNetV3",
    "NetworkDescription",
    "NetworkSettings",
    "ResNet",
    "ResidualUNet",
    "SeparableUNet",
    "ShuffleNetV2",
    "Size",
    "SqueezeNet",
    "UNet",
    "UNetFamily",
    "build_network",
    "coarser",
    "count_parameters",
    "describe_network",
    "narrow",
    "network_of",
    "propose_strides",
]
