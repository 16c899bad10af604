"""Which plots there are of results."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.i18n import _
from MedOptValidateLib.result_tables import METRICS

TRAINING_PLOT = "training"
TRAINING = (TRAINING_PLOT, _("validation score over the training"))


def resultPlots(results: Any) -> list[tuple[str, str]]:
    """(name, title) of the plots of results; empty without results."""
    from medopt.metrics import METRICS as KNOWN
    from medopt.scene.result_charts import NAMES, chart_names

    if results is None:
        return []
    cases = METRICS if results.task == "segmentation" else ()
    offered = [(name, _("{metric} of each case").format(metric=KNOWN[name].title)) for name in cases]
    return offered + [(name, _(NAMES[name])) for name in chart_names(results)]
