"""The colors of the page, light and dark, and the arithmetic that keeps text on them readable.

Two hues carry meaning, blue and orange: they differ for every common form of color blindness (after Okabe and Ito,
"Color Universal Design", 2008), and nothing is told by color alone.
"""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = 6


@dataclass(frozen=True)
class Palette:
    """Colors of one theme as "#rrggbb": paper, surface of cards, text, quiet text, hairlines, and the two hues."""

    paper: str
    surface: str
    ink: str
    muted: str
    line: str
    blue: str
    orange: str

    def shade(self, hue: str, level: int) -> str:
        """Mix a hue into the surface; level 1 is faint, LEVELS the full hue."""
        return mix(self.surface, hue, 0.15 + 0.85 * ((level - 1) / (LEVELS - 1)) ** 1.3)

    def variables(self) -> str:
        """All colors as CSS custom properties, the shades of the heat map included."""
        names = {"paper", "surface", "ink", "muted", "line", "blue", "orange"}
        pairs = [f"--{name}:{getattr(self, name)}" for name in sorted(names)]
        for letter, hue in (("b", self.blue), ("o", self.orange)):
            for level in range(1, LEVELS + 1):
                shade = self.shade(hue, level)
                pairs += [f"--{letter}{level}:{shade}", f"--{letter}{level}t:{text_on(shade)}"]
        return ";".join(pairs)


LIGHT = Palette("#f6f7f9", "#ffffff", "#171b21", "#56606d", "#dde1e7", "#0a5cad", "#b04400")
DARK = Palette("#0f1216", "#171b21", "#e9ecf1", "#a2acb9", "#2e353f", "#74b6f7", "#f39c5e")


def mix(first: str, second: str, share: float) -> str:
    """Mix two colors in sRGB; `share` of the second, 0 to 1."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def text_on(background: str) -> str:
    """Choose black or white; the better of the two has a contrast of at least 4.58 on any color."""
    return max(("#000000", "#ffffff"), key=lambda color: contrast(color, background))


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colors, 1 to 21 (WCAG 2.1, "contrast ratio"; body text wants 4.5)."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    """Relative luminance of an sRGB color (WCAG 2.1)."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in _unit(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _unit(color: str) -> list[float]:
    return [channel / 255 for channel in _channels(color)]
