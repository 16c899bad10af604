"""Trackers that follow a training when asked to. Adding one is a new file plus one line in ``registry``."""

from medopt.training.trackers.facts import TrackerFacts
from medopt.training.trackers.registry import TRACKERS, followed

__all__ = ["TRACKERS", "TrackerFacts", "followed"]
