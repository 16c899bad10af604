"""A Qt object as PythonQt shows it: strict about names, types and signatures; keeps what was done to it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from standins.facts import ClassFacts, class_facts

DEFAULTS: dict[str, Any] = {"bool": False, "QString": "", "int": 0, "double": 0.0, "QStringList": ()}
TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "QString": (str,),
    "int": (int,),
    "double": (int, float),
    "QStringList": (list, tuple),
}
QUIET = (
    "set",
    "add",
    "install",
    "uninstall",
    "remove",
    "clear",
    "delete",
    "hide",
    "show",
    "update",
    "stop",
    "close",
    "reset",
)
"""Methods whose names begin so change something that the stand-in does not model: the call is kept, None returned."""


class StandIn:
    """One Qt object. Subclasses set ``CLASS`` and add the behaviour that the panels rely on."""

    CLASS = "qt.QObject"

    def __init__(self, *_arguments: Any) -> None:
        state = self.__dict__
        state["_facts"] = class_facts(self.CLASS)
        state["_values"] = {}
        state["_dynamic"] = {}
        state["_listeners"] = {}
        state["_blocked"] = False
        state["calls"] = []
        state["children_"] = []

    # ---- properties ---------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        facts: ClassFacts = self.__dict__["_facts"]
        if name in facts.properties:
            kind = facts.properties[name][0]
            return self._values.get(name, DEFAULTS.get(kind))
        if name in facts.callables:
            return self._callable(name)
        raise AttributeError(f"{facts.name} has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        facts: ClassFacts = self.__dict__["_facts"]
        if name not in facts.properties:
            raise AttributeError(f"{facts.name} has no property {name!r}; new attributes are not allowed")
        kind, readOnly = facts.properties[name]
        if readOnly:
            raise AttributeError(f"{facts.name}.{name} is read only")
        expected = TYPES.get(kind)
        wrong = expected is not None and (
            not isinstance(value, expected) or (kind in ("int", "double") and value is True)
        )
        if wrong:
            raise TypeError(f"{facts.name}.{name} is a {kind}, not {value!r}")
        self.set_value(name, value)

    def set_value(self, name: str, value: Any) -> None:
        """Set a property without checks; subclasses emit what a change emits."""
        before = getattr(self, name)
        self._values[name] = value
        if before != value:
            self.on_property(name, value)

    def on_property(self, name: str, value: Any) -> None:
        """A property has changed."""

    def setProperty(self, name: str, value: Any) -> None:
        """Set a declared or dynamic property."""
        if name in self._facts.properties:
            setattr(self, name, value)
        else:
            self._dynamic[name] = value

    def property(self, name: str) -> Any:
        """Value of a declared or dynamic property, None when there is none."""
        return getattr(self, name) if name in self._facts.properties else self._dynamic.get(name)

    # ---- methods ------------------------------------------------------------------------------------------------

    def _callable(self, name: str) -> Callable[..., Any]:
        allowed = self._facts.slots.get(name)

        def call(*arguments: Any) -> Any:
            if allowed is not None and len(arguments) not in allowed:
                raise TypeError(f"{self._facts.name}.{name} takes {sorted(allowed)} arguments, not {len(arguments)}")
            self.calls.append((name, arguments))
            if name.startswith("set") and len(arguments) == 1:
                prop = name[3:4].lower() + name[4:]
                if prop in self._facts.properties:
                    setattr(self, prop, arguments[0])
                return None
            if not name.startswith(QUIET):
                raise NotImplementedError(f"the stand-in of {self._facts.name} does not know what {name} does")
            return None

        return call

    def called(self, name: str) -> list[tuple[Any, ...]]:
        """Arguments of each call of a method so far."""
        return [arguments for called, arguments in self.calls if called == name]

    def inherits(self, name: str) -> bool:
        """Whether the class is ``name``."""
        return self._facts.name.split(".")[-1] == name

    def parent(self) -> Any:
        """Not modelled."""
        return

    def deleteLater(self) -> None:
        """Forget all listeners."""
        self._listeners.clear()

    # ---- signals ------------------------------------------------------------------------------------------------

    def connect(self, signature: str, listener: Callable[..., Any]) -> bool:
        """Connect by the exact signature."""
        self._check(signature)
        if not callable(listener):
            raise TypeError(f"{listener!r} cannot be called")
        self._listeners.setdefault(signature, []).append(listener)
        return True

    def disconnect(self, signature: str, listener: Callable[..., Any] | None = None) -> bool:
        """Disconnect one listener, or all of a signal."""
        self._check(signature)
        listeners = self._listeners.get(signature, [])
        if listener is None:
            listeners.clear()
        else:
            listeners.remove(listener)
        return True

    def emit(self, signature: str, *values: Any) -> None:
        """For tests and behaviours: what Qt does when the signal is emitted."""
        self._check(signature)
        if self._blocked:
            return
        for listener in tuple(self._listeners.get(signature, ())):
            listener(*values[: _wanted(listener, len(values))])

    def blockSignals(self, blocked: bool) -> bool:
        """Emit nothing while blocked; returns whether it was."""
        before = self._blocked
        self.__dict__["_blocked"] = blocked
        return before

    def listeners(self) -> int:
        """How many listeners are connected."""
        return sum(len(found) for found in self._listeners.values())

    def _check(self, signature: str) -> None:
        if signature not in self._facts.signals:
            raise ValueError(f"{self._facts.name} has no signal {signature!r}; it has {sorted(self._facts.signals)}")


def _wanted(listener: Callable[..., Any], given: int) -> int:
    """PythonQt gives a listener no more values than it takes."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(listener).parameters.values()
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        return given
    return min(given, sum(p.kind in kinds for p in parameters))
