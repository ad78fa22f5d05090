"""What many inputs would take, from a few hundred of them that are really worked on: time, memory, bytes."""
