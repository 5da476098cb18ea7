"""Runs that several processes share: an engine supplies processes, a database knows what is to be done.

``interface`` are the seams, ``worker`` the loop that every process runs, ``in_process`` and ``on_dask`` the
engines. docs/engines.md tells what happens when one of the parts dies.
"""
