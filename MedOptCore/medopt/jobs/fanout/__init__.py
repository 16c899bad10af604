"""Many commands at once: here one after another, here side by side, or on a cluster; a failing one stops no other."""

from medopt.jobs.fanout.cluster import Cluster, ClusterSettings
from medopt.jobs.fanout.fan import FanOut
from medopt.jobs.fanout.here import Here
from medopt.jobs.fanout.place import Attempt, AttemptState, Place
from medopt.jobs.fanout.resources import available_memory, cores, threads_each
from medopt.jobs.fanout.task import FanResult, FanTask

__all__ = [
    "Attempt",
    "AttemptState",
    "Cluster",
    "ClusterSettings",
    "FanOut",
    "FanResult",
    "FanTask",
    "Here",
    "Place",
    "available_memory",
    "cores",
    "threads_each",
]
