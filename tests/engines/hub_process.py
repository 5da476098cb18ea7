"""The loopback Hub in a process of its own: ``python -m tests.engines.hub_process MODELS [QUOTA WINDOW]``.

Prints its address; a line on standard input asks for the log so far, as a line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from tests.loopback import LoopbackHub, run_hub
from tests.loopback.repo import Files

PLAIN: Files = {"config.json": "{}", "README.md": "# M\n" * 80}
LATENCY = 0.02


def main() -> None:
    models, *quota = map(int, sys.argv[1:])
    with run_hub(check=False) as hub:
        hub.organization("acme", verified=True, followers=900, created="2021-01-01")
        for number in range(models):
            hub.model(f"acme/m{number}", PLAIN, card={"license": "mit"}, created="2022-01-01")
        hub.latency(LATENCY)
        if quota:
            hub.quota("api", *quota)
        else:
            hub.quotas.unlimited()
        print(hub.endpoint, flush=True)  # noqa: T201 - whoever started us reads it
        for _ in sys.stdin:
            print(json.dumps(log(hub)), flush=True)  # noqa: T201 - as above


def log(hub: LoopbackHub) -> dict[str, object]:
    """How often each model was asked for, how many requests were refused, and what went wrong."""
    trees = Counter("/".join(r.path.split("/")[3:5]) for r in hub.requests if r.route == "tree")
    return {
        "audits": trees,
        "requests": len(hub.api_requests()),
        "refused": sum(r.status == 429 for r in hub.requests),
        "windows": [used for (_, bucket, _), used in sorted(hub.quotas._used.items()) if bucket == "api"],
        "failures": [*hub.failures, *map(str, hub.leaks)],
    }


if __name__ == "__main__":
    main()
