"""One file per check. ALL_CHECKS names them in the order of the report."""
