"""Pickles that scanners read differently from the unpickler: one test per advisory or report.

Samples are assembled from opcodes and never loaded.
"""

from __future__ import annotations

import pytest

from tests.formats.pickle import assemble as asm
from trustaudit.filefacts import Coverage, FileFacts, Use
from trustaudit.formats.drivers import inspect_bytes
from trustaudit.formats.pickle.inspector import inspect_pickle
from trustaudit.formats.pickle.sniff import looks_like_pickle
from trustaudit.formats.pickle.streams import TORCH_MAGIC
from trustaudit.formats.pickled import inspect_pickled
from trustaudit.knowledge.pickle_globals import Level, load_globals

TRUE = asm.text("true")
SYSTEM = asm.reduce(asm.glob("posix", "system"), TRUE)
ORDERED = asm.reduce(asm.glob("collections", "OrderedDict"))


def inspect(data: bytes, path: str = "model.bin") -> FileFacts:
    return inspect_bytes(inspect_pickle, data, path)


def called(facts: FileFacts) -> set[str]:
    return {entry.qualified for entry in facts.globals if entry.use is not Use.REFERENCED}


def kinds(facts: FileFacts) -> set[str]:
    return {note.kind for note in facts.observations}


def stack_call(*operands: bytes) -> bytes:
    return b"".join(operands) + b"\x93" + asm.tuple_of(TRUE) + b"R"


# Operands of STACK_GLOBAL that a backwards walk over the opcodes gets wrong.
OPERANDS = {
    "GHSA-9gvj-pp9x-gcfr-string": stack_call(asm.string("posix"), asm.string("system")),
    "GHSA-9gvj-pp9x-gcfr-binstring": stack_call(asm.binstring(b"posix"), asm.binstring(b"system")),
    "GHSA-9gvj-pp9x-gcfr-short-binstring": stack_call(asm.short_binstring(b"posix"), asm.short_binstring(b"system")),
    "GHSA-9gvj-pp9x-gcfr-unicode": stack_call(asm.unicode_line("posix"), asm.unicode_line("system")),
    "GHSA-9gvj-pp9x-gcfr-escapes": stack_call(b"S'po\\x73ix'\n", b"Vsyst\\u0065m\n"),
    "modelscan-313-binunicode8": stack_call(asm.long_text("posix"), asm.long_text("system")),
    "picklescan-14-memo": stack_call(
        asm.text("posix"), asm.put(1), asm.POP, asm.text("system"), asm.put(0), asm.POP, asm.get(1), asm.get(0)
    ),
    "picklescan-22-reused-index": stack_call(
        asm.text("math"), asm.put(0), asm.POP, asm.text("posix"), asm.put(0), asm.POP,
        asm.text("system"), asm.put(1), asm.POP, asm.get(0), asm.get(1),
    ),
    "picklescan-52-large-index": stack_call(
        asm.text("posix"), asm.put(4_000_000_000), asm.POP, asm.text("system"), b"p77\n", asm.POP,
        asm.get(4_000_000_000), b"g77\n",
    ),
    "picklescan-52-put-and-memoize": stack_call(
        asm.text("posix"), asm.put(7), asm.POP, asm.text("system"), b"\x94", asm.POP, asm.get(7), asm.get(1)
    ),
    "picklescan-type-confusion": stack_call(asm.text("posix"), asm.integer(1), asm.POP, asm.text("system")),
    "not-adjacent": stack_call(
        asm.text("posix"), asm.MARK, asm.text("math"), asm.text("floor"), b"1", asm.text("system")
    ),
    "popped-in-between": stack_call(asm.text("posix"), asm.text("system"), asm.text("floor"), asm.POP),
    "duplicated": stack_call(asm.text("system"), asm.put(0), asm.POP, asm.text("posix"), b"2", asm.POP, asm.get(0)),
    "popped-mark": stack_call(asm.MARK, asm.POP, asm.text("posix"), asm.MARK, asm.POP, asm.text("system")),
}  # fmt: skip


@pytest.mark.parametrize("body", OPERANDS.values(), ids=OPERANDS.keys())
def test_operands(body: bytes) -> None:
    assert called(inspect(asm.pickle(body, protocol=4))) == {"posix.system"}


UNRESOLVED = {
    "GHSA-9gvj-pp9x-gcfr-computed": asm.reduce(asm.glob("a", "b")) + asm.text("system"),
    "picklescan-keyerror": asm.text("posix") + asm.put(3) + asm.tuple_of(asm.get(3)) + asm.text("system"),
    "bytes": asm.short_binbytes(b"posix") + asm.text("system"),
}


@pytest.mark.parametrize("operands", UNRESOLVED.values(), ids=UNRESOLVED.keys())
def test_operands_that_cannot_be_known_are_not_skipped(operands: bytes) -> None:
    facts = inspect(asm.pickle(stack_call(operands), protocol=4))
    unresolved = [entry for entry in facts.globals if entry.module is None]
    assert unresolved
    assert load_globals().judge(None, "system").level is Level.UNKNOWN


# A call whose result is thrown away (GHSA-mxhj-88fx-4pcv).
POPPED = {
    "GHSA-mxhj-88fx-4pcv-pop": asm.pickle(SYSTEM, asm.POP, ORDERED),
    "GHSA-mxhj-88fx-4pcv-pop-mark": asm.pickle(asm.MARK, SYSTEM, b"1", ORDERED),
    "GHSA-mxhj-88fx-4pcv-inst": asm.pickle(asm.inst("posix", "system", asm.string("true")), asm.POP, ORDERED),
    "GHSA-mxhj-88fx-4pcv-memo-overwritten": asm.pickle(SYSTEM, asm.put(0), asm.POP, ORDERED, asm.put(0)),
    "GHSA-mxhj-88fx-4pcv-in-a-set": asm.pickle(b"\x8f", asm.MARK, SYSTEM, b"\x90", asm.POP, ORDERED, protocol=4),
}


@pytest.mark.parametrize("data", POPPED.values(), ids=POPPED.keys())
def test_calls_survive_their_result(data: bytes) -> None:
    assert "posix.system" in called(inspect(data))


# nullifAI, picklescan #33, modelscan: a stream that breaks after its call.
BROKEN = {
    "nullifAI-unknown-opcode": asm.pickle(SYSTEM)[:-1] + b"\xff" * 20,
    "nullifAI-no-stop": asm.pickle(SYSTEM)[:-1],
    "picklescan-33-truncated-argument": asm.pickle(SYSTEM)[:-1] + b"X\xff\xff\xff\x7fabc",
    "picklescan-33-underflow": asm.pickle(SYSTEM, asm.POP, asm.POP, asm.POP),
    "picklescan-33-missing-memo": asm.pickle(SYSTEM, asm.get(200)),
    "modelscan-benign-then-broken": asm.pickle(ORDERED, SYSTEM)[:-1] + b"\xff",
    "modelscan-negative-length": asm.pickle(SYSTEM)[:-1] + b"\x8b\xff\xff\xff\xff.",
    "protocol-6": asm.pickle(SYSTEM)[:-1] + b"\x80\x06.",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_broken_streams(data: bytes) -> None:
    facts = inspect(data)
    assert "posix.system" in called(facts)
    assert "pickle-malformed-after-global" in kinds(facts)
    assert facts.coverage is Coverage.PARTIAL


# What pickletools.genops refuses and the C unpickler reads (A-DIFFERENTIAL).
LENIENT = {
    "hexadecimal-INT": b"I0x10\n0",
    "octal-INT": b"I010\n0",
    "INT-with-NUL": b"I5\0anything\n0",
    "LONG-without-L": b"L5\n0",
    "unsorted-PUT": b"Np 5\n0",
    "unquoted-escape": b"S'\\q'\n0",
    "BINSTRING-unsigned": asm.binstring(b"x" * 200) + b"0",
    "surrogate": asm.text("\ud800") + b"0",
}


@pytest.mark.parametrize("prefix", LENIENT.values(), ids=LENIENT.keys())
def test_as_lenient_as_cpython(prefix: bytes) -> None:
    facts = inspect(prefix + SYSTEM + b".")
    assert called(facts) == {"posix.system"}
    assert facts.coverage is Coverage.COMPLETE


def test_cpython_154848_frames_that_disagree() -> None:
    facts = inspect(asm.pickle(asm.frame(asm.text("abcdefgh"), 6), SYSTEM, protocol=4))
    assert "pickle-frame-mismatch" in kinds(facts)
    assert called(facts) == {"posix.system"}


def test_ghsa_5j3x_jp52_966f_dotted_names() -> None:
    table = load_globals()
    for module, name in [
        ("collections", "OrderedDict.__init__"),
        ("torch.storage", "os.system"),
        ("re", "sys.modules"),
    ]:
        facts = inspect(asm.pickle(asm.reduce(asm.stack_glob(module, name), TRUE), protocol=4))
        assert called(facts) == {f"{module}.{name}"}
        assert table.judge(module, name).level in (Level.DENY, Level.UNKNOWN)


def test_ghsa_cffv_grgg_g429_one_finding_does_not_swallow_another() -> None:
    facts = inspect(asm.pickle(asm.reduce(asm.glob("a", "b")), SYSTEM, asm.reduce(asm.glob("a", "b"), TRUE), SYSTEM))
    assert called(facts) == {"a.b", "posix.system"}


def test_cve_2025_10155_ghsa_jgw4_cr84_mqxg_plain_pickle_under_another_name() -> None:
    for data in (asm.pickle(SYSTEM), asm.pickle(SYSTEM, protocol=None), asm.pickle(SYSTEM, protocol=4)):
        assert looks_like_pickle(data, complete=True)
        assert called(inspect(data, "pytorch_model.bin")) == {"posix.system"}


def test_cve_2025_1889_ghsa_769v_p64c_89pr_odd_extension() -> None:
    assert looks_like_pickle(asm.pickle(SYSTEM), complete=True)
    assert called(inspect(asm.pickle(SYSTEM), "config.p")) == {"posix.system"}


LEGACY_TAIL = [asm.pickle(b"M\xe9\x03"), asm.pickle(b"}"), asm.pickle(ORDERED), asm.pickle(b"]"), bytes(64)]


def test_ghsa_97f8_7cmv_76j2_magic_computed_by_a_call() -> None:
    magic = asm.reduce(asm.glob("builtins", "int"), asm.text(str(TORCH_MAGIC)))
    data = asm.pickle(SYSTEM, asm.POP, magic) + b"".join(LEGACY_TAIL)
    facts = inspect_bytes(inspect_pickled, data, "model.pt")
    assert "posix.system" in called(facts)
    assert "torch-legacy-magic-computed" in kinds(facts)


@pytest.mark.parametrize("stream", range(5))
def test_modelscan_reads_only_the_first_of_five_legacy_pickles(stream: int) -> None:
    magic = asm.pickle(b"\x8a\x0a" + TORCH_MAGIC.to_bytes(10, "little"))
    parts = [magic, *LEGACY_TAIL]
    parts[stream] = parts[stream][:2] + SYSTEM + asm.POP + parts[stream][2:]
    facts = inspect_bytes(inspect_pickled, b"".join(parts), "model.pt")
    assert "posix.system" in called(facts)


@pytest.mark.parametrize("count", [1, 3, 20])
def test_clean_pickles_in_front(count: int) -> None:
    assert called(inspect(asm.pickle(b"]") * count + asm.pickle(SYSTEM))) == {"posix.system"}


NESTED = {
    "pickle.loads": ("pickle", "loads"),
    "torch.storage": ("torch.storage", "_load_from_bytes"),
    "GHSA-h3qp-7fh3-f8h4": ("torch.utils.data.datapipes.utils.decoder", "basichandlers"),
    "GHSA-vv6j-3g6g-2pvj": ("torch.utils._config_module", "ConfigModule.load_config"),
}


@pytest.mark.parametrize(("module", "name"), NESTED.values(), ids=NESTED.keys())
def test_pickles_inside_constants(module: str, name: str) -> None:
    inner = asm.binbytes(asm.pickle(SYSTEM, protocol=None))
    facts = inspect(asm.pickle(asm.reduce(asm.glob(module, name), inner), protocol=4))
    assert "posix.system" in called(facts)


def test_sys_modules_override() -> None:
    facts = inspect(asm.pickle(asm.glob("sys", "modules"), asm.text("torch"), asm.glob("os", "sys"), b"s"))
    assert "pickle-attribute-overwrite" in kinds(facts)


SCANNERS = ["fickling", "picklescan", "modelscan", "modelaudit", "saferpickle", "model_unpickler"]


@pytest.mark.parametrize("module", SCANNERS)
def test_imports_of_scanners(module: str) -> None:
    facts = inspect(asm.pickle(asm.reduce(asm.glob(f"{module}.scanner", "anything"))))
    assert called(facts) == {f"{module}.scanner.anything"}
    assert load_globals().judge(f"{module}.scanner", "anything").level is Level.DENY


@pytest.mark.parametrize(
    ("module", "name", "now"),
    [
        ("__builtin__", "eval", "builtins.eval"),
        ("commands", "getoutput", "subprocess.getoutput"),
        ("cPickle", "loads", "pickle.loads"),
        ("urllib2", "urlopen", "urllib.request.urlopen"),
        ("httplib", "HTTPConnection", "http.client.HTTPConnection"),
        ("multiprocessing.forking", "Popen", "multiprocessing.popen_fork.Popen"),
        ("copy_reg", "_reconstructor", "copyreg._reconstructor"),
    ],
)
def test_python_2_spellings(module: str, name: str, now: str) -> None:
    [entry] = inspect(asm.pickle(asm.reduce(asm.glob(module, name), b"N"))).globals
    assert (entry.qualified, entry.spelled) == (now, f"{module}.{name}")
