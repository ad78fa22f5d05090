"""Everything readable on everything it stands on, in both themes."""

from __future__ import annotations

import pytest

from edgewright.report.palette import DARK, LEVELS, LIGHT, Palette, contrast, mix, text_on

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def test_contrast_is_the_one_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#123456", "#123456") == 1


def test_mixing_goes_from_one_color_to_the_other() -> None:
    assert [mix("#000000", "#ff8000", share) for share in (0, 0.5, 1)] == ["#000000", "#804000", "#ff8000"]


@THEMES
def test_text_has_the_contrast_that_body_text_wants(theme: Palette) -> None:
    for background in (theme.paper, theme.surface):
        assert contrast(theme.ink, background) >= 7
        assert contrast(theme.muted, background) >= 4.5


@THEMES
def test_marks_stand_out_from_the_surface(theme: Palette) -> None:
    for hue in (theme.blue, theme.orange):
        assert contrast(hue, theme.surface) >= 4.5


@THEMES
def test_numbers_in_the_heat_map_are_readable_on_every_shade(theme: Palette) -> None:
    for hue in (theme.blue, theme.orange):
        shades = [theme.shade(hue, level) for level in range(1, LEVELS + 1)]
        assert len(set(shades)) == LEVELS
        assert shades[-1] == hue
        for shade in shades:
            assert contrast(text_on(shade), shade) >= 4.5
