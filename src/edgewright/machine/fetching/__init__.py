"""What is fetched and made on this machine for later: by pip, and by one process at a time."""
