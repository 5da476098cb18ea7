"""Whether to trust a Hugging Face repository, before one byte of weights is fetched."""
