"""Settings for a model of sounds or series: what does not go with it, and what its rules are without a word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edgewright.agent.capture.taking import Takes
from edgewright.agent.config.settings import SettingError, Settings
from edgewright.agent.events.rules.rule import Rule

# What events call the rule that is there where nobody made one.
_USUAL = {"sound": "heard", "series": "measured"}


def suited(settings: Settings, takes: Takes) -> Settings:
    """The settings with rules that fit sounds or series; as they are for a model that takes something else.

    Without rules there is one for all labels: an event for each window would be two a second, day and night. A rule
    without a score holds from the model's own threshold on. Where a model has none, as an autoencoder for which nobody
    fitted one, each window remains an event. Raises `SettingError` for what sounds and series do not have.
    """
    if not takes.is_signal:
        return settings
    _refuse_pictures(settings, takes)
    rules = tuple(_with_score(rule, takes) for rule in settings.rules)
    if not rules and takes.labels and takes.threshold is not None:
        rules = (Rule(_USUAL[takes.kind], tuple(dict.fromkeys(takes.labels)), score=takes.threshold),)
    return replace(settings, rules=rules, options=_options(settings.options, rules, takes))


def _refuse_pictures(settings: Settings, takes: Takes) -> None:
    what = f"{takes.model} takes no pictures"
    if settings.snapshots != "off":
        raise SettingError("snapshots", f"{what}; of a {takes.kind} no sample is kept or sent")
    if settings.then is not None:
        raise SettingError("then", f"{what}, of which a second model could look at a crop")
    if any(source.motion is not None for source in settings.sources):
        raise SettingError("motion", f"{what}, in which something could move")
    if any(source.rate is not None for source in settings.sources):
        raise SettingError("rate", f"{what}; of a {takes.kind} nothing is passed over")
    if settings.privacy.blur or settings.privacy.mask or any(source.mask for source in settings.sources):
        raise SettingError("blur" if settings.privacy.blur else "mask", f"{what}, in which something could be hidden")


def _with_score(rule: Rule, takes: Takes) -> Rule:
    return replace(rule, score=takes.threshold) if rule.score is None and takes.threshold is not None else rule


def _options(options: Mapping[str, Any], rules: tuple[Rule, ...], takes: Takes) -> Mapping[str, Any]:
    """What a rule wants below the model's threshold has to be told as well."""
    least = min((rule.usual_score for rule in rules if rule.labels), default=None)
    if takes.threshold is None or least is None or least >= takes.threshold:
        return options
    return {**options, "threshold": least}
