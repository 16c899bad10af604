"""An nnInteractive server in the panel: asked only when the user wants it, and harmless when it fails."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from assist_scene import BallAnswer, axes_along, edit_scene, ras

from medopt import MedOptError
from medopt.labelling.assist.patch import Patch
from MedOptCoreLib.assist_modes import Mode
from MedOptCoreLib.assist_presenter import AssistPresenter
from MedOptCoreLib.assist_server import AssistServer
from MedOptCoreLib.case_probability import CaseProbability
from MedOptCoreLib.settings_store import ASSIST_SERVER, ASSIST_SERVER_USED, MemoryStore

ADDRESS = "http://localhost:1527"
SPOT = (30, 10, 20)


class Client:
    """Answers like the server's client: the whole slice of the last stroke."""

    made: ClassVar[list[Client]] = []

    def __init__(self, address, image):
        self.address, self.image, self.asked, self.broken = address, image, [], False
        Client.made.append(self)

    def refine(self, current, strokes, *, allowed):
        if self.broken:
            raise MedOptError("the nnInteractive server does not answer", where=self.address)
        self.asked.append((current.copy(), strokes, allowed))
        after = current.copy()
        after[strokes.positive[-1][0]] = True
        return Patch.between(current, after)


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def server(store):
    Client.made = []
    return AssistServer(store, Client)


@pytest.fixture
def bench(headless, mrml, server):
    def no_project(_folder: Path):
        raise AssertionError("no project is open")

    answer = BallAnswer()
    presenter = AssistPresenter(CaseProbability(MemoryStore(), no_project), answer, server=server)
    return SimpleNamespace(case=edit_scene(headless), presenter=presenter, answer=answer, server=server)


def click(bench, voxel=SPOT, axis=0):
    bench.presenter.press(ras(bench.case.geometry, voxel)[0], axes_along(bench.case.geometry, axis))
    return bench.presenter.release(bench.case.target)


def switched_on(server, address=ADDRESS):
    server.setAddress(address)
    server.setUsed(True)


def test_by_default_nobody_is_asked(bench, store):
    assert not bench.server.used
    assert (bench.server.address, bench.server.text) == ("", "")
    assert store.values == {}
    assert click(bench)
    assert len(bench.answer.tasks) == 1
    assert Client.made == []


@pytest.mark.parametrize("choose", [lambda s: s.setUsed(True), lambda s: s.setAddress(ADDRESS)])
def test_check_mark_and_address_are_both_needed(bench, choose):
    choose(bench.server)
    assert not bench.server.active
    assert click(bench)
    assert Client.made == []


def test_the_choice_is_remembered_for_all_editors(server, store):
    switched_on(server, f" {ADDRESS}/ ")
    assert store.values == {ASSIST_SERVER: ADDRESS, ASSIST_SERVER_USED: "on"}
    other = AssistServer(store, Client)
    assert (other.active, other.address, other.shown) == (True, ADDRESS, ADDRESS)
    other.setUsed(False)
    assert not server.active
    assert Client.made == []


@pytest.mark.parametrize("typed", ["localhost:1527", "ftp://host", "http://", "http://host:port", "file:///etc"])
def test_another_text_is_told_and_no_earlier_address_is_asked(bench, typed):
    switched_on(bench.server)
    shown = []
    bench.server.changed.connect(lambda: shown.append((bench.server.text, bench.server.shown)))
    bench.server.setAddress(typed)
    text, field = shown[-1]
    assert text.startswith("⚠ not the address of a server: expected http:// or https:// and a host")
    assert field == typed, "what was typed can be mended"
    assert not bench.server.active
    click(bench)
    assert Client.made == []
    bench.server.setAddress("")
    assert bench.server.text.startswith("Type the address of your server")


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("http://localhost:1527", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:1527", False),
        ("https://gpu.example.org", False),
        ("http://gpu.example.org:1527", True),
        ("http://localhost.example.org", True),
    ],
)
def test_where_the_voxels_go_is_told(server, address, warned):
    switched_on(server, address)
    assert f"are sent to {address}." in server.text
    assert ("unencrypted" in server.text) == warned


def test_a_click_is_answered_by_the_server_with_the_whole_image(bench):
    switched_on(bench.server)
    case, before = bench.case, bench.case.segment()
    assert click(bench)
    (client,) = Client.made
    assert client.address == ADDRESS
    np.testing.assert_array_equal(client.image[0], case.image)
    current, strokes, allowed = client.asked[0]
    np.testing.assert_array_equal(current, before)
    assert (strokes.positive.tolist(), strokes.negative.tolist(), allowed) == ([list(SPOT)], [], None)
    wanted = before.copy()
    wanted[SPOT[0]] = True
    np.testing.assert_array_equal(case.segment(), wanted)
    assert bench.answer.tasks == []
    case.logic.Undo()
    np.testing.assert_array_equal(case.segment(), before)


def test_the_image_goes_to_the_server_once_until_it_is_another_one(bench, headless, mrml):
    switched_on(bench.server)
    click(bench)
    click(bench, (32, 10, 20))
    assert len(Client.made) == 1
    bench.server.setAddress("http://localhost:1528")
    click(bench, (34, 10, 20))
    assert [one.address for one in Client.made] == [ADDRESS, "http://localhost:1528"]
    bench.case.volume.GetImageData().GetPointData().GetScalars().SetComponent(0, 0, 77)
    bench.case.volume.Modified()
    click(bench, (36, 10, 20))
    assert len(Client.made) == 3
    assert Client.made[-1].image[0, 0, 0, 0] == 77


def test_strokes_in_one_slice_and_other_modes_stay_here(bench):
    switched_on(bench.server)
    bench.presenter.set(sliceOnly=True)
    assert click(bench)
    bench.presenter.set(sliceOnly=False, mode=Mode.GROW)
    assert click(bench, (31, 10, 20))
    assert Client.made == []
    assert len(bench.answer.tasks) == 2


def test_a_server_that_fails_changes_nothing_and_is_sent_the_image_again(bench):
    switched_on(bench.server)
    click(bench)
    before = bench.case.segment()
    Client.made[0].broken = True
    assert not click(bench, (32, 10, 20))
    assert bench.presenter.status == f"{ADDRESS}: the nnInteractive server does not answer."
    np.testing.assert_array_equal(bench.case.segment(), before)
    assert bench.answer.tasks == []
    assert click(bench, (32, 10, 20))
    assert len(Client.made) == 2, "it may have forgotten the image"


def test_nobody_at_the_address_is_told_in_one_line(headless, mrml, store, bench):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        real = AssistServer(store)
        switched_on(real, address)
        bench.presenter._server = real
        before = bench.case.segment()
        assert not click(bench)
    status = bench.presenter.status
    assert "the nnInteractive server does not answer" in status
    assert address in status
    assert "Check the address and that the server runs, or go on without it" in status
    assert "\n" not in status
    np.testing.assert_array_equal(bench.case.segment(), before)
