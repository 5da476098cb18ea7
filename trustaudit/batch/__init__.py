"""Many references: bounded, resumable, in order."""
