"""Builders of networks by name. Adding one is a new file plus one line in ``registry.BUILDERS``."""

from medopt.networks.registry import BUILDERS, build_network, count_parameters
from medopt.networks.settings import NetworkSettings

__all__ = ["BUILDERS", "NetworkSettings", "build_network", "count_parameters"]
