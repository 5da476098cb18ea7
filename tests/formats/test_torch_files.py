"""Torch's own containers besides the plain zip: legacy, tar, TorchScript, packages, served archives, exports."""

from __future__ import annotations

import json

import pytest

from tests.formats.inspecting import inspect, inspect_with_budget, kinds, notes, only
from tests.formats.writers_containers import (
    EMPTY_DICT,
    LEGACY_MAGIC,
    LEGACY_PROTOCOL,
    Part,
    Zip,
    call,
    call_opcodes,
    state_dict,
    tar,
    torch_legacy,
    torch_parts,
)
from trustaudit.filefacts import Coverage, FileFacts, Inspection
from trustaudit.formats.dispatch import inspect_file

QUIET = {"pickle-opcodes"}


def look(data: bytes, path: str = "model.pt") -> FileFacts:
    return inspect(inspect_file, data, path)


def names(facts: Inspection) -> set[str]:
    return {entry.qualified for entry in facts.globals}


def test_an_honest_legacy_file() -> None:
    facts = look(torch_legacy())
    assert (facts.format, facts.coverage, kinds(facts) - QUIET) == ("torch-legacy", Coverage.STRUCTURE, set())


@pytest.mark.parametrize("stream", range(5))
def test_a_call_in_any_of_the_five_pickles(stream: int) -> None:
    """Scanners that read only the first pickle miss four."""
    parts = [LEGACY_MAGIC, LEGACY_PROTOCOL, EMPTY_DICT, state_dict(), b"\x80\x02]."]
    parts[stream] = parts[stream][:-1] + b"0" + call_opcodes() + parts[stream][2:] if stream > 1 else parts[stream]
    if stream < 2:
        parts[stream] = b"\x80\x02" + call_opcodes() + b"0" + parts[stream][2:]
    facts = look(b"".join(parts) + bytes(40))
    assert "posix.system" in names(facts)
    assert facts.format == "torch-legacy"


def test_a_magic_number_that_is_computed() -> None:
    """GHSA-97f8-7cmv-76j2: the number comes out of a call, so scanners do not know the layout."""
    facts = look(torch_legacy(magic=call("builtins", "int", "119547037146038801333356")))
    assert facts.format == "torch-legacy"
    assert "torch-legacy-magic-computed" in kinds(facts)
    assert "builtins.int" in names(facts)
    assert "torch._utils._rebuild_tensor_v2" in names(facts)


def test_a_legacy_file_cut_off() -> None:
    facts = look(torch_legacy()[:120])
    assert facts.coverage is Coverage.PARTIAL


def test_a_legacy_file_beyond_the_budget() -> None:
    facts, _ = inspect_with_budget(inspect_file, torch_legacy() + bytes(500_000), 330_000)
    assert facts.coverage in (Coverage.PARTIAL, Coverage.STRUCTURE)
    assert names(facts) == names(look(torch_legacy()))


def test_two_pickles_that_are_no_torch_file_are_told() -> None:
    facts = look(EMPTY_DICT + call(), "x.pkl")
    assert facts.format == "pickle"
    assert "pickle-trailing-stream" in kinds(facts)
    assert "posix.system" in names(facts)


def test_the_tar_layout() -> None:
    """CVE-2025-32434 reached weights_only through this layout."""
    facts = look(
        tar({"sys_info": EMPTY_DICT, "pickle": call(), "storages": b"\x80\x02K\0.", "tensors": b"\x80\x02K\0."})
    )
    assert facts.format == "torch-tar"
    assert "torch-tar" in kinds(facts)
    assert [(entry.qualified, entry.member) for entry in facts.globals] == [("posix.system", "pickle")]


def script(code: str = "x", pickle: bytes = EMPTY_DICT, *, packed: bool = True) -> bytes:
    source = Part("m/code/__torch__.py", code.encode(), method=8 if packed else 0)
    parts = torch_parts(pickle, root="m")
    return Zip([*parts[:1], source, Part("m/constants.pkl", b"\x80\x02)."), *parts[1:]]).build()


def test_honest_torchscript() -> None:
    facts = look(script("def forward(self, x):\n  return torch.add(x, ops.torchvision.nms(x))\n"))
    assert (facts.format, kinds(facts) - QUIET) == ("torchscript", set())


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("call_text", ['torch.from_file("/etc/passwd", False, 10)', 'ops.aten.save(x, "/tmp/x")'])
def test_operators_that_touch_files(call_text: str, packed: bool) -> None:
    facts = look(script(f"  y = {call_text}\n", packed=packed))
    note = only(facts, "torchscript-file-op")
    assert note.member == "m/code/__torch__.py"
    assert note.get("op") in ("from_file", "save")


def test_operators_of_unknown_libraries() -> None:
    facts = look(script("y = ops.mylib.run(x)\nz : __torch__.torch.classes.mylib.Thing\nw = ^Odd()(x)\n"))
    assert only(facts, "torchscript-custom-op").get("library") == "mylib"
    assert only(facts, "torchscript-custom-class").get("name") == "mylib.Thing"
    assert only(facts, "torchscript-python-op").get("op") == "Odd"


def test_pickles_of_torchscript_are_read() -> None:
    assert "posix.system" in names(look(script(pickle=call())))


def test_a_torch_package_is_code() -> None:
    parts = [
        Part("p/.data/extern_modules", b"torch\n"),
        Part("p/mod.py", b"import os\n"),
        Part("p/model/m.pkl", call()),
    ]
    facts = look(Zip(parts).build())
    assert facts.format == "torch-package"
    assert only(facts, "archive-code-member").member == "p/mod.py"
    assert facts.loads[0].trigger == "always"
    assert "posix.system" in names(facts)


def test_a_served_archive_names_its_handler() -> None:
    manifest = {"model": {"handler": "handler.py", "serializedFile": "m.pt"}}
    parts = [
        Part("MAR-INF/MANIFEST.json", json.dumps(manifest).encode()),
        Part("handler.py", b"x"),
        Part("m.pt", Zip(torch_parts(call())).build()),
    ]
    facts = look(Zip(parts).build(), "m.mar")
    assert facts.format == "mar"
    assert (facts.loads[0].what, facts.loads[0].trigger) == ("handler.py", "endpoint")
    assert facts.globals[0].member == "m.pt!archive/data.pkl"


def test_a_broken_manifest_is_told() -> None:
    facts = look(Zip([Part("MAR-INF/MANIFEST.json", b"{")]).build(), "m.mar")
    assert "mar-manifest-json" in kinds(facts)


def test_an_export_with_native_code() -> None:
    parts = [
        Part("e/archive_format", b"pt2"),
        Part("e/models/model.json", b"{}"),
        Part("e/data/weights/weight_0", bytes(64)),
        Part("e/data/aotinductor/model/x.so", b"\x7fELF" + bytes(60)),
        Part("e/data/sample_inputs/model.pt", Zip(torch_parts(call())).build()),
    ]
    facts = look(Zip(parts).build(), "e.pt2")
    assert facts.format == "pt2"
    assert only(facts, "archive-native-member").member == "e/data/aotinductor/model/x.so"
    assert "posix.system" in names(facts)


def test_a_second_root() -> None:
    facts = look(Zip([*torch_parts(), *torch_parts(call(), root="other")]).build())
    assert only(facts, "torch-second-root").member == "other/data.pkl"
    assert "posix.system" in names(facts)


def test_a_layout_put_over_another_hides_nothing() -> None:
    """Members of two layouts: the loader of each sees its own."""
    parts = [
        *torch_parts(),
        Part("schema.json", b'{"__class__": "system", "__module__": "posix", "__loader__": "ObjectNode"}'),
    ]
    facts = look(Zip(parts).build(), "m.skops")
    assert only(facts, "skops-type").get("name") == "system"
    assert notes(facts, "format-mismatch") == []
