"""Signatures, checksums and bills of material: what they claim of which bytes, compared with what the Hub lists.

Pure: bytes were fetched by the collector. No weight is ever needed, because the Hub lists the
SHA-256 of every large file.
"""
