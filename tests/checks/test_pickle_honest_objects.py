"""Objects that libraries write in ways of their own: never blocked, and complete."""

from __future__ import annotations

import pytest

from tests.checks.inspected import findings, snapshot_of
from tests.formats import writers_containers as w
from tests.formats.pickle import assemble as a
from trustaudit.engine import judge

ZONE = a.reduce(
    a.reduce(a.glob("builtins", "getattr"), a.glob("zoneinfo", "ZoneInfo"), a.text("_unpickle")),
    a.text("Europe/Berlin"),
    b"K\x01",
)
SKELETON = a.reduce(
    a.glob("cloudpickle.cloudpickle", "_make_skeleton_class"), a.glob("builtins", "type"), a.text("Net")
)

HONEST = {
    "frame with a time zone (CPython's zoneinfo)": ("frame.pkl", a.pickle(ZONE), {"pass", "review"}),
    "instance of a class that cloudpickle stored": ("net.pkl", a.pickle(a.newobj(SKELETON)), {"review"}),
    "dill's reference to the script": ("f.pkl", a.pickle(a.glob("__builtin__", "__main__")), {"pass", "review"}),
    "random generator of numpy": (
        "state.pt",
        a.pickle(
            a.reduce(
                a.glob("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"),
                a.glob("numpy.random.bit_generator", "SeedSequence"),
                b"K\x01N",
            )
        ),
        {"pass"},
    ),
}


@pytest.mark.parametrize("kind", HONEST)
def test_ways_of_their_own(kind: str) -> None:
    name, data, verdicts = HONEST[kind]
    report = judge(snapshot_of({name: data}))
    assert report.verdict in verdicts, report.findings


def test_data_of_no_known_format_in_an_archive_is_no_gap() -> None:
    noise = bytes((7 * n + n // 251) % 256 for n in range(3000))
    parts = [w.Part("schema.json", b"{}"), w.Part("index.bin", noise)]
    assert judge(snapshot_of({"m.skops": w.Zip(parts).build()})).verdict == "pass"
    hidden = [w.Part("schema.json", b"{}"), w.Part("weights.pkl", noise)]
    assert judge(snapshot_of({"m.skops": w.Zip(hidden).build()})).verdict != "pass"


def test_a_small_checkpoint_is_no_pointer() -> None:
    small = a.pickle(a.reduce(a.glob("collections", "OrderedDict")), b"0", a.text("x" * 100))
    assert not findings("lfs-pointer", {"model.pt": small})
    assert findings("lfs-pointer", {"model.pt": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64})
