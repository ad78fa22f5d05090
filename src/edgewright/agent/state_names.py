"""What the files and folders in the state folder of an agent are called."""

OUTBOX, STATUS, SNAPSHOTS, LOCK, IDENTITY = "outbox.db", "status.json", "snapshots", "lock", "identity"
DASHBOARD = "dashboard-token"

# Somebody who wants a fresh status lays this file down; the agent takes it away once it has written one.
ASKED = "asked"
