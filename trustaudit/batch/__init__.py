"""Many repositories: bounded, resumable, in order, and one bad id never stops the rest.

``intake`` reads lists, ``worklist`` settles what is to be done, ``run_file`` keeps results as they
come, ``runner`` does the work, ``estimate`` and ``rows`` are the numbers before and after.
"""
