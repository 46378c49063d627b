"""Pictures without what was written about them: the place, the hour, the name, and what lies behind their end."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.files import bare, picture_of

SECRET = b"48.2082N 16.3738E by Ada"


def segment(mark: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(content) + 2) + content


def exif(turned: int, order: str = "<") -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    directory = struct.pack(f"{order}IHHHIHH", 8, 1, 0x0112, 3, 1, turned, 0)
    return segment(0xE1, b"Exif\0\0" + head + directory + struct.pack(f"{order}I", 0) + SECRET)


FRAME = segment(0xC0, b"\x08" + struct.pack(">HH", 32, 64) + b"\x01\x01\x11\x00")
# A mark as data, one that keeps the pace, padding, and a second scan as progressive ones have.
SCANS = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"ab\xff\x00cd\xff\xd0ef" + segment(0xDA, b"\x01\x01\x00") + b"gh"
COLOURS = segment(0xE2, b"ICC_PROFILE\0\x01\x01profile")


def jpeg(*about: bytes, behind: bytes = b"") -> bytes:
    jfif = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    return b"\xff\xd8" + jfif + b"".join(about) + COLOURS + FRAME + SCANS + b"\xff\xd9" + behind


def test_a_photograph_keeps_its_pixels_and_colours_and_loses_the_rest() -> None:
    about = (
        exif(1),
        segment(0xFE, SECRET),
        segment(0xED, b"Photoshop 3.0\0" + SECRET),
        segment(0xE2, b"MPF\0" + SECRET),
    )
    made = bare(jpeg(*about, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET), behind=b"ftypmp4" + SECRET))
    assert made == jpeg()


@pytest.mark.parametrize(("turned", "order", "sides"), [(6, "<", (32, 64)), (8, ">", (32, 64)), (3, ">", (64, 32))])
def test_how_it_was_held_stays(turned: int, order: str, sides: tuple[int, int]) -> None:
    held = jpeg(exif(turned, order))
    made = bare(held)
    assert SECRET not in made
    assert picture_of(held) == picture_of(made) == ("image/jpeg", *sides)
    assert bare(made) == made


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def test_a_png_keeps_what_it_looks_like() -> None:
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    looks, pixels = chunk(b"gAMA", b"\0\0\xb1\x8f"), chunk(b"IDAT", zlib.compress(b"\0abc")) + chunk(b"IEND", b"")
    about = chunk(b"tEXt", b"Author\0" + SECRET) + chunk(b"eXIf", SECRET) + chunk(b"tIME", b"1234567")
    assert bare(head + about + looks + chunk(b"iTXt", SECRET) + pixels + SECRET) == head + looks + pixels


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    inside = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(inside)) + b"WEBP" + inside


def test_a_webp_no_longer_says_that_it_has_what_it_has_not() -> None:
    def form(flags: int) -> tuple[bytes, bytes]:
        return b"VP8X", bytes([flags]) + b"\0\0\0\x3f\0\0\x1f\0\0"

    told = webp(form(0x20 | 0x0C), (b"ICCP", b"profile"), (b"VP8L", b"pixels"), (b"EXIF", SECRET), (b"XMP ", SECRET))
    made = bare(told)
    assert made == webp(form(0x20), (b"ICCP", b"profile"), (b"VP8L", b"pixels"))
    assert picture_of(made) == ("image/webp", 64, 32)


def test_a_gif_moves_as_before_and_says_no_more() -> None:
    head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00abcdef"
    loops = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    frame = b"!\xf9\x04\0\0\0\0\0" + b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0"
    said = b"!\xfe" + bytes([len(SECRET)]) + SECRET + b"\0"
    written = b"!\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\0"
    assert bare(head + said + loops + written + frame + said + b";" + SECRET) == head + loops + frame + b";"


@pytest.mark.parametrize("content", [b"", b"words", jpeg()[:-30], b"GIF89a", b"RIFF\x1e\0\0\0WEBPVP8X\x0a"])
def test_what_is_cut_off_or_none_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut off|none of|not found|no "):
        bare(content)


@pytest.mark.property
@given(st.sampled_from([jpeg(exif(6)), b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", webp((b"VP8L", b"x"))]), st.data())
def test_no_bytes_make_it_fail_otherwise(start: bytes, data: st.DataObject) -> None:
    content = bytearray(start)
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(2, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = bare(bytes(content))
    except ValueError:
        return
    assert bare(made) == made
