"""Chat templates: Jinja programs that turn a conversation into the text a model reads.

Read with Jinja's own grammar and never rendered. ``analysis`` turns text into observations,
``inspector`` serves files that are templates as a whole; other formats hand over the
templates they carry.
"""
