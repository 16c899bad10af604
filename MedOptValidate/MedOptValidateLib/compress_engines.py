"""The engines that models can be measured in, and what those lack that cannot be chosen."""

from __future__ import annotations

from collections.abc import Mapping

from MedOptCoreLib.i18n import _

Lacking = Mapping[str, tuple[str, ...]]
"""Engine → packages that it lacks; none where it can be chosen."""


def lackingPackages() -> Lacking:
    """What each engine lacks in this Python, which is the one that workers run in; none of them is imported."""
    from medopt.inference.runtimes import RUNTIMES, missing_packages

    return {name: missing_packages(name) for name in RUNTIMES}


def engineTip(lacking: Lacking) -> str:
    """What the choice of an engine means, and why some are not among them."""
    tip = _(
        "The engine that models are measured in: take the one they will run in. It only measures: change it and press "
        "Choose again."
    )
    absent = [
        _("{engine} cannot be chosen: not installed here: {packages}.").format(
            engine=name, packages=", ".join(packages)
        )
        for name, packages in lacking.items()
        if packages
    ]
    return " ".join([tip, *absent])
