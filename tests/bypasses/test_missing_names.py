"""Callables that deny lists missed, one test per published advisory.

Every sample is assembled from opcodes, names one callable and is never loaded. Asserted:
the machine names the callable, and no table calls it harmless.
"""

from __future__ import annotations

import pytest

from tests.formats.pickle import assemble as asm
from trustaudit.filefacts import Use
from trustaudit.formats.drivers import inspect_bytes
from trustaudit.formats.pickle.inspector import inspect_pickle
from trustaudit.knowledge.pickle_globals import Grade, Level, load_globals

PICKLESCAN = {
    "CVE-2025-1716-GHSA-655q-fx9r-782v": ("pip", "main"),
    "CVE-2025-46417-GHSA-93mv-x874-956g": ("ssl", "get_server_certificate"),
    "CVE-2025-10157-GHSA-f7qq-56ww-84cr": ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    "GHSA-4675-36f9-wf6r": ("ctypes", "CDLL"),
    "GHSA-46h3-79wf-xr6c": ("_operator", "attrgetter"),
    "GHSA-955r-x9j8-7rhh": ("_operator", "methodcaller"),
    "GHSA-84r2-jw7c-4r5q": ("operator", "methodcaller"),
    "GHSA-84r2-jw7c-4r5q-locate": ("pydoc", "locate"),
    "GHSA-vqmv-47xg-9wpr": ("pty", "spawn"),
    "GHSA-m273-6v24-x4m4": ("distutils.file_util", "write_file"),
    "GHSA-r8g5-cgf2-4m4m": ("numpy.f2py.crackfortran", "getlincoef"),
    "GHSA-49gj-c84q-6qm9": ("cProfile", "run"),
    "GHSA-9w88-8rmg-7g2p": ("cProfile", "runctx"),
    "GHSA-7wx9-6375-f5wh": ("profile", "run"),
    "GHSA-x696-vm39-cp64": ("profile", "Profile.run"),
    "GHSA-6vqj-c2q5-j97w": ("profile", "Profile.runctx"),
    "GHSA-5qwp-399c-mjwf": ("trace", "Trace.run"),
    "GHSA-g344-hcph-8vgg": ("trace", "Trace.runctx"),
    "GHSA-fqq6-7vqf-w3fg": ("doctest", "debug_script"),
    "GHSA-v7x6-rv5q-mhwc": ("timeit", "timeit"),
    "GHSA-xp4f-hrf8-rxw7": ("ensurepip", "_run_pip"),
    "GHSA-cj3c-v495-4xqh": ("code", "InteractiveInterpreter.runcode"),
    "GHSA-q77w-mwjj-7mqx": ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    "GHSA-3gf5-cxq9-w223": ("idlelib.pyshell", "ModifiedInterpreter.runcode"),
    "GHSA-j343-8v2j-ff7w": ("idlelib.pyshell", "ModifiedInterpreter.runcommand"),
    "GHSA-m869-42cg-3xwr": ("idlelib.run", "Executive.runcode"),
    "GHSA-6w4w-5w54-rjvr": ("idlelib.autocomplete", "AutoComplete.get_entity"),
    "GHSA-7cq8-mj8x-j263": ("idlelib.autocomplete", "AutoComplete.fetch_completions"),
    "GHSA-8r4j-24qv-fmq9": ("idlelib.calltip", "Calltip.fetch_tip"),
    "GHSA-9xph-j2h6-g47v": ("idlelib.calltip", "get_entity"),
    "GHSA-3vg9-h568-4w9m": ("idlelib.debugobj", "ObjectTreeItem.SetText"),
    "GHSA-f54q-57x4-jg88": ("lib2to3.pgen2.grammar", "Grammar.loads"),
    "GHSA-p9w7-82w4-7q8m": ("lib2to3.pgen2.pgen", "ParserGenerator.make_label"),
    "GHSA-4r9r-ch6f-vxmx": ("torch.utils.bottleneck.__main__", "run_cprofile"),
    "GHSA-4whj-rm5r-c2v8": ("torch.utils.bottleneck.__main__", "run_autograd_prof"),
    "GHSA-86cj-95qr-2p4f": ("torch._dynamo.guards", "GuardBuilder.get"),
    "GHSA-f4x7-rfwp-v3xw": ("torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression"),
    "GHSA-f745-w6jp-hpxx": ("torch.utils.collect_env", "run"),
    "GHSA-jhph-76pp-mggw": ("torch.utils.collect_env", "run_and_read_all"),
    "GHSA-h3qp-7fh3-f8h4": ("torch.utils.data.datapipes.utils.decoder", "basichandlers"),
    "GHSA-vr7h-p6mm-wpmh": ("torch.jit.unsupported_tensor_ops", "execWrapper"),
    "GHSA-vv6j-3g6g-2pvj": ("torch.utils._config_module", "ConfigModule.load_config"),
    "GHSA-9726-w42j-3qjr": ("_io", "FileIO"),
    "GHSA-9726-w42j-3qjr-request": ("urllib.request", "urlopen"),
    "GHSA-9m3x-qqw2-h32h": ("types", "CodeType"),
    "GHSA-m7j5-r2p5-c39r": ("logging", "FileHandler"),
    "GHSA-vvpj-8cmc-gx39": ("pkgutil", "resolve_name"),
    "CVE-2026-56315-GHSA-g38g-8gr9-h9xp": ("uuid", "_get_command_stdout"),
    "CVE-2026-56315-GHSA-g38g-8gr9-h9xp-popen": ("uuid", "_popen"),
    "CVE-2026-56315-GHSA-g38g-8gr9-h9xp-aix": ("_aix_support", "_read_cmd_output"),
    "CVE-2026-56315-GHSA-g38g-8gr9-h9xp-osx": ("_osx_support", "_find_build_tool"),
    "CVE-2026-56315-GHSA-g38g-8gr9-h9xp-imaplib": ("imaplib", "IMAP4_stream"),
    "CVE-2026-56315-GHSA-g38g-8gr9-h9xp-pager": ("_pyrepl.pager", "pipe_pager"),
    "CVE-2026-56315-GHSA-g38g-8gr9-h9xp-support": ("test.support.script_helper", "assert_python_ok"),
}
"""Advisory of picklescan: the callable it missed."""

STILL_SUSPICIOUS = {
    "picklescan-66-import-module": ("importlib", "import_module"),
    "picklescan-66-source-loader": ("importlib.machinery", "SourceFileLoader"),
    "picklescan-66-getattr-static": ("inspect", "getattr_static"),
    "picklescan-66-marshal": ("marshal", "loads"),
    "picklescan-66-distutils": ("distutils.spawn", "spawn"),
    "picklescan-66-codecs-open": ("codecs", "open"),
    "picklescan-66-pathlib-write": ("pathlib", "Path.write_text"),
    "picklescan-66-pathlib-unlink": ("pathlib", "PosixPath.unlink"),
    "picklescan-66-posixsubprocess": ("_posixsubprocess", "fork_exec"),
    "picklescan-66-bootsubprocess": ("_bootsubprocess", "Popen"),
    "picklescan-66-winapi": ("_winapi", "CreateProcess"),
    "picklescan-74-vars": ("builtins", "vars"),
    "picklescan-74-getitem": ("operator", "getitem"),
    "picklescan-74-open-code": ("io", "open_code"),
    "picklescan-74-linecache": ("linecache", "getlines"),
}
"""Public write-ups: only "suspicious" in picklescan 1.0.5, so not an error by default."""

FICKLING = {
    "GHSA-r7v6-mfhq-g3m2": ("pty", "spawn"),
    "GHSA-565g-hwwr-4pp3": ("marshal", "loads"),
    "GHSA-565g-hwwr-4pp3-types": ("types", "FunctionType"),
    "GHSA-wfq2-52f7-7qvj": ("runpy", "run_path"),
    "GHSA-p523-jq9w-64x9": ("cProfile", "run"),
    "GHSA-q5qq-mvfm-j35x-ctypes": ("ctypes", "CDLL"),
    "GHSA-q5qq-mvfm-j35x-importlib": ("importlib", "import_module"),
    "GHSA-q5qq-mvfm-j35x-code": ("code", "InteractiveInterpreter"),
    "GHSA-q5qq-mvfm-j35x-multiprocessing": ("multiprocessing.util", "spawnv_passfds"),
    "GHSA-5hvc-6wx8-mvv4": ("pydoc", "pipepager"),
    "GHSA-h4rm-mm56-xf63": ("builtins", "breakpoint"),
    "GHSA-mhc9-48gj-9gp3": ("shelve", "open"),
    "GHSA-5hwf-rc88-82xm": ("_aix_support", "_read_cmd_output"),
    "GHSA-r48f-3986-4f9c-linecache": ("linecache", "updatecache"),
    "GHSA-r48f-3986-4f9c-difflib": ("difflib", "SequenceMatcher"),
    "GHSA-r48f-3986-4f9c-gc": ("gc", "get_objects"),
    "GHSA-5cxw-w2xg-2m8h": ("platform", "_syscmd_file"),
    "GHSA-m6fh-58r7-x697-posixsubprocess": ("_posixsubprocess", "fork_exec"),
    "GHSA-m6fh-58r7-x697-site": ("site", "addsitedir"),
    "GHSA-m6fh-58r7-x697-atexit": ("atexit", "register"),
    "GHSA-pc6j-px3p-rrj4-doctest": ("doctest", "debug_script"),
    "GHSA-pc6j-px3p-rrj4-test": ("test.support", "run_doctest"),
    "GHSA-pc6j-px3p-rrj4-unittest": ("unittest.mock", "_importer"),
    "GHSA-6ggj-6f2q-f7mx-interpreters": ("_interpreters", "run_string"),
    "GHSA-6ggj-6f2q-f7mx-xxsubinterpreters": ("_xxsubinterpreters", "run_string"),
    "GHSA-6ggj-6f2q-f7mx-private": ("_ssl", "RAND_status"),
}
"""Advisory of fickling: the callable its lists missed."""

ALL = PICKLESCAN | STILL_SUSPICIOUS | FICKLING

SPELLINGS = {
    "GLOBAL": lambda module, name: asm.pickle(asm.reduce(asm.glob(module, name), asm.text("true")), protocol=4),
    "STACK_GLOBAL": lambda module, name: asm.pickle(
        asm.reduce(asm.stack_glob(module, name), asm.text("true")), protocol=4
    ),
    "INST": lambda module, name: asm.pickle(asm.inst(module, name, asm.string("true")), protocol=4),
    "OBJ": lambda module, name: asm.pickle(asm.obj(asm.glob(module, name), asm.string("true")), protocol=4),
    "popped": lambda module, name: asm.pickle(
        asm.reduce(asm.stack_glob(module, name), asm.text("true")), asm.POP, b"N", protocol=4
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(("module", "name"), ALL.values(), ids=ALL.keys())
def test_missed_callable(module: str, name: str, spelling: str) -> None:
    facts = inspect_bytes(inspect_pickle, SPELLINGS[spelling](module, name), "model.bin")
    [entry] = facts.globals
    assert (entry.module, entry.name, entry.use, entry.arguments) == (module, name, Use.CALLED, "'true'")
    judged = load_globals().judge(module, name)
    assert judged.level in (Level.DENY, Level.UNKNOWN)


INDIRECT = {("_operator", "attrgetter"), ("operator", "getitem")}


@pytest.mark.parametrize(("module", "name"), ALL.values(), ids=ALL.keys())
def test_missed_callable_is_known_by_now(module: str, name: str) -> None:
    judged = load_globals().judge(module, name)
    assert judged.level is Level.DENY
    assert judged.grade is (Grade.INDIRECT if (module, name) in INDIRECT else Grade.EXECUTE)


NEIGHBOURS = [
    ("asyncio.base_events", "BaseEventLoop.run_in_executor"),
    ("os.path", "os.system"),
    ("subprocess", "Popen.communicate"),
    ("multiprocessing.popen_fork", "Popen"),
    ("torch.serialization", "os.system"),
    ("torch.hub.os", "system"),
    ("collections", "abc.sys.modules"),
    ("collections.abc", "sys"),
    ("numpy", "core._internal.ctypes"),
    ("torch.storage", "io.open"),
    ("datetime", "sys.modules"),
    ("transformers.utils.hub", "os.system"),
    ("sklearn.externals.joblib", "load"),
    ("__main__.os", "system"),
    ("", "system"),
    ("builtins", ""),
    ("builtins.eval", "__call__"),
    ("torch.nn.modules.linear", "Linear.__init__.__globals__"),
    ("torch.nn", "os.system"),
    ("_some_private_thing", "f"),
    ("Os", "system"),
    ("\uff4fs", "system"),
    ("os ", "system"),
    ("posix\0", "system"),
]
"""Names around the advisories: submodules, dotted names, modules reached through other modules, look-alikes."""


@pytest.mark.parametrize(("module", "name"), NEIGHBOURS)
def test_neighbours_are_not_harmless(module: str, name: str) -> None:
    assert load_globals().judge(module, name).level in (Level.DENY, Level.UNKNOWN)
