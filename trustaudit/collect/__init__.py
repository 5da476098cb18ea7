"""RepoRef in, Snapshot out: what to ask for, and asking for it."""
