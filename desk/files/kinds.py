"""What a file is, by its content: names and headers of strangers say nothing about that."""

from __future__ import annotations

import io
import zipfile

import puremagic

ALIASES = {"image/heif": "image/heic", "image/jpg": "image/jpeg", "application/x-zip-compressed": "application/zip"}
WRITTEN = {"": "text/plain", ".txt": "text/plain", ".log": "text/plain", ".md": "text/plain", ".csv": "text/csv"}
OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
MACROS = "application/vnd.ms-office.vbaproject"
UNKNOWN = "application/octet-stream"


def kind_of(content: bytes, filename: str = "") -> str:
    """The type of a file such as `image/png`; `application/octet-stream` where nobody can say.

    Text has no mark of its own: it is taken for text where all of it is, and where its name does not say that some
    program would run it.
    """
    if content.startswith(b"PK\x03\x04"):
        return _packed(content)
    dot = filename.rfind(".")
    extension = filename[dot:].casefold() if dot > 0 else ""
    written = WRITTEN.get(extension) if _is_text(content) else None
    if written and extension and content.lstrip()[:1] != b"<":
        return written  # a letter that begins with BM or GIF8 is no picture
    try:
        found = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):
        return written or UNKNOWN
    return next((ALIASES.get(m.mime_type, m.mime_type) for m in found if m.mime_type), UNKNOWN)


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not any(ord(c) < 32 and c not in "\t\n\r\f" for c in text)


def _packed(content: bytes) -> str:
    """Office files are archives: what is in them says which, and whether there is a program in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError):
        return UNKNOWN
    if any(name.casefold().endswith("vbaproject.bin") for name in names):
        return MACROS
    if "[Content_Types].xml" in names:
        return next((kind for folder, kind in OFFICE.items() if any(n.startswith(folder) for n in names)), UNKNOWN)
    return "application/zip"
