"""What a file of a stranger is, by its bytes, and whether it must wait for an admin: the mail is not asked.

Held are what a computer would run (programs, scripts, documents with macros), pages that open in a browser with the
name of a file on one's own disk, archives that hold any of these by name, and names made to be misread.
"""

from __future__ import annotations

import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

UNKNOWN = "application/octet-stream"
PROGRAM = "application/x-executable"
PACKED, OLD_OFFICE = "application/zip", "application/x-ole-storage"
_MARKS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", PACKED),
    (b"PK\x05\x06", PACKED),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_OFFICE),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"MSCF", "application/vnd.ms-cab-compressed"),
    (b"\x7fELF", PROGRAM),
    (b"\xfe\xed\xfa\xce", PROGRAM),
    (b"\xfe\xed\xfa\xcf", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),  # Java, and programs for several Macs
    (b"\x00asm", PROGRAM),
    (b"dex\n", PROGRAM),
    (b"L\x00\x00\x00\x01\x14\x02\x00", PROGRAM),  # a shortcut of Windows
    (b"#!", "text/x-script"),
)
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_PAGE = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|form|meta|svg|[a-z]+:svg|!doctype\s+svg)\b", re.IGNORECASE
)
_BEFORE_PAGE = re.compile(rb"^\s*(?:<\?xml[^>]{0,200}\?>|<!--.{0,2000}?-->|<!doctype[^>]{0,500}>|\s)*", re.DOTALL)
# Types that a browser draws, or that a person takes for harmless: only bytes may say so.
_ONLY_BY_BYTES = re.compile(r"^(?:image/(?:png|jpe?g|gif|webp)|application/pdf)$")
_PROGRAMS = {
    "exe", "com", "scr", "pif", "cpl", "msi", "msp", "mst", "dll", "ocx", "sys", "drv", "lnk", "jar", "class",
    "apk", "ipa", "app", "appx", "msix", "deb", "rpm", "dmg", "pkg", "run", "elf", "appimage", "gadget",
    "msc", "application", "appref-ms", "xll", "wasm",
}  # fmt: skip
_SCRIPTS = {
    "js", "jse", "mjs", "vb", "vbs", "vbe", "wsf", "wsh", "wsc", "sct", "hta", "bat", "cmd", "ps1", "psm1",
    "ps1xml", "psc1", "sh", "bash", "zsh", "csh", "ksh", "command", "py", "pyw", "pyc", "pl", "rb", "php",
    "jnlp", "reg", "inf", "scf", "url", "website", "desktop", "chm", "hlp", "settingcontent-ms", "library-ms",
    "search-ms", "diagcab", "iqy", "slk", "theme", "themepack",
}  # fmt: skip
_MACROS = {
    "docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm", "sldm", "ade", "adp", "mda",
    "mdb", "accdb", "accde", "mde",
}  # fmt: skip
_PAGES = {
    "html", "htm", "xhtml", "xht", "shtml", "mht", "mhtml", "svg", "svgz", "xsl", "xslt",
}  # fmt: skip
_CLOSED = {
    "7z", "cab", "iso", "img", "vhd", "vhdx", "udf", "ace", "arj", "lzh", "wim",
}  # fmt: skip
_VBA = ("_VBA_PROJECT".encode("utf-16-le"), "VBA_PROJECT_CUR".encode("utf-16-le"))
_HARMLESS = {
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "rtf", "csv", "jpg", "jpeg", "png", "gif", "zip",
    "odt", "ods", "mp3", "mp4", "eml", "ics",
}  # fmt: skip
MAX_NAMES = 20_000
MAX_UNPACKED = 8 << 20  # bytes of a compressed archive that are looked at for names


def kind(content: bytes, declared: str) -> str:
    """The type of a file. Where its bytes do not say, what the mail says of it counts, but for the types that a page
    shows: these have a mark."""
    found = _by_bytes(content)
    if found == PACKED:
        names = set(_names_of_zip(content))
        if "[Content_Types].xml" in names:
            return next((full for folder, full in _OFFICE.items() if any(n.startswith(folder) for n in names)), PACKED)
        if declared.startswith(("application/vnd.oasis.", "application/epub")):
            return declared
    if found == OLD_OFFICE and declared.startswith(("application/vnd.ms-", "application/msword")):
        return declared
    if found:
        return found
    return UNKNOWN if _ONLY_BY_BYTES.match(declared) else declared


def _by_bytes(content: bytes) -> str:
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"MZ") and len(content) > 64 and b"PE\x00\x00" in content[:4096]:
        return PROGRAM
    for mark, found in _MARKS:
        if content.startswith(mark):
            return found
    if content[257:262] == b"ustar":
        return "application/x-tar"
    start = content[:8192].removeprefix(b"\xef\xbb\xbf")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):  # a page in UTF-16 is a page
        start = start.decode("utf-16", "ignore").encode()
    match = _BEFORE_PAGE.match(start)
    page = _PAGE.match(start, match.end()) if match else None
    if page is None and match is not None and b"<!doctype html" in match.group().lower():
        return "text/html"
    if page is not None:
        return "image/svg+xml" if b"svg" in page.group().lower() else "text/html"
    return ""


def reason(content: bytes, name: str, *, turned: bool = False) -> str:
    """Why a file must wait, as a word that screens have a sentence for; empty where it need not. `turned` tells that
    its name held a mark that turns the direction of writing."""
    if turned:
        return "turned"
    endings = _endings(name)
    why = _by_ending(endings)
    if why and len(endings) > 1 and endings[-2] in _HARMLESS:
        return "double"
    found = _by_bytes(content)
    if found == PROGRAM or (content.startswith(b"MZ") and endings[-1:] != ["txt"]):
        return "program"
    if why:
        return why
    if found == "text/x-script":
        return "script"
    if found in ("text/html", "image/svg+xml"):
        return "page"
    if found == "application/rtf":
        return "macros" if b"\\objdata" in content or b"\\objupdate" in content else ""
    if found == OLD_OFFICE:
        return "macros" if any(mark in content for mark in _VBA) else ""
    return _inside(content, found, endings)


def _endings(name: str) -> list[str]:
    pieces = [piece.strip().casefold() for piece in name.rstrip(". ").split(".")]
    return pieces[1:]


def _by_ending(endings: list[str]) -> str:
    last = endings[-1] if endings else ""
    for known, why in ((_PROGRAMS, "program"), (_SCRIPTS, "script"), (_MACROS, "macros"), (_PAGES, "page")):
        if last in known:
            return why
    return "closed" if last in _CLOSED else ""


def _inside(content: bytes, found: str, endings: list[str]) -> str:
    """Why an archive must wait, by the names in it."""
    if found in ("application/x-7z-compressed", "application/vnd.ms-cab-compressed", "application/vnd.rar"):
        return "closed"
    if found == PACKED:
        names = list(_names_of_zip(content))
        if _has_macros(names):
            return "macros"
        if "META-INF/container.xml" in names and endings[-1:] == ["epub"]:
            return ""  # a book is made of pages
        return "archive" if any(_endings(n) and _by_ending(_endings(n)) for n in names) else ""
    if found in ("application/x-tar", "application/gzip"):
        inner = content if found == "application/x-tar" else _unpacked(content)
        if found == "application/gzip" and inner[257:262] != b"ustar":
            return "archive" if inner and reason(inner, ".".join(("x", *endings[:-1]))) else ""
        return "archive" if any(_by_ending(_endings(n)) for n in _names_of_tar(inner)) else ""
    return ""


def _has_macros(names: list[str]) -> bool:
    lower = [name.casefold() for name in names]
    return any(n.endswith("vbaproject.bin") or n.startswith(("xl/macrosheets/", "basic/", "scripts/")) for n in lower)


def _names_of_zip(content: bytes) -> Iterator[str]:
    """The names in a ZIP: of its index, and of each file's own head, by which some programs go."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from archive.namelist()[:MAX_NAMES]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError, struct.error, IndexError):
        pass
    at = -1
    for _ in range(MAX_NAMES):
        at = content.find(b"PK\x03\x04", at + 1)
        if at < 0 or at + 30 > len(content):
            return
        (length,) = struct.unpack_from("<H", content, at + 26)
        yield content[at + 30 : at + 30 + length].decode("utf-8", "replace")


def _names_of_tar(content: bytes) -> Iterator[str]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_NAMES:
                    return
                yield member.name
    except (tarfile.TarError, ValueError, OSError, EOFError, IndexError):
        return


def _unpacked(content: bytes) -> bytes:
    """The beginning of what was compressed; a small file that unpacks to a huge one is cut."""
    try:
        return zlib.decompressobj(31).decompress(content, MAX_UNPACKED)
    except zlib.error:
        return b""
