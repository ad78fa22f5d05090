"""Environments of tools: made when they are asked for, and asked about where they are missing."""
