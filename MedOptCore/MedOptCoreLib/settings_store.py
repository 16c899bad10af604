"""Where the panels remember things between sessions: the application's settings, or memory in tests."""

from __future__ import annotations

from typing import Any, Protocol

RECENT_PROJECTS = "MedOpt/RecentProjects"
"""JSON list of project folders, the latest first."""
CURRENT_PROJECT = "MedOpt/CurrentProject"
"""Folder of the project that the panels show; one for all three."""
ANNOTATOR = "MedOpt/Annotator"
"""Name under which labels are saved."""
STRATEGY = "MedOpt/Strategy"
"""Name of the strategy by which the next case is chosen."""
ASSIST_SERVER = "MedOpt/AssistServer"
"""Address of an nnInteractive server; empty without one."""
ASSIST_SERVER_USED = "MedOpt/AssistServerUsed"
"""Whether MedOpt Assist asks that server: "on" or empty."""


class SettingsStore(Protocol):
    """The two methods of QSettings that the panels use."""

    def value(self, key: str) -> Any:
        """What is stored under ``key``, None when nothing is."""

    def setValue(self, key: str, value: Any) -> None:
        """Store ``value`` under ``key``."""


class MemoryStore:
    """Forgets everything at the end of the process."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def value(self, key: str) -> Any:
        """What is stored under ``key``, None when nothing is."""
        return self.values.get(key)

    def setValue(self, key: str, value: Any) -> None:
        """Store ``value`` under ``key``."""
        self.values[key] = value


def text(store: SettingsStore, key: str) -> str:
    """The text under ``key``, empty when nothing is stored."""
    value = store.value(key)
    return value if isinstance(value, str) else ""
