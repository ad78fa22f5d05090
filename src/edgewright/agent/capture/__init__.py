"""From a source to the newest frame, or to every one: sources, and what keeps them going."""
