"""Every widget class really runs, on its real .ui file: setup, enter, each button, exit, cleanup."""

from __future__ import annotations

import pytest

NAMES = ["MedOptLabel", "MedOptTrain", "MedOptValidate"]


@pytest.mark.parametrize("window", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_button_can_be_pressed_without_a_project(application, name, window):
    app = application(window=window)
    widget = app.open(name)
    widget.enter()
    for button in vars(widget.ui).values():
        if button.inherits("QPushButton"):
            assert button.enabled or button.toolTip
            button.click()
    widget.exit()
    assert app.errors == []
    assert app.library.started == []
