"""An nnInteractive server that answers clicks and scribbles where the user has one and says so; off by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from medopt.errors import MedOptError
from MedOptCoreLib import settings_store
from MedOptCoreLib.assist_task import AssistTask
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import Presenter
from MedOptCoreLib.settings_store import SettingsStore

TIMEOUT_S = 20.0
"""Slicer waits for an answer meanwhile."""
ON = "on"
HERE = ("localhost", "127.0.0.1", "::1")


class AssistServer(Presenter):
    """The user's choice, which counts in every editor, and the questions to the server.

    Nothing is sent, and no name is looked up, unless `active`: that takes the check mark and a usable address.

    Parameters
    ----------
    store : remembers check mark and address
    connect : makes the client for an address and an image; by default `medopt.labelling.assist.nninteractive`'s
    """

    def __init__(self, store: SettingsStore, connect: Callable[[str, Any], Any] | None = None) -> None:
        super().__init__()
        self._store, self._connect = store, connect or _connected
        self._client: Any = None
        self._known: tuple[str, Any] | None = None
        self._typed, self.problem = self.address, ""

    # ---- the choice --------------------------------------------------------------------------------------------

    @property
    def used(self) -> bool:
        """Whether the check mark is set."""
        return settings_store.text(self._store, settings_store.ASSIST_SERVER_USED) == ON

    @property
    def address(self) -> str:
        """The usable address that is stored; empty without one."""
        return settings_store.text(self._store, settings_store.ASSIST_SERVER)

    @property
    def shown(self) -> str:
        """What stands in the field: the address, or what was typed instead of one."""
        return self._typed if self.problem else self.address

    @property
    def active(self) -> bool:
        """Whether clicks and scribbles go to the server."""
        return self.used and bool(self.address)

    def setUsed(self, used: bool) -> None:
        """Set or take away the check mark."""
        self._store.setValue(settings_store.ASSIST_SERVER_USED, ON if used else "")
        self._forget()
        self.changed.emit()

    def setAddress(self, address: str) -> None:
        """What was typed: an address of http or https, or nothing. Another text is told and no address is kept."""
        from medopt.labelling.assist.nninteractive import checked_address

        self._typed, self.problem = address.strip(), ""
        kept = ""
        if self._typed:
            try:
                kept = checked_address(self._typed)
            except MedOptError as error:
                self.problem = str(error)
        self._store.setValue(settings_store.ASSIST_SERVER, kept)
        self._forget()
        self.changed.emit()

    @property
    def text(self) -> str:
        """What the choice means, or what is wrong with it; empty while the server is not used."""
        if not self.used:
            return ""
        if self.problem:
            return f"⚠ {self.problem}"
        if not self.address:
            return _(
                "Type the address of your server, such as http://localhost:1527. Until then MedOpt answers itself."
            )
        told = _("The voxels of the image and of the segment, and your strokes, are sent to {address}.").format(
            address=self.address
        )
        parts = urlsplit(self.address)
        if parts.scheme == "http" and parts.hostname not in HERE:
            told += " " + _("They travel unencrypted: use it within your own network only.")
        return told

    # ---- a question --------------------------------------------------------------------------------------------

    def answer(self, task: AssistTask) -> Any:
        """The Patch that the server answers, in the indices of ``task``, which covers the whole image.

        Raises MedOptError when the server cannot be reached or gives no usable answer; the next question then begins
        afresh, since the server may have forgotten the image.
        """
        from medopt.labelling.assist.strokes import Strokes

        try:
            client = self._clientFor(task.image)
            return client.refine(task.current, Strokes(task.positive, task.negative), allowed=task.allowed)
        except MedOptError:
            self._forget()
            raise

    def _clientFor(self, image: Any) -> Any:
        """The client that has sent this image, or a new one."""
        if self._known is None or self._known[0] != self.address or not np.array_equal(self._known[1], image):
            self._client, self._known = self._connect(self.address, image), (self.address, image)
        return self._client

    def _forget(self) -> None:
        self._client = self._known = None


def _connected(address: str, image: Any) -> Any:
    from medopt.labelling.assist.nninteractive import NnInteractive

    return NnInteractive(address, image, timeout=TIMEOUT_S)
