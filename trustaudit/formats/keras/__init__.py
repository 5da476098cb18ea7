"""Keras models: what a saved configuration names, calls and carries as code (.keras archives and legacy HDF5)."""
