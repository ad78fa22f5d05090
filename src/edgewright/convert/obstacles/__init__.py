"""What stops a conversion, and what to do instead."""
