"""Colours for any number of couriers, far apart for the eye and dark enough for a light map."""

from __future__ import annotations

import math

_TURN = 137.508
"""The golden angle: each next hue falls into the widest gap that the ones before have left."""
_SHADES = ((0.58, 0.19), (0.46, 0.16), (0.68, 0.15))
"""Lightness and chroma in OKLCH, taken in turn."""


def colours(number: int) -> tuple[str, ...]:
    """``number`` colours as ``#rrggbb``. Source: B. Ottosson, "A perceptual color space", 2020 (OKLCH)."""
    return tuple(_from_oklch(*_SHADES[index % len(_SHADES)], 255 + index * _TURN) for index in range(number))


def _from_oklch(lightness: float, chroma: float, hue_degrees: float) -> str:
    """The colour in sRGB; chroma is lowered until it can be shown."""
    hue = math.radians(hue_degrees)
    while chroma > 0:
        a, b = chroma * math.cos(hue), chroma * math.sin(hue)
        long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        linear = (
            4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
        )
        if all(0 <= part <= 1 for part in linear):
            return "#" + "".join(f"{round(255 * _gamma(part)):02x}" for part in linear)
        chroma -= 0.01
    grey = round(255 * _gamma(lightness**3))
    return f"#{grey:02x}{grey:02x}{grey:02x}"


def _gamma(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
