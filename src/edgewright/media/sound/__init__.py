"""Sounds: read from whatever they come, brought to a model's rate and channels, and cut into its windows."""
