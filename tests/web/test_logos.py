"""Logos of brands: what is taken, where it shows, that its address never changes, and how it goes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect
from sqlalchemy import select

from desk import audit, settings, surveys
from desk.merging.letters import compose
from desk.parts import Desk
from desk.settings import BadLogo, read_logo
from desk.settings.tables import Brand
from tests.factories import make_brand, make_inbox
from tests.servers.browser import accessibility
from tests.web.conftest import csrf_of
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]


def png(width: int = 120, height: int = 60, shade: int = 30) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = b"".join(
        b"\0" + bytes((shade, shade, (shade + x) % 256)) + bytes(3 * max(0, width - 1)) for x in range(height)
    )
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x20\x00\x40\x01\x01\x11\x00\xff\xd9"
WEBP = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3f\0\0\x1f\0\0"


def test_a_picture_is_known_by_its_bytes_and_not_by_its_name() -> None:
    assert read_logo(png()) == ("image/png", 120, 60)
    assert read_logo(JPEG) == ("image/jpeg", 64, 32)
    assert read_logo(WEBP) == ("image/webp", 64, 32)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"x" * (512 * 1024 + 1), "big"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "svg"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><svg/>', "svg"),
        (b"<html><script>alert(1)</script>", "kind"),
        (b"GIF89a\x01\0\x01\0", "kind"),
        (png()[:20], "kind"),
        (JPEG[:6], "kind"),
        (png(2001, 1), "sides"),
        (png(0, 5), "sides"),
    ],
)
def test_what_is_no_logo_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(BadLogo) as refused:
        read_logo(content)
    assert refused.value.reason == reason


@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF0000WEBP", WEBP[:20]]), st.binary(max_size=60)
)
def test_whatever_comes_is_a_picture_or_refused(head: bytes, rest: bytes) -> None:
    try:
        kind, width, height = read_logo(head + rest)
    except BadLogo:
        return
    assert kind in ("image/png", "image/jpeg", "image/webp") and 0 < width <= 2000 and 0 < height <= 2000


@pytest.fixture
def brand_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        number = make_brand(tx, name="Kiln & Clay").id
        make_inbox(tx, brand_id=number)
        make_inbox(tx, brand_id=number, channel="chat", address="shop", key="shop")
    return number


def upload(client: FlaskClient, brand_id: int, content: bytes, name: str = "logo.png", **more: Any) -> Any:
    form = {"csrf_token": csrf_of(client, "/profile"), "logo": (io.BytesIO(content), name), **more}
    return client.post(f"/admin/brands/{brand_id}/logo", data=form, content_type="multipart/form-data")


def logo_of(desk: Desk, brand_id: int) -> settings.Logo | None:
    with desk.store.reading() as tx:
        return settings.logo(tx, settings.brand(tx, brand_id))


def test_a_logo_is_uploaded_replaced_and_removed_and_its_address_stays(
    admin: FlaskClient, app: Flask, desk: Desk, brand_id: int
) -> None:
    assert upload(admin, brand_id, png()).status_code == 303
    first = logo_of(desk, brand_id)
    assert first is not None and first.shown == (80, 40)
    assert f'src="{first.path}"' in admin.get(f"/admin/brands/{brand_id}").text
    stranger = app.test_client()
    answer = stranger.get(first.path)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", png())
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert upload(admin, brand_id, png(shade=90)).status_code == 303
    second = logo_of(desk, brand_id)
    assert second is not None and second.path != first.path
    assert stranger.get(first.path).status_code == 200, "mails that were sent show it still"
    assert upload(admin, brand_id, b"", remove="1").status_code == 303
    assert logo_of(desk, brand_id) is None and stranger.get(second.path).status_code == 200
    with desk.store.reading() as tx:
        changed = [one for one in audit.page(tx).rows if one.kind == "brand" and "logo" in {**one.before, **one.after}]
        assert len(changed) == 3
        assert tx.scalar(select(Brand.logo).where(Brand.id == brand_id)) == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "Choose a picture first."), (b"<svg/>", "SVG is not taken"), (b"GIF89a", "no PNG, JPEG or WebP"),
     (b"x" * 5000, "larger than 512 KB")],
)  # fmt: skip
def test_a_refused_picture_is_said_at_its_field(
    admin: FlaskClient, desk: Desk, brand_id: int, content: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.settings.logos.BIGGEST", 4000)  # the client of the tests keeps larger ones in files
    answer = upload(admin, brand_id, content)
    assert answer.status_code == 422 and said in answer.text
    assert logo_of(desk, brand_id) is None


def test_only_who_may_set_up_the_desk_may_and_addresses_are_not_guessed(
    as_role: Callable[[str], FlaskClient], app: Flask, brand_id: int
) -> None:
    assert upload(as_role("supervisor"), brand_id, png()).status_code == 403
    for path in ("/brand/x.png", f"/brand/{'a' * 64}.png", f"/brand/{'a' * 64}.svg", "/brand/../../etc/passwd.png"):
        assert app.test_client().get(path).status_code == 404, path


def test_it_stands_in_the_widget_the_help_centre_and_inside_mails(
    admin: FlaskClient, app: Flask, desk: Desk, brand_id: int
) -> None:
    upload(admin, brand_id, png())
    found = logo_of(desk, brand_id)
    assert found is not None
    told = app.test_client().get("/widget/shop/boot").get_json()
    assert told["brand"]["logo"][0].endswith(found.path) and told["brand"]["logo"][1:] == [80, 40]
    assert f'src="{found.path}"' in app.test_client().get("/help/").text
    letter = compose(
        locale="en", brand="Kiln & Clay", colour="#0e6b70", address="m@x.example", digits="123456",
        url="https://x.example", minutes=15, logo=found,
    )  # fmt: skip
    assert f'<img src="cid:{found.content_id}"' in letter.html and 'alt="Kiln &amp; Clay"' in letter.html
    assert found.file.inline and found.file.content_id == found.content_id
    without = compose(
        locale="en", brand="Kiln & Clay", colour="#0e6b70", address="m@x.example", digits="123456",
        url="https://x.example", minutes=15,
    )  # fmt: skip
    assert "<img" not in without.html and "Kiln &amp; Clay" in without.html
    assert surveys.palette("").light


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_read_in_light_and_dark(scene: Scene, tmp_path: Path, dark: bool) -> None:
    with scene.store.transaction() as tx:
        brand = settings.brands(tx)[0].id
        files = scene.app.extensions["loopdesk"].files
        settings.put_logo(tx, files, brand, files.put(png()), png())
    page = scene.screen(scene.bea, dark=dark, bypass_csp=True)
    page.goto(f"{scene.url}/admin/brands/{brand}")
    expect(page.get_by_role("img", name="The logo of")).to_be_visible()
    assert page.evaluate("[...document.images].every((one) => one.complete && one.naturalWidth === 120)")
    page.screenshot(path=tmp_path / f"admin-{'dark' if dark else 'light'}.png", full_page=True)
    assert accessibility(page) == []
    page.goto(f"{scene.url}/help/")
    page.screenshot(path=tmp_path / f"help-{'dark' if dark else 'light'}.png")
    assert accessibility(page) == []
