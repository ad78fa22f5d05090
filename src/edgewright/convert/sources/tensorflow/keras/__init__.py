"""Keras models: files that are looked at before they are loaded, and the loaded model as conversion sees it."""
