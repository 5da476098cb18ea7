"""What a file is and what it would do, from bytes. One module per format; no I/O of its own."""
