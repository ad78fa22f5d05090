"""Where something runs: on this machine or on another one, which is asked in JSON and answers in JSON."""
