"""A network of one's own that tells sounds apart: recordings in class folders, log-mel features inside the file."""
