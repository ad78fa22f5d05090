"""What the agent reports: events, and the rules that say which results are worth one."""
