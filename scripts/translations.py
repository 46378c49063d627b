"""Compiles the catalogues that were changed: messages.po (kept in git) to messages.mo (what gettext reads)."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parent.parent / "desk" / "translations"


def compile_catalogue(source: Path) -> list[str]:
    """Writes the .mo beside a .po, and gives what is wrong with it (a placeholder that a translation lost)."""
    with source.open("rb") as po:
        catalogue = read_po(po, locale=source.parent.parent.name)
    wrong = [f"{source}:{message.lineno}: {error}" for message, errors in catalogue.check() for error in errors]
    with source.with_suffix(".mo").open("wb") as mo:
        write_mo(mo, catalogue)
    return wrong


def main() -> int:
    wrong: list[str] = []
    for source in sorted(FOLDER.glob("*/LC_MESSAGES/messages.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime or "--all" in sys.argv:
            wrong += compile_catalogue(source)
    print("\n".join(wrong), end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
