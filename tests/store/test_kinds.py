"""What a file is, by its content and not by its name."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.files import kind_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PNG, "photo.png", "image/png"),
        (PNG, "invoice.pdf", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 30, "", "image/jpeg"),
        (b"GIF89a" + b"\0" * 30, "a.gif", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 30, "a.webp", "image/webp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 40, "a.heic", "image/heic"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", "a.pdf", "application/pdf"),
        (b"hello\n", "a.txt", "text/plain"),
        (b"BM is how this letter begins", "a.txt", "text/plain"),
        ("größer\r\n".encode(), "notes.md", "text/plain"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (packed("a.txt"), "a.zip", "application/zip"),
        (packed("[Content_Types].xml", "word/document.xml"), "a.zip",
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (packed("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "a.xlsx",
         "application/vnd.ms-office.vbaproject"),
        (b"PK\x03\x04 cut short", "a.zip", "application/octet-stream"),
        (b"hello\n", "a.sh", "application/octet-stream"),
        (b"alert(1)", "a.js", "application/octet-stream"),
    ],
)  # fmt: skip
def test_kinds(content: bytes, name: str, kind: str) -> None:
    assert kind_of(content, name) == kind


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\0" + b"\0" * 100, b"\x7fELF" + b"\0" * 60, b"<html><script>alert(1)</script>",
     b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.png", "a.txt", "a", "a.pdf"])
def test_what_runs_is_never_taken_for_a_picture_or_a_text(content: bytes, name: str) -> None:
    assert not kind_of(content, name).startswith(
        ("image/png", "image/jpeg", "image/gif", "text/plain", "application/pdf")
    )


@given(content=st.binary(max_size=400), name=st.text(max_size=20))
def test_no_bytes_break_it(content: bytes, name: str) -> None:
    assert "/" in kind_of(content, name)
