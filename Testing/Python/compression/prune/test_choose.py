"""Which groups stay: no more than asked, no layer below its floor, the most important first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.compression.prune import ChannelGraph, Costs, Slot, choose_groups
from medopt.errors import MedOptError


def chain(*widths: int) -> ChannelGraph:
    """Plain layers one behind another; the image and the outputs have one map each."""
    slots, first, before = [], 0, np.array([-1])
    for number, width in enumerate((*widths, 0)):
        made = np.arange(first, first + width) if width else np.array([-1])
        slots += [Slot(f"{number}", 0, made, "makes"), Slot(f"{number}", 1, before, "takes")]
        first, before = first + width, made
    return ChannelGraph(tuple(slots), first)


def costs(graph: ChannelGraph) -> Costs:
    sizes = {name: int(np.prod([len(s.groups) for s in slots])) for name, slots in graph.by_tensor.items()}
    return Costs(graph, sizes)


@given(
    widths=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    share=st.floats(0.3, 1),
    floor=st.floats(0, 0.4),
    multiple=st.sampled_from([1, 2, 4]),
    seed=st.integers(0, 1000),
)
def test_the_promise_holds(widths, share, floor, multiple, seed) -> None:
    graph = chain(*widths)
    price = costs(graph)
    whole = price.of(np.ones(graph.groups, bool))
    importance = np.random.default_rng(seed).random(graph.groups)
    options = {"least_share": floor, "multiple": multiple}
    try:
        keep = choose_groups(graph, importance, price, most=share * whole, **options)
    except MedOptError:
        floors = [min(w, -(-max(1, int(np.ceil(w * floor - 1e-9))) // multiple) * multiple) for w in widths]
        smallest = sum(a * b for a, b in zip((1, *floors), (*floors, 1), strict=True))
        assert smallest > share * whole
        return
    assert price.of(keep) <= share * whole
    for layer, width in enumerate(widths):
        kept = keep[graph.layers == layer]
        assert kept.sum() == width or kept.sum() % multiple == 0
        assert kept.sum() >= min(width, max(1, np.ceil(width * floor - 1e-9)))


def test_nothing_goes_when_all_may_stay_and_the_least_important_goes_first() -> None:
    graph = chain(4, 4)
    importance = np.array([4.0, 3, 2, 1, 8, 7, 6, 5])
    price = costs(graph)  # 4 + 16 + 4
    assert choose_groups(graph, importance, price, most=24).all()
    keep = choose_groups(graph, importance, price, most=20, cost_power=0.0)
    np.testing.assert_array_equal(keep, [1, 1, 1, 0, 1, 1, 1, 1])
    keep = choose_groups(graph, importance, price, most=11, cost_power=0.0, least_share=0.5)
    np.testing.assert_array_equal(keep, [1, 1, 0, 0, 1, 1, 1, 0])


def test_a_dear_layer_gives_first_when_cost_counts() -> None:
    graph = chain(4, 4)
    price = Costs(graph, {"0": 1000, "1": 10, "2": 10})
    importance = np.array([1.1, 1.2, 1.3, 1.4, 1.0, 1.0, 1.0, 1.0])
    most = 0.8 * price.of(np.ones(8, bool))
    assert not choose_groups(graph, importance, price, most=most, cost_power=1.0)[0]
    assert choose_groups(graph, importance, price, most=most, cost_power=1.0)[4:].all()
    assert not choose_groups(graph, importance, price, most=most, cost_power=0.0)[4:].all()


def test_more_than_floors_allow_is_refused_with_the_limit() -> None:
    graph = chain(4, 4)
    with pytest.raises(MedOptError, match=r"the network cannot shrink so far: expected 33.3 % of it or more.*20.0 %"):
        choose_groups(graph, np.ones(8), costs(graph), most=4.8, least_share=0.5)
