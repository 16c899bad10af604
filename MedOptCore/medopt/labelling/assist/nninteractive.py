"""An nnInteractive server answers the strokes: off unless its user gives an address; voxels then leave the computer.

Speaks the protocol of SlicerNNInteractive's server (github.com/coendevente/SlicerNNInteractive): `upload_image`,
`upload_segment`, `add_point_interaction` and `add_scribble_interaction`; answers are masks of one bit a voxel, gzipped.
Only voxels and indices are sent, in (k, j, i) order: no names, no spacing, no header of any file.
"""

from __future__ import annotations

import gzip
import io
import json
import urllib.error
import urllib.request
import uuid
import zlib
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.labelling.assist.patch import Patch
from medopt.labelling.assist.strokes import Strokes

TIMEOUT_S = 60.0
MOST_ERROR_TEXT = 200
REMEDY = "Check the address and that the server runs, or go on without it"


class NnInteractive:
    """Answers like `Assistant.refine`, by a server.

    Parameters
    ----------
    address : of the server, such as http://localhost:1527; http or https
    image : float32 (channel, k, j, i); the first channel is sent, with the first strokes
    timeout : seconds to wait for an answer

    The server holds one image at a time: use one object after the other. Raises MedOptError for an address that is
    none. Redirections are refused, so that voxels go to the address that was given and nowhere else.
    """

    def __init__(self, address: str, image: NDArray[np.float32], *, timeout: float = TIMEOUT_S) -> None:
        self.address, self._timeout = checked_address(address), timeout
        self._volume = np.ascontiguousarray(image[0], np.float32)
        self._sent = False
        self._open = urllib.request.build_opener(_NoRedirections).open

    def refine(
        self, current: NDArray[np.bool_], strokes: Strokes, *, allowed: NDArray[np.bool_] | None = None
    ) -> Patch:
        """What ``current`` (k, j, i) becomes by the strokes that it does not follow yet; see `Assistant.refine`.

        The server gets ``current`` and these strokes, a single voxel as a click. Strokes are obeyed exactly and
        nothing outside of ``allowed`` changes, whatever the server says. Raises MedOptError when it cannot be reached,
        when it refuses, and when its answer is no mask of this image.
        """
        strokes.check_within(self._volume.shape)
        asked = [
            (voxels[current[tuple(voxels.T)] != adds], adds)
            for voxels, adds in ((strokes.positive, True), (strokes.negative, False))
        ]
        asked = [(voxels, adds) for voxels, adds in asked if len(voxels)]
        if not asked:
            return Patch.between(current[:0], current[:0])
        if not self._sent:
            self._post("upload_image", *_form(_npy(self._volume)))
            self._sent = True
        self._post("upload_segment", *_form(gzip.compress(_npy(current.astype(np.uint8)), 1)))
        for voxels, adds in asked:
            answer = self._ask(voxels, adds)
        after = self._mask(answer)
        after[tuple(strokes.positive.T)] = True
        after[tuple(strokes.negative.T)] = False
        if allowed is not None:
            after = np.where(allowed, after, current)
        return Patch.between(current, after)

    def _ask(self, voxels: NDArray[np.intp], adds: bool) -> bytes:
        if len(voxels) == 1:
            asked = {"voxel_coord": voxels[0].tolist(), "positive_click": adds}
            return self._post("add_point_interaction", json.dumps(asked).encode(), "application/json")
        drawn = np.zeros(self._volume.shape, np.uint8)
        drawn[tuple(voxels.T)] = 1
        return self._post("add_scribble_interaction", *_form(gzip.compress(_npy(drawn), 1), positive_click=str(adds)))

    def _post(self, path: str, body: bytes, kind: str) -> bytes:
        request = urllib.request.Request(f"{self.address}/{path}", body, {"Content-Type": kind}, method="POST")
        most = self._volume.size // 8 + 65536
        try:
            with self._open(request, timeout=self._timeout) as response:
                answer: bytes = response.read(most + 1)
        except urllib.error.HTTPError as error:
            raise self._refused(f"HTTP {error.code}: {error.reason}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise MedOptError(
                "the nnInteractive server does not answer", where=self.address, found=str(reason), remedy=REMEDY
            ) from error
        if len(answer) > most:
            raise self._refused("an answer that is too long")
        told = _json(answer)
        if told is not None and told.get("status") != "ok":
            raise self._refused(str(told.get("message", told)))
        return answer

    def _mask(self, answer: bytes) -> NDArray[np.bool_]:
        count = self._volume.size
        length = -(-count // 8)
        try:
            bits = zlib.decompressobj(wbits=31).decompress(answer, length + 1)
        except zlib.error:
            bits = answer  # something between here and there has unpacked it
        if len(bits) != length:
            raise self._refused("an answer that is no mask of this image")
        return np.unpackbits(np.frombuffer(bits, np.uint8), count=count).reshape(self._volume.shape).astype(bool)

    def _refused(self, reason: str) -> MedOptError:
        found = reason if len(reason) <= MOST_ERROR_TEXT else reason[:MOST_ERROR_TEXT] + "…"
        return MedOptError(
            "the nnInteractive server gave no usable answer", where=self.address, found=found, remedy=REMEDY
        )


class _NoRedirections(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        """None makes urllib raise the redirection as an HTTPError."""


def checked_address(address: str) -> str:
    """The address without a slash at its end; MedOptError when it is none of http or https."""
    try:
        parts = urlsplit(address.strip())
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
        _ = parts.port
    except ValueError:
        good = False
    if not good:
        raise MedOptError(
            "not the address of a server", expected="http:// or https:// and a host, as http://localhost:1527",
            found=repr(address),
        )  # fmt: skip
    return address.strip().rstrip("/")


def _npy(array: NDArray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _form(file: bytes, **fields: str) -> tuple[bytes, str]:
    """A multipart form with one file, and its content type."""
    border = uuid.uuid4().hex
    parts = [f'--{border}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="volume.npy"\r\n'
    parts.append(head + "Content-Type: application/octet-stream\r\n\r\n")
    return "".join(parts).encode() + file + f"\r\n--{border}--\r\n".encode(), f"multipart/form-data; boundary={border}"


def _json(answer: bytes) -> dict[str, Any] | None:
    if not answer.lstrip().startswith(b"{"):
        return None
    try:
        told = json.loads(answer)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
