"""Many devices: what an agent reports to those who run them, and the versions that it fetches for its own."""
