"""Places in containers where a payload was once not looked for: one test per cause, through the whole judgement."""

from __future__ import annotations

import lzma
import zlib

import pytest

from tests.checks.inspected import snapshot_of
from tests.formats import writers_containers as w
from tests.formats.pickle import assemble as a
from trustaudit.engine import judge

BAD = w.call()
TENSORS = w.state_dict(3)
PARTS = w.torch_parts(TENSORS)
LEGACY = w.LEGACY_MAGIC + w.LEGACY_PROTOCOL + w.EMPTY_DICT + TENSORS + b"\x80\x02]."
SYSTEM = a.reduce(a.glob("posix", "system"), a.text("true"))

HIDDEN = {
    "numpy takes 'object' for O": ("x.npy", w.npy("object", (1,), BAD)),
    "numpy takes a list of types": ("x.npy", w.npy("f4,O", (1,), BAD)),
    "numpy takes a field of two letters": ("x.npy", w.npy(["aO"], (1,), BAD)),
    "pickle behind an array": ("x.npy", w.npy() + BAD),
    "second zlib stream": ("x.joblib", zlib.compress(TENSORS) + zlib.compress(BAD)),
    "pickle across two zlib streams": ("x.joblib", zlib.compress(BAD[:12]) + zlib.compress(BAD[12:])),
    "second lzma stream": ("x.joblib", b"".join(lzma.compress(d, format=lzma.FORMAT_ALONE) for d in (TENSORS, BAD))),
    "sixth pickle of a legacy file": ("x.pt", LEGACY + BAD),
    "pickle as a tensor": ("x.pt", w.Zip([*PARTS[:2], w.Part("archive/data/0", BAD), *PARTS[3:]]).build()),
    "pickle beside the tensors": ("x.pt", w.Zip([*PARTS, w.Part("archive/data/5", BAD)]).build()),
    "directory says empty": ("x.pt", w.Zip([w.Part("a/data.pkl", BAD, flags=0x808, size=0, packed=0)]).build()),
    "padding without effect": ("config.json", b"N0" * 40_000 + SYSTEM + b"."),
    "one long constant": ("notes.txt", a.binbytes(b"A" * 100_000) + b"0" + SYSTEM + b"."),
    "one long line": ("notes.txt", b"V" + b"A" * 100_000 + b"\n0" + SYSTEM + b"."),
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_call_is_found_wherever_it_lies(kind: str) -> None:
    name, data = HIDDEN[kind]
    report = judge(snapshot_of({name: data}))
    assert report.verdict == "block"
    assert any("posix.system" in f"{finding.message} {finding.evidence}" for finding in report.findings)


def test_a_skops_type_that_starts_programs_is_blocked_and_an_unknown_one_is_told() -> None:
    def skops(module: str, name: str) -> dict[str, bytes]:
        node = {"__class__": name, "__module__": module, "__loader__": "FunctionNode", "protocol": 2}
        return {"m.skops": w.skops(node)}

    assert judge(snapshot_of(skops("os", "system"))).verdict == "block"
    told = judge(snapshot_of(skops("somewhere", "transform")))
    assert told.verdict == "pass"
    assert any("somewhere.transform" in finding.message for finding in told.findings)
    assert not any(f.rule == "archive-code-member" for f in judge(snapshot_of(skops("numpy", "log1p"))).findings)


@pytest.mark.parametrize(
    "lead", [b"", b"\xef\xbb\xbf", b"/some/path\r", b"/some/path\x0c", "/some/path\u2028".encode()]
)
def test_import_hooks_in_path_files_however_their_lines_end(lead: bytes) -> None:
    report = judge(snapshot_of({"x.pth": lead + b"import os; os.getcwd()\n"}))
    assert any("import line" in finding.message for finding in report.findings)


def torchscript(line: bytes) -> bytes:
    code = b"class M(Module):\n  def forward(self, x):\n    " + line
    members = {"a/data.pkl": TENSORS, "a/constants.pkl": b"\x80\x02).", "a/code/__torch__.py": code}
    return w.Zip([w.Part(name, data) for name, data in members.items()]).build()


@pytest.mark.parametrize("line", [b'y = torch.from_file("/etc/hostname", False, 10)', b'_0 = aten.save(x, "/tmp/x")'])
def test_torchscript_that_names_a_file_is_blocked(line: bytes) -> None:
    assert judge(snapshot_of({"x.pt": torchscript(line)})).verdict == "block"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("fastcore.xtras", "run"),
        ("fastai.learner", "load_learner"),
        ("tensorflow", "load_library"),
        ("accelerate.commands.launch", "launch_command"),
        ("statsmodels.iolib.smpickle", "load_pickle"),
        ("transformers.pipelines", "pipeline"),
        ("gensim.utils", "unpickle"),
        ("timm.models._helpers", "load_state_dict"),
        ("dill._dill", "_eval_repr"),
    ],
)
def test_library_functions_that_reach_further_are_no_object_of_a_library(module: str, name: str) -> None:
    data = a.pickle(a.reduce(a.glob(module, name), a.text("true")))
    assert judge(snapshot_of({"x.pt": w.torch_zip(data)})).verdict == "block"
