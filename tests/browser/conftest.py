"""What tests of the widget share: a desk that says what they want."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.desk_double import DIST, DeskDouble
from tests.servers.browser import Chromium
from tests.servers.needs import require


@pytest.fixture
def double(chromium: Chromium) -> Iterator[DeskDouble]:
    require((DIST / "widget.js").exists(), "the widget is not built (make install)")
    with DeskDouble().serving() as desk:
        yield desk
        chromium.close()  # before the desk goes: a widget that looks for it in vain would complain
