"""What words mean as inputs for many machines: entries, one by one and never all in memory."""
