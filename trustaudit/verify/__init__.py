"""Files on disk against hashes that somebody else wrote down: a lockfile, or the Hub.

``layout`` finds what a path is, ``compare`` hashes and compares, ``words`` says it.
"""
