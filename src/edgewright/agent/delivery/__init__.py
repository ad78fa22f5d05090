"""From event to sink: the outbox on the disk, what fills it, and what empties it."""
