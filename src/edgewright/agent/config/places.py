"""Zones, lines and the rules about them, held against each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edgewright.agent.config.setting_error import SettingError
from edgewright.agent.events.places.place import Line, Place, Zone
from edgewright.agent.events.rules.rule import Rule
from edgewright.errors import UsageError


def check_places(zones: Sequence[Zone], lines: Sequence[Line], rules: Sequence[Rule], *, several_sources: bool) -> None:
    """Raise `SettingError` where a rule is about what there is not, or a place could be meant in two ways."""
    for key, kind, places in (("zones", Zone, zones), ("lines", Line, lines)):
        if not all(isinstance(place, kind) for place in places):
            raise SettingError(key, f"{places!r}, expected edgewright.{kind.__name__} objects")
    _check_names(zones, lines)
    if several_sources:
        _check_sources("zones", zones)
        _check_sources("lines", lines)
    for number, rule in enumerate(rules):
        for zone in rule.zones:
            _check_known("zone", zone, [zone.name for zone in zones], rule, number)
        if rule.crosses is not None:
            _check_known("line", rule.crosses, [line.name for line in lines], rule, number)
    _check_points(rules)
    _check_one_source([*zones, *lines], rules)


def check_sources(names: Sequence[str], rules: Iterable[Rule], places: Iterable[Place]) -> None:
    """Raise `UsageError` where events of two sources could not be told apart, or a rule waits for what never comes."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"source: {', '.join(twice)} is there twice. Give each a name of its own")
    for rule in rules:
        if strange := sorted(set(rule.sources) - set(names)):
            raise UsageError(f"rule {rule.name!r}: there is no source {strange[0]!r}, only {', '.join(names)}")
    for place in places:
        if place.source is not None and place.source not in names:
            raise UsageError(f"{place.name!r}: there is no source {place.source!r}, only {', '.join(names)}")


def _check_names(zones: Sequence[Place], lines: Sequence[Place]) -> None:
    names: set[str] = set()
    for key, places in (("zones", zones), ("lines", lines)):
        for number, place in enumerate(places):
            if place.name in names:
                raise SettingError(key, f"{place.name!r} is there twice", number)
            names.add(place.name)


def _check_sources(key: str, places: Iterable[Place]) -> None:
    for number, place in enumerate(places):
        if place.source is None:
            raise SettingError(key, f"{place.name!r}: source is missing, and there are several", number)


def _check_known(what: str, name: str, known: Sequence[str], rule: Rule, number: int) -> None:
    if name in known:
        return
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    there = f"There are: {', '.join(known)}" if known else f"There is none: write it as [[{what}s]]"
    raise SettingError("rules", f"rule {rule.name!r}: there is no {what} {name!r}.{meant} {there}", number)


def _check_points(rules: Sequence[Rule]) -> None:
    """A line has one count each way, and so one point of boxes that crosses it."""
    points: dict[str, tuple[str, str]] = {}
    for number, rule in enumerate(rules):
        if rule.crosses is None:
            continue
        other, point = points.setdefault(rule.crosses, (rule.name, rule.point))
        if point != rule.point:
            reason = f"rules {other!r} and {rule.name!r} cross {rule.crosses!r} with different points"
            raise SettingError("rules", f"{reason}, {point} and {rule.point}; a line has one count", number)


def _check_one_source(places: Sequence[Place], rules: Sequence[Rule]) -> None:
    """A rule about places of two sources never holds, nor one of a source about the place of another."""
    source_of = {place.name: place.source for place in places}
    for number, rule in enumerate(rules):
        for name in rule.places if rule.sources else ():
            if source_of[name] is not None and source_of[name] not in rule.sources:
                reason = (
                    f"rule {rule.name!r}: sources: {name!r} is a place of {source_of[name]!r}, which is none of them"
                )
                raise SettingError("rules", reason, number)
        if len({source_of[name] for name in rule.places}) > 1:
            reason = f"rule {rule.name!r}: {' and '.join(map(repr, rule.places))} are places of different sources"
            raise SettingError("rules", reason, number)
