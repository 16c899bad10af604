"""The client against a server on this machine that speaks SlicerNNInteractive's protocol."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
from assist_cases import ball, noisy

from medopt.errors import MedOptError
from medopt.labelling.assist import Strokes
from medopt.labelling.assist.nninteractive import NnInteractive

SHAPE = (9, 11, 13)
BALL = ball(SHAPE, (4, 5, 6), 3, (1, 1, 1))
NOTHING = np.zeros(SHAPE, bool)
IMAGE = noisy(BALL, 100, 5)


class Server:
    """Answers each prompt with the ball, and keeps what it was sent."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, object]] = []
        self.reply: tuple[int, bytes, dict[str, str]] | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.seen.append((self.path, outer.read(self.headers["Content-Type"], body)))
                status, answer, headers = outer.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def read(self, kind: str, body: bytes) -> object:
        if kind == "application/json":
            return json.loads(body)
        border = b"--" + kind.split("boundary=")[1].encode()
        fields = {}
        for part in body.split(border)[1:-1]:
            head, content = part.strip(b"\r\n").split(b"\r\n\r\n", 1)
            fields[re.search(rb'name="(\w+)"', head)[1].decode()] = content
        data = fields["file"]
        array = np.load(io.BytesIO(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data), allow_pickle=False)
        return array, fields.get("positive_click")

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        if path.startswith("/upload"):
            return 200, b'{"status": "ok"}', {}
        if self.reply is not None:
            return self.reply
        return 200, gzip.compress(np.packbits(BALL).tobytes()), {"Content-Encoding": "gzip"}


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = Thread(target=made.http.serve_forever, daemon=True)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


def test_clicks_and_scribbles_are_asked_and_answered(server):
    client = NnInteractive(server.address + "/", IMAGE)
    after = client.refine(NOTHING, Strokes(np.array([(4, 5, 6)]))).applied(NOTHING)
    np.testing.assert_array_equal(after, BALL)
    paths = [path for path, _ in server.seen]
    assert paths == ["/upload_image", "/upload_segment", "/add_point_interaction"]
    np.testing.assert_array_equal(server.seen[0][1][0], IMAGE[0])
    assert not server.seen[1][1][0].any()
    assert server.seen[2][1] == {"voxel_coord": [4, 5, 6], "positive_click": True}
    server.seen.clear()
    scribble = np.array([(0, 1, 1), (0, 1, 2), (0, 1, 3)])
    current = ~NOTHING
    after = client.refine(current, Strokes(np.array([(4, 5, 6)]), scribble)).applied(current)
    np.testing.assert_array_equal(after, BALL)
    assert [path for path, _ in server.seen] == ["/upload_segment", "/add_scribble_interaction"]
    drawn, positive = server.seen[1][1]
    assert positive == b"False"
    np.testing.assert_array_equal(np.argwhere(drawn), scribble)


def test_strokes_and_what_may_change_hold_against_the_server(server):
    allowed = np.ones(SHAPE, bool)
    allowed[:4] = False
    strokes = Strokes(np.array([(8, 10, 12)]), np.array([(4, 5, 6)]))
    after = NnInteractive(server.address, IMAGE).refine(NOTHING, strokes, allowed=allowed).applied(NOTHING)
    assert after[8, 10, 12]
    assert not after[4, 5, 6]
    assert not after[:4].any()


def test_nothing_new_asks_nothing(server):
    client = NnInteractive(server.address, IMAGE)
    assert client.refine(BALL, Strokes(np.array([(4, 5, 6)]))).values.size == 0
    assert server.seen == []


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ((500, b"", {}), "HTTP 500"),
        ((302, b"", {"Location": "http://127.0.0.1:9/elsewhere"}), "HTTP 302"),
        ((200, b'{"status": "error", "message": "No image uploaded"}', {}), "No image uploaded"),
        ((200, gzip.compress(b"\0" * 9), {}), "no mask of this image"),
        ((200, gzip.compress(b"\0" * 10**7), {}), "no mask of this image"),
        ((200, b"\0" * 10**5, {}), "too long"),
        ((200, b"", {}), "no mask of this image"),
    ],
)
def test_useless_answers_are_told(server, reply, message):
    server.reply = reply
    with pytest.raises(MedOptError, match=f"gave no usable answer.*{message}"):
        NnInteractive(server.address, IMAGE).refine(NOTHING, Strokes(np.array([(4, 5, 6)])))
    assert len(server.seen) == 3


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(MedOptError, match="does not answer"):
        NnInteractive("http://127.0.0.1:9", IMAGE, timeout=5).refine(NOTHING, Strokes(np.array([(4, 5, 6)])))


@pytest.mark.parametrize(
    "address", ["", "localhost:1527", "file:///etc/passwd", "ftp://host", "http://", "http://h?a=b"]
)
def test_only_addresses_of_http_are_taken(address):
    with pytest.raises(MedOptError, match="not the address of a server"):
        NnInteractive(address, IMAGE)
