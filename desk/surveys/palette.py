"""A brand's colour as literal tokens, for mail and for browsers without relative colours.

The same formulas as static/css/customer.css, in OKLCH (Ottosson 2020, https://bottosson.github.io/posts/oklab/);
contrast and luminance as WCAG 2.2 defines them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from math import atan2, cbrt, cos, hypot, sin

FALLBACK = "#0e6b70"
# The luminance up to which white reaches 4.5:1: 1.05 / 4.5 - 0.05.
WHITE_FITS = 0.1833

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """Token -> hex colour, for a light and a dark page; `brand` is the colour itself, made sure to be one."""

    brand: str
    light: dict[str, str]
    dark: dict[str, str]


def hex_colour(text: str) -> str:
    """`#rrggbb` of what an admin typed, or the default brand where it is no such colour: it goes into a style sheet."""
    text = text.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", text):
        text = "#" + "".join(c * 2 for c in text[1:])
    return text if re.fullmatch(r"#[0-9a-f]{6}", text) else FALLBACK


def _parse(colour: str) -> Rgb:
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return r, g, b


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def luminance(colour: str) -> float:
    """Relative luminance in 0..1 (WCAG 2.2)."""
    r, g, b = (_linear(c) for c in _parse(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Contrast ratio in 1..21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def to_oklch(colour: str) -> tuple[float, float, float]:
    """Lightness 0..1, chroma, hue in radians."""
    r, g, b = (_linear(c) for c in _parse(colour))
    l_ = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    m_ = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s_ = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    light = 0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_
    a = 1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_
    b_ = 0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_
    return light, hypot(a, b_), atan2(b_, a)


def _to_rgb(light: float, chroma: float, hue: float) -> Rgb:
    a, b_ = chroma * cos(hue), chroma * sin(hue)
    l_ = (light + 0.3963377774 * a + 0.2158037573 * b_) ** 3
    m_ = (light - 0.1055613458 * a - 0.0638541728 * b_) ** 3
    s_ = (light - 0.0894841775 * a - 1.2914855480 * b_) ** 3
    return (
        4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
        -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
        -0.0041960863 * l_ - 0.7034186147 * m_ + 1.7076147010 * s_,
    )


def from_oklch(light: float, chroma: float, hue: float) -> str:
    """Hex; a colour that the screen cannot show loses chroma until it can, and keeps its lightness and hue."""
    if light >= 1:
        return "#ffffff"
    low, high = 0.0, chroma
    if not _shows(_to_rgb(light, chroma, hue)):
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (middle, high) if _shows(_to_rgb(light, middle, hue)) else (low, middle)
        chroma = low
    channels = (_gamma(min(1.0, max(0.0, c))) for c in _to_rgb(light, chroma, hue))
    return "#" + "".join(f"{round(c * 255):02x}" for c in channels)


def _shows(rgb: Rgb) -> bool:
    return all(-1e-4 <= c <= 1 + 1e-4 for c in rgb)


def on(fill: str) -> str:
    """White where white reaches 4.5:1 on this colour, else black."""
    return "#ffffff" if luminance(fill) <= WHITE_FITS else "#000000"


@lru_cache(maxsize=256)
def palette(colour: str) -> Palette:
    """The tokens of customer.css for one brand, computed."""
    brand = hex_colour(colour)
    light, c, h = to_oklch(brand)
    grey, tint = min(c, 0.1), min(c, 0.15)
    dark_fill = from_oklch(min(0.85, max(0.5, light)), min(c, 0.16), h)
    by_day = {
        "paper": from_oklch(0.977, grey * 0.06, h),
        "surface": "#ffffff",
        "sunken": from_oklch(0.955, grey * 0.1, h),
        "wash": from_oklch(0.94, tint * 0.27, h),
        "line": from_oklch(0.905, grey * 0.12, h),
        "edge": from_oklch(0.62, c * 0.2, h),
        "ink": from_oklch(0.235, c * 0.25, h),
        "soft": from_oklch(0.46, c * 0.25, h),
        "link": from_oklch(min(light, 0.47), min(c, 0.17), h),
        "fill": brand,
        "on-fill": on(brand),
        "good": from_oklch(0.46, 0.11, 2.7053),
        "warn": from_oklch(0.47, 0.1, 1.2217),
        "bad": from_oklch(0.5, 0.18, 0.4712),
    }
    by_night = {
        "paper": from_oklch(0.17, grey * 0.14, h),
        "surface": from_oklch(0.215, grey * 0.15, h),
        "sunken": from_oklch(0.27, grey * 0.16, h),
        "wash": from_oklch(0.3, tint * 0.36, h),
        "line": from_oklch(0.33, grey * 0.16, h),
        "edge": from_oklch(0.6, c * 0.2, h),
        "ink": from_oklch(0.95, c * 0.06, h),
        "soft": from_oklch(0.75, c * 0.12, h),
        "link": from_oklch(max(light, 0.8), min(c, 0.12), h),
        "fill": dark_fill,
        "on-fill": on(dark_fill),
        "good": from_oklch(0.82, 0.13, 2.7053),
        "warn": from_oklch(0.85, 0.11, 1.3963),
        "bad": from_oklch(0.79, 0.12, 0.4712),
    }
    return Palette(brand, by_day, by_night)
