from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from medopt.project.label_kind import LabelContent

NUMBERS = st.lists(st.integers(0, 10**9), max_size=5).map(tuple)


@given(values=NUMBERS, counts=NUMBERS, unjudged=NUMBERS)
def test_content_comes_back_from_the_catalogue(values, counts, unjudged) -> None:
    content = LabelContent(values, counts, unjudged)
    assert LabelContent.from_text(content.to_text()) == content
    assert content.marked == sum(counts)


def test_rows_of_older_catalogues_are_read() -> None:
    assert LabelContent.from_text(json.dumps([1, 3])) == LabelContent((1, 3))
