"""Branches and engines of the section Compress: what its fields mean, what is wrong with them, what can be chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedOptValidateLib.compress_branches import Branches, readShares
from MedOptValidateLib.compress_engines import engineTip, lackingPackages

from medopt.cli.prune import complete
from medopt.compression.chain.plan import ChainSettings
from medopt.inference import RUNTIMES, runtimes


def asked(branches):
    """What the command makes of the options."""
    options = branches.options()
    assert options[::2] == ["--set"] * (len(options) // 2)
    return complete(ChainSettings, {}, options[1::2], "test")


def test_untouched_fields_are_what_the_command_does_by_itself():
    assert asked(Branches()) == ChainSettings()


def test_each_box_leaves_its_branches_out():
    assert asked(Branches(pruned=False)) == ChainSettings(removed=())
    assert asked(Branches(students=False)) == ChainSettings(widths=())
    assert asked(Branches(coarser=False)) == ChainSettings(coarse=())
    assert asked(Branches(networks=False)) == ChainSettings(networks=())
    none = Branches(pruned=False, removed="x", students=False, widths="", coarser=False, coarse="?", networks=False)
    assert none.problem == "", "what is not asked for need not be right"
    assert asked(none) == ChainSettings(removed=(), widths=(), coarse=(), networks=())


@given(
    st.lists(st.integers(10, 990), min_size=1, max_size=8),
    st.sampled_from([",", ", ", " ", "; ", " %, ", "\t"]),
    st.sampled_from(["", " ", "%", " %", ","]),
)
def test_per_cents_are_shares_each_once_in_their_order(tenths, between, end):
    shares, problem = readShares(between.join(f"{one / 10:g}" for one in tenths) + end)
    assert problem == ""
    assert shares == pytest.approx([one / 1000 for one in dict.fromkeys(tenths)], abs=1e-12)
    assert ChainSettings(removed=tuple(shares)).removed == tuple(shares)


@pytest.mark.parametrize("percent", range(1, 100))
def test_a_share_is_the_number_that_a_command_would_have(percent):
    assert readShares(str(percent))[0] == [float(f"0.{percent:02d}")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least one"),
        (" , %", "at least one"),
        ("half", "half is not a number"),
        ("50, 7O", "7O is not a number"),
        ("0.5", "0.5 is not between 1 and 99"),
        ("50, 100", "100 is not between"),
        ("-50", "-50 is not between"),
        ("nan", "nan is not between"),
        ("inf", "inf is not between"),
    ],
)
def test_a_wrong_text_is_told_and_gives_no_share(text, said):
    shares, problem = readShares(text)
    assert shares == []
    assert said in problem
    for field, told in (("removed", "removedProblem"), ("widths", "widthsProblem"), ("coarse", "coarseProblem")):
        branches = Branches(**{field: text})
        assert getattr(branches, told) == branches.problem == problem


def test_every_engine_is_there_with_what_it_lacks(monkeypatch):
    assert set(lackingPackages()) == set(RUNTIMES)
    monkeypatch.setattr(runtimes, "missing_packages", lambda name: ("torch", "onnx") if name == "torch" else ())
    assert lackingPackages() == {"onnxruntime": (), "openvino": (), "torch": ("torch", "onnx")}


def test_the_tip_names_the_engines_that_cannot_be_chosen_and_why():
    tip = engineTip({"onnxruntime": (), "openvino": ("openvino",), "torch": ("torch", "onnx")})
    assert "openvino cannot be chosen: not installed here: openvino." in tip
    assert "torch cannot be chosen: not installed here: torch, onnx." in tip
    assert "onnxruntime cannot" not in tip
    assert "cannot" not in engineTip({"onnxruntime": ()})
