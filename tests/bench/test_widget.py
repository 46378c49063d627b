"""The row of the widget's size: within its budget as it is built now, and marked where it is not."""

from __future__ import annotations

from bench import widget
from tests.servers.needs import require


def test_what_a_site_loads_is_within_its_budget() -> None:
    found = widget.measure()
    require(bool(found), "the widget is not built (make install)")
    assert found["launcher"] <= widget.LAUNCHER
    assert found["opened"] <= widget.OPENED
    assert not any("over" in row for row in widget.rows(found))


def test_what_is_over_says_so() -> None:
    _head, launcher, opened = widget.rows({"launcher": 6 * 1024 + 1, "opened": 1})
    assert launcher.endswith("  over")
    assert not opened.endswith("  over")
    assert widget.rows({}) == ["widget: not built (make install)"]
