"""The loss, how steps are computed, and what is taken over: three parts of the recipe that need no torch to edit."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.i18n import _
from MedOptTrainLib.option_group import OptionGroup, Options
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.settings_form import Values

EARLY = {"patience": 0.25, "gain": 0.003, "ending": 0.1}
"""Early stopping with its usual values; the recipe's table holds them one by one."""
SWITCH = (("auto", _("auto")), (True, _("yes")), (False, _("no")))
OF_LOSS = {
    "focal": ("gamma",),
    "dice_focal": ("gamma",),
    "tversky": ("alpha", "beta"),
    "tversky_ce": ("alpha", "beta"),
    "weighted_ce": ("balance_power",),
}
"""Parameters that a loss uses; others are left to the recipe's table."""


def lossGroup(recipe: RecipeForm) -> OptionGroup:
    """The loss by name, with the parameters that it uses."""

    def names() -> Options:
        return [(name, name) for name in lossNames(str((recipe.values or {}).get("task", "")))]

    return OptionGroup(recipe, "loss", _loss, _lossFields, {"name": names}, labels={"name": _("Loss")})


def runningGroup(recipe: RecipeForm) -> OptionGroup:
    """Precision, compiling, repeating to the bit, early stopping."""
    early = ((None, _("no: the whole time is used")), (EARLY, _("yes")))
    names = ("precision", "memory_format", "compile", "early_stopping", "deterministic")
    options = {"compile": lambda: SWITCH, "early_stopping": lambda: early}
    return OptionGroup(recipe, "running", _running, lambda _values: names, options)


def transferGroup(recipe: RecipeForm) -> OptionGroup:
    """How what was taken over learns on; only where the recipe begins from something."""
    freeze: tuple[tuple[Any, str], ...] = (("nothing", _("nothing")), ("encoder", _("the encoder")))
    freeze += tuple((n, _("the first {n} stages").format(n=n)) for n in (1, 2, 3))
    names = ("freeze", "thaw", "layer_decay", "warmup", "weights", "inflation")

    def relevant(values: Values) -> tuple[str, ...]:
        frozen = values.get("freeze", "nothing") not in ("nothing", 0)
        return tuple(name for name in names if name != "thaw" or frozen)

    return OptionGroup(recipe, "transfer", _transfer, relevant, {"freeze": lambda: freeze}, without=False)


def lossNames(task: str) -> tuple[str, ...]:
    """Losses of a task; all without one."""
    from medopt.tasks.losses.settings import OF_CLASSIFICATION, OF_SEGMENTATION

    of = {"classification": OF_CLASSIFICATION, "detection": ()}
    return ("auto", *of.get(task, OF_SEGMENTATION))


def _lossFields(values: Values) -> tuple[str, ...]:
    return ("name", *OF_LOSS.get(str(values.get("name", "auto")), ()))


def _loss() -> Any:
    from medopt.tasks.losses.settings import LossSettings

    return LossSettings


def _running() -> Any:
    from medopt.training.running_settings import RunningSettings

    return RunningSettings


def _transfer() -> Any:
    from medopt.training.transfer.settings import TransferSettings

    return TransferSettings
