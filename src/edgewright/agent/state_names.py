"""What the files and folders in the state folder of an agent are called."""

OUTBOX, STATUS, SNAPSHOTS, LOCK, IDENTITY = "outbox.db", "status.json", "snapshots", "lock", "identity"
