"""How much each class counts."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from medopt.errors import MedOptError
from medopt.tasks.losses.settings import LossSettings


def class_weights(
    settings: LossSettings, names: Sequence[str], counts: ArrayLike | None = None, absent: ArrayLike | None = None
) -> tuple[float, ...] | None:
    """The weight of each class as the settings say; None when they ask for none.

    Parameters
    ----------
    names : of the classes in the order of the network's outputs; in segmentation ``background`` comes first
    counts : how often each class occurs in the training part: voxels in segmentation, images in classification. Needed
        for balanced weights alone
    absent : several classes an image only: how many images were looked at and do not show the class

    Balanced weights go with ``counts ** -balance_power`` and are scaled so that their mean over what was counted is
    1; with power 1 they are those of King & Zeng, "Logistic regression in rare events data", Political Analysis 2001,
    as in scikit-learn. A class that does not occur weighs as much as the rarest that does. With ``absent``, where a
    weight multiplies the loss of images that show the class, they are ``(absent / counts) ** balance_power``, and 1
    where either is none. Raises MedOptError for a name that no class has and when counts are needed and not given.
    """
    if not settings.weighted:
        return None
    if isinstance(settings.class_weights, dict):
        _check_names(settings.class_weights, names)
        return tuple(float(settings.class_weights.get(name, 1.0)) for name in names)
    if counts is None:
        raise MedOptError("balanced weights need to know how often each class occurs", expected="counts of the classes")
    n, power = np.asarray(counts, float), settings.balance_power
    if absent is not None:
        without = np.asarray(absent, float)
        both = (n > 0) & (without > 0)
        return tuple(float(w) for w in np.where(both, (without / np.maximum(n, 1)) ** power, 1.0))
    if not n.any():
        return (1.0,) * len(n)
    # relative to the commonest class, so that no power of a count of voxels overflows
    share = np.where(n > 0, n, n[n > 0].min()) / n.max()
    weights = share**-power
    weights *= n.sum() / (weights * n).sum()
    return tuple(float(w) for w in weights)


def needed_weights(settings: LossSettings, weights: Sequence[float] | None) -> Sequence[float] | None:
    """The weights as they are; raises MedOptError when the settings ask for some and there are none."""
    if weights is None and settings.weighted:
        raise MedOptError("the loss needs the weights of the classes", expected="those of class_weights", found="none")
    return weights


def _check_names(given: dict[str, float], names: Sequence[str]) -> None:
    if unknown := sorted(set(given) - set(names)):
        near = difflib.get_close_matches(unknown[0], names, n=1, cutoff=0.5)
        raise MedOptError(
            "weight of a class that there is not",
            where="loss.class_weights",
            expected=", ".join(names),
            found=", ".join(unknown),
            remedy=f"Did you mean '{near[0]}'?" if near else None,
        )
