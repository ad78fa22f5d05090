"""Files from the web: one request within limits of time, and an input that is fetched."""
