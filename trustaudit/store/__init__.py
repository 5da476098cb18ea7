"""The history of audits: numbered migrations, one SQLite file, rows in and out.

``database`` opens and migrates, ``history`` reads and writes, ``recorder`` writes on behalf of a
command and never fails it, ``lineage`` keeps who descends from whom, ``exchange`` is JSON
Lines in and out, ``diff`` compares two audits.
"""
