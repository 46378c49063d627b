"""What files are by their bytes, and which of them wait."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.channels.email import sniff, translate
from desk.messages import InboundMessage
from tests.channels.mails import INBOX, NOON, made

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PE = b"MZ" + b"\0" * 62 + b"\0" * 64 + b"PE\0\0" + b"\0" * 40
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def tarred(*names: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "declared", "kind"),
    [
        (PNG, "application/octet-stream", "image/png"),
        (PNG, "text/html", "image/png"),
        (b"<html><script>alert(1)</script>", "image/png", "text/html"),
        (b"hello", "image/png", sniff.UNKNOWN),  # only bytes may say that it is a picture
        (b"hello", "application/pdf", sniff.UNKNOWN),
        (b"hello", "text/plain", "text/plain"),
        (b"\xef\xbb\xbf <!-- a --> <!DOCTYPE html><p>", "text/plain", "text/html"),
        ("<html>".encode("utf-16"), "text/plain", "text/html"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "image/jpeg", "image/svg+xml"),
        (PE, "image/jpeg", sniff.PROGRAM),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "application/zip", sniff._OFFICE["xl/"]),
        (b"RIFF\0\0\0\0WEBPVP8 ", "", "image/webp"),
    ],
)
def test_a_type_is_what_the_bytes_say(content: bytes, declared: str, kind: str) -> None:
    assert sniff.kind(content, declared) == kind


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("kettle.png", PNG, ""),
        ("invoice.pdf", b"%PDF-1.7", ""),
        ("notes.txt", b"MZ is how some lines begin", ""),
        ("data.xml", b"<?xml version='1.0'?><order/>", ""),
        ("old.doc", OLE, ""),
        ("photos.zip", zipped("a.jpg", "b/c.pdf"), ""),
        ("table.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), ""),
        ("book.epub", zipped("mimetype", "META-INF/container.xml", "a.xhtml"), ""),
        ("backup.tar", tarred("a.txt"), ""),
        ("setup.exe", b"anything", "program"),
        ("kettle.png", PE, "program"),
        ("kettle.jpg", b"\x7fELF\x02\x01", "program"),
        ("a.LNK", b"", "program"),
        ("run", b"#!/bin/sh\nrm -rf ~", "script"),
        ("a.js", b"", "script"),
        ("a.js.", b"", "script"),  # Windows drops the last dot
        ("order.docm", b"", "macros"),
        ("order.docx", zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macros"),
        ("old.xls", OLE + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
        ("old.rtf", rb"{\rtf1{\object\objdata 0105}", "macros"),
        ("login.html", b"", "page"),
        ("login.txt", b"<script>", "page"),
        ("logo.svg", b"<svg/>", "page"),
        ("all.zip", zipped("a/b/setup.exe"), "archive"),
        ("all.zip", zipped("a.txt")[:30] + zipped("run.vbs"), "archive"),  # two lists of names that differ
        ("all.tar", tarred("run.bat"), "archive"),
        ("all.tgz", gzip.compress(tarred("run.bat"), mtime=0), "archive"),
        ("run.exe.gz", gzip.compress(b"x", mtime=0), "archive"),
        ("all.rar", b"Rar!\x1a\x07\x00", "closed"),
        ("all.7z", b"", "closed"),
        ("disk.iso", b"", "closed"),
        ("invoice.pdf.exe", b"", "double"),
        ("invoice.pdf          .scr", b"", "double"),
    ],
)
def test_what_a_computer_would_run_waits(name: str, content: bytes, why: str) -> None:
    assert sniff.reason(content, name) == why


def test_a_name_that_turns_the_direction_of_writing_waits_and_is_cleaned() -> None:
    raw = made(
        "x", "Content-Type: application/pdf", "Content-Disposition: attachment; filename*=utf-8''inv%E2%80%AEfdp.txt"
    )
    message = translate(raw, INBOX, {}, NOON)
    assert isinstance(message, InboundMessage)
    (file,) = message.attachments
    assert (file.held, file.filename) == ("turned", "inv_fdp.txt")


@given(
    st.binary(max_size=300), st.sampled_from([b"", PE, PNG, zipped("a.exe"), tarred("x"), b"\x1f\x8b", b"Rar!\x1a\x07"])
)
def test_no_bytes_are_an_error(content: bytes, start: bytes) -> None:
    for data in (start + content, content + start, start[: len(content)] + content):
        assert isinstance(sniff.kind(data, "text/plain"), str)
        assert isinstance(sniff.reason(data, content.decode("latin-1")), str)


def test_a_small_file_that_unpacks_to_a_huge_one_costs_little() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    assert len(sniff._unpacked(bomb)) <= sniff.MAX_UNPACKED
