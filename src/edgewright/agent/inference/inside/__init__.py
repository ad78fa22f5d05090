"""What happens inside the worker's process: models are opened, pictures answered, and some of them shown."""
