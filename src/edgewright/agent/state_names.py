"""What the files and folders in the state folder of an agent are called."""

OUTBOX, STATUS, SNAPSHOTS, LOCK = "outbox.db", "status.json", "snapshots", "lock"
