"""What runs in the process that serves the page."""
