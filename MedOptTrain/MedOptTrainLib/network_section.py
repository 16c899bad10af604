"""Which network is trained: family, size, and what it costs on the recipe's patches, as the worker works it out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.network_names import FAMILIES, SIZES
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.worker_answers import WorkerAnswers

FORMAT = 1
"""Version of the worker's answer."""
Key = tuple[str, str]


class NetworkSection(Presenter):
    """A choice of family or size asks the worker once for all networks, then each is taken over at once.

    Parameters
    ----------
    recipe : whose network is chosen
    answers : asks the worker
    device : name of the device that shall train; empty for the best there is
    """

    def __init__(self, recipe: RecipeForm, answers: WorkerAnswers, device: Callable[[], str] = str) -> None:
        super().__init__()
        self._recipe, self._answers, self._device = recipe, answers, device
        self._project: Any = None
        self.setProject(None)

    def setProject(self, project: Any) -> None:
        """Another project: its networks are worked out anew."""
        self._project = project
        self._known: dict[Key, dict[str, Any]] = {}
        self._knownFor = ""
        self._wish: Key | None = None
        self.problem = ""

    # ---- what is chosen ------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Family of the recipe's network, of the wish that the worker is working out, or empty."""
        return self._wish[0] if self._wish else str(self._network().get("name", "unet" if self._network() else ""))

    @property
    def size(self) -> str:
        """Its size; empty where its values are none of a size."""
        if self._wish:
            return self._wish[1]
        network = self._network()
        given = network.get("size")
        if isinstance(given, str):
            return given
        return next((size for (name, size), one in self._known.items() if _same(one["network"], network)), "")

    def families(self) -> list[tuple[str, str]]:
        """(name, title and purpose) of each family."""
        return [(name, f"{title}: {purpose}") for name, title, purpose in FAMILIES]

    def sizes(self) -> list[tuple[str, str]]:
        """(size, text) of each size; one more for a network of no size."""
        own = [] if self.size else [("", _("own values"))]
        return [*((size, size) for size in SIZES), *own]

    def choose(self, name: str, size: str) -> None:
        """Take a network over, after asking the worker what it is made of where that is not known yet."""
        key = (name, size or "M")
        if (name, size) == (self.name, self.size):
            return
        self.problem = ""
        if self._fresh() and key in self._known:
            self._take(key)
        elif not self.missing:
            self._ask()
            self._wish = key
        self.changed.emit()

    def showCosts(self) -> None:
        """Ask what every network costs."""
        self._ask()
        self.changed.emit()

    def measure(self) -> None:
        """Ask how long a step of the recipe's network takes."""
        self._ask("--name", self.name, "--size", self.size, "--time")
        self.changed.emit()

    def _ask(self, *words: str) -> None:
        recipe = self._recipe.write(self._recipe.newFile("for-networks"))
        file = self._recipe.newFile("networks", ".json")
        device = self._device()
        where = ["--device", device] if device else []
        command = ["networks", str(self._project.folder), "--recipe", str(recipe), *where, *words]
        asked = self._fingerprint()
        self._answers.ask([*command, "--output", str(file)], file, lambda f, why: self._answered(f, why, asked))

    def _answered(self, file: Path | None, why: str, asked: str) -> None:
        from medopt.files import read_json

        wish, self._wish = self._wish, None
        self.problem = why
        if file is not None:
            value = read_json(file)
            found = value.get("networks", []) if isinstance(value, dict) and value.get("format") == FORMAT else []
            if asked != self._knownFor:
                self._known = {}
            for one in found:
                key = (str(one["name"]), str(one["size"]))
                before = self._known.get(key, {})
                self._known[key] = {**one, "seconds": one["seconds"] or before.get("seconds")}
            self._knownFor = asked
            if wish is not None and self._fresh():
                self._take(wish)
        self.changed.emit()

    def _take(self, key: Key) -> None:
        one = self._known.get(key)
        if one is None or one["problem"]:
            self.problem = _("Not taken over: {problem}").format(problem=one["problem"] if one else key[0])
            return
        training = (self._recipe.values or {}).get("training") or {}
        self._recipe.setPart("network", one["network"])
        if list(training.get("patch", ())) != list(one["patch"]):
            self._recipe.setPart("training", {**training, "patch": list(one["patch"])})

    # ---- what is known -------------------------------------------------------------------------------------

    def _network(self) -> dict[str, Any]:
        network = (self._recipe.values or {}).get("network")
        return network if isinstance(network, dict) else {}

    def _fingerprint(self) -> str:
        """What the figures hold for: the recipe without its network and what costs nothing."""
        values = self._recipe.values or {}
        training = values.get("training") or {}
        kept = [values.get("preprocess"), training.get("patch"), training.get("batch_size"), self._device()]
        return json.dumps(kept, sort_keys=True, default=str)

    def _fresh(self) -> bool:
        return bool(self._known) and self._knownFor == self._fingerprint()

    @property
    def missing(self) -> str:
        """What is needed before a network can be chosen; empty when nothing is."""
        if not self._recipe.hasProject:
            return _("Open or create a project first.")
        if self._recipe.values is None:
            return _("Propose or load a recipe first.")
        return self._recipe.incomplete or (
            _("Wait for the end of the job under way.") if self._answers.jobs.busy else ""
        )

    @property
    def text(self) -> str:
        """What the chosen network costs, in a line."""
        if self._wish:
            return _("The worker works out what the networks cost…")
        one = self._known.get((self.name, self.size)) if self._fresh() else None
        if self.problem:
            return self.problem
        if one is None:
            return _("Figures of the network: press Show costs.") if self._network() else ""
        if one["problem"]:
            return str(one["problem"])
        fits = _("fits") if one["fits"] else _("more than this computer may take")
        parts = [
            _("{n:,} parameters").format(n=one["parameters"]),
            _("{n:.3g} G multiply-adds a patch").format(n=one["multiply_adds"] / 1e9),
            _("about {n:.2f} GiB a step ({fits})").format(n=one["step_bytes"] / 2**30, fits=fits),
        ]
        seconds = one["seconds"] or self._advisedSeconds()
        if seconds:
            parts.append(_("{n:.2g} s a step").format(n=seconds))
        return " · ".join(parts)

    def _advisedSeconds(self) -> float | None:
        """What the adviser measured for a step, as long as network, patch and batch are as proposed."""
        advice, values = self._recipe.advice, self._recipe.values or {}
        if advice is None or values.get("network") != advice.values.get("network"):
            return None
        training, advised = (dict(one.get("training") or {}) for one in (values, advice.values))
        if any(training.get(name) != advised.get(name) for name in ("patch", "batch_size")):
            return None
        reason = advice.reason("training.minutes")
        found = None if reason is None else reason.figures.get("seconds_a_step")
        return float(found) if isinstance(found, (int, float)) else None

    def buttons(self) -> dict[str, ButtonState]:
        """States of the section's buttons."""
        known = _("The costs are known.") if self._fresh() else ""
        unknown = "" if self._fresh() and self.size else _("Show the costs of the network first.")
        return {
            "networksButton": ButtonState(
                self.missing or known,
                _("Let the worker work out parameters, multiply-adds and memory of each network."),
            ),
            "measureButton": ButtonState(
                self.missing or unknown, _("Let the worker time a training step of this network, a second or two.")
            ),
        }


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a network of the worker's is that of the recipe, which may leave out what is as usual."""
    return all(one.get(name) == value for name, value in other.items()) and one.get("name") == other.get("name", "unet")
