"""Versions at work: how their programs are run, tried, kept going and switched between."""
