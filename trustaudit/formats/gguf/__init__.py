"""GGUF: metadata, chat templates and tensor layout of llama.cpp models."""
