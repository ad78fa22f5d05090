"""Places that matter in a picture: zones and lines, what is in them, and what comes and goes."""
