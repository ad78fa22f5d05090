"""The model at work, in a process of its own that is replaced when it hangs or dies."""
