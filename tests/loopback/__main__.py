"""``python -m tests.loopback``: serve a few repositories until interrupted, and say how to point a client at them."""

from __future__ import annotations

import contextlib
import threading

from . import Blob, LoopbackHub, run_hub, scan


def describe(hub: LoopbackHub) -> None:
    """An honest model, a suspicious one, a gated one and one that moved."""
    hub.organization("acme", verified=True, followers=1200)
    weights = Blob(b"PK\x03\x04", size=3 * 10**9)
    card = {"license": "apache-2.0", "pipeline_tag": "fill-mask"}
    hub.model("acme/encoder", files={"config.json": "{}", "pytorch_model.bin": weights}, card=card)
    imports = [("posix", "system", "dangerous")]
    scans = {"pytorch_model.bin": scan(av="unsafe", pickle="unsafe", imports=imports)}
    hub.model("acme-ai/encoder", files={"pytorch_model.bin": b"cposix\nsystem\n."}, scans=scans)
    hub.model("acme/gated", files={"config.json": "{}"}, gated="manual")
    hub.redirect("acme/bert-encoder", "acme/encoder")


def main() -> None:
    with run_hub(check=False) as hub:
        describe(hub)
        print(f"export HF_ENDPOINT={hub.endpoint}", flush=True)  # noqa: T201 - for a shell to read
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
