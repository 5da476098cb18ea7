"""HDF5: a bounded walk over groups, links, attributes and dataset headers. Dataset bytes are not read."""
