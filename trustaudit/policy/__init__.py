"""From findings to a verdict and a score."""
