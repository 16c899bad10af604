"""Engines that run a network on windows. Each is loaded only when it is used."""

from medopt.inference.runtimes.runtime import (
    DEFAULT_RUNTIME,
    RUNTIMES,
    Runtime,
    cannot_run,
    demand_runtime,
    missing_packages,
    open_runtime,
)

__all__ = [
    "DEFAULT_RUNTIME",
    "RUNTIMES",
    "Runtime",
    "cannot_run",
    "demand_runtime",
    "missing_packages",
    "open_runtime",
]
