"""A page to look at while the agent works: a process of its own serves it, and the agent feeds that one."""
