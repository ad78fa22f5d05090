"""Custom operators that LiteRT brings itself: their options, which no schema describes, are read and checked."""

from __future__ import annotations

from edgewright.model.checking.custom.rules import check_custom as check_custom
