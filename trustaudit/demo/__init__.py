"""The bundled example Hub: a recording of answers, made by ``fixtures/example_hub/build.py``."""

from __future__ import annotations

REFS = (
    "acme/encoder-base",
    "oldlab/sentiment-lstm",
    "vision-lab/custom-vit",
    "acme/chat-8b",
    "freebies/tiny-gpt-mini",
    "privacy-filter-team/privacy-filter",
    "meta-Ilama/Llama-3.1-8B-Instruct",
    "oldlab/diffuser-xl",
    "quiet-translator/opus-small",
    "somebody/withdrawn-bot",
    "datasets/oldlab/reviews",
    "spaces/vision-lab/custom-vit-demo",
    "acme/no-such-model",
)
"""The repositories of the example Hub, trustworthy first; the last one does not exist."""

SHOWN_IN_FULL = "privacy-filter-team/privacy-filter"
