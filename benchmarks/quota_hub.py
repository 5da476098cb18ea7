"""A loopback Hub with many ordinary models and a quota, in a process of its own.

``python benchmarks/quota_hub.py --models 2000`` prints one line of JSON with its address and the
ids of its models, then answers each line on stdin with what was asked of it so far, as one line
of JSON, until stdin ends.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).parents[1]))

from fixtures.example_hub import files
from tests.loopback import LoopbackHub, Repo, run_hub, scan
from tests.loopback.quotas import Spent

TOKEN = "hf_loopbackloopbackloopback"  # noqa: S105 - no secret: the loopback Hub accepts it
OWNERS = 150
BUCKETS = ("api", "resolvers")
_CARD = {"license": "apache-2.0", "library_name": "transformers", "pipeline_tag": "text-classification"}
_README = "# {name}\n\nA sentence encoder trained on public text. It maps sentences to vectors for search.\n" * 12
_IMPORTS = (
    ("collections", "OrderedDict", "innocuous"),
    ("torch._utils", "_rebuild_tensor_v2", "innocuous"),
    ("torch", "FloatStorage", "innocuous"),
)


@dataclass
class Uneven:
    """Answers take ``latency`` seconds more or less a half of it."""

    latency: float
    random: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - no secret

    def delay(self) -> float:
        """Seconds of one answer."""
        return self.latency * self.random.uniform(0.5, 1.5)


@dataclass
class Tally:
    """Requests per bucket and window, and those refused."""

    used: Counter[tuple[str, int]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, spent: Spent, window: int) -> None:
        """Count one request."""
        self.used[spent.bucket, window] += 1
        self.refused[spent.bucket] += not spent.allowed

    def told(self, window: int) -> dict[str, object]:
        """For the other process: requests of each window in order, windows without any included."""
        first = min((index for _, index in self.used), default=window)
        return {
            "refused": dict(self.refused),
            **{bucket: [self.used[bucket, index] for index in range(first, window + 1)] for bucket in BUCKETS},
        }


class QuotaHub(LoopbackHub):
    """Fixed windows of ``seconds``, fractions included; ``t`` is told in whole seconds, rounded up or down."""

    def __init__(
        self, seconds: float, quotas: dict[str, int], latency: Uneven, rounding: Literal["up", "down"]
    ) -> None:
        super().__init__()
        self.tally = Tally()
        self._seconds, self._told = seconds, math.ceil if rounding == "up" else math.floor
        self._latency = latency
        self._began = self.clock()
        self.quotas.spend = self._spend  # type: ignore[method-assign]
        self._quota = quotas
        self.fault(None, lambda _request, answer: (setattr(answer.delivery, "delay", latency.delay()), answer)[1])

    @property
    def window(self) -> int:
        """Number of the present window."""
        return int((self.clock() - self._began) // self._seconds)

    def _spend(self, bucket: str, _caller: str, _plan: str) -> Spent:
        elapsed, window = self.clock() - self._began, self.window
        quota = self._quota.get(bucket, 10**9)
        used = self.tally.used[bucket, window] + 1
        left = self._told(self._seconds - elapsed % self._seconds)
        spent = Spent(bucket, quota, round(self._seconds), used, left)
        self.tally.add(spent, window)
        return spent

    def stats(self) -> dict[str, object]:
        """What was asked for; log entries are dropped, so that a long run does not slow the Hub down."""
        self.requests.clear()
        self.cdn.requests.clear()
        return self.tally.told(self.window)


def populate(hub: LoopbackHub, models: int) -> list[str]:
    """Ordinary models of 150 owners, half of them users: some with pickles, some with code of their own."""
    owners = min(OWNERS, models)
    for number in range(owners):
        declare = hub.organization if number % 2 else hub.user
        declare(f"owner-{number}", created="2021-01-01", followers=300)
    return [_model(hub, f"owner-{number % owners}/encoder-{number}", number).id for number in range(models)]


def _model(hub: LoopbackHub, name: str, number: int) -> Repo:
    shared = {
        "config.json": json.dumps({"architectures": ["BertModel"], "model_type": "bert", "seed": number}, indent=1),
        "tokenizer_config.json": json.dumps({"tokenizer_class": "BertTokenizer", "model_max_length": 512}),
        "special_tokens_map.json": json.dumps({"unk_token": "[UNK]", "pad_token": "[PAD]"}),
        "vocab.txt": "[PAD]\n[UNK]\nthe\na\n",
        "README.md": _README.format(name=name),
    }
    extra, scans = _weights(number)
    return hub.model(
        name,
        {**shared, **extra},
        card=_CARD,
        created="2022-03-01",
        downloads=5_000 + number,
        likes=40,
        scans=scans,
        commits=[{"files": {"README.md": _README.format(name=f"{name} v2")}, "title": "Card", "date": "2023-01-01"}],
    )


def _weights(number: int) -> tuple[dict[str, bytes | str], dict[str, dict[str, object]]]:
    tensors: dict[str, bytes | str] = {"model.safetensors": files.safetensors(4 + number % 60, size=8_192)}
    if number % 5 == 0:
        pickled = files.torch_zip(files.state_dict_pickle(), storage=64 + number)
        verdict = scan(av="safe", pickle="safe", protect_ai="safe", jfrog="safe", imports=list(_IMPORTS))
        return {**tensors, "pytorch_model.bin": pickled}, {"pytorch_model.bin": verdict}
    if number % 10 == 1:
        return {**tensors, "modeling_vit.py": files.MODELING, "configuration_vit.py": files.CONFIGURATION}, {}
    return tensors, {}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=2000)
    parser.add_argument("--window", type=float, default=10.0, help="seconds")
    parser.add_argument("--quota", type=int, default=1000, help="API requests per window")
    parser.add_argument("--files", type=int, default=5000, help="file requests per window")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds")
    parser.add_argument("--rounding", choices=("up", "down"), default="up", help="of the seconds left")
    return parser.parse_args()


def main() -> None:
    """Serve until stdin ends."""
    given = arguments()
    quotas = {"api": given.quota, "resolvers": given.files}
    hub = QuotaHub(given.window, quotas, Uneven(given.latency), given.rounding)
    hub.token(TOKEN)
    ids = populate(hub, given.models)
    with run_hub(hub):
        print(json.dumps({"endpoint": hub.endpoint, "token": TOKEN, "models": ids}), flush=True)
        for _ in sys.stdin:
            print(json.dumps(hub.stats()), flush=True)


if __name__ == "__main__":
    main()
