"""Facts about Python source. What they weigh is tested with the checks."""

from __future__ import annotations

import ast
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, notes, only
from trustaudit.filefacts import Coverage, Observation
from trustaudit.formats.interface import Limits
from trustaudit.formats.python_code.inspector import inspect_python


def told(source: str | bytes, kind: str) -> list[Observation]:
    data = source.encode() if isinstance(source, str) else source
    return notes(inspect(inspect_python, data, "m.py"), f"python-{kind}")


def what(source: str, kind: str = "process") -> list[str]:
    return [note.get("what") for note in told(source, kind)]


def test_hash_imports_and_places() -> None:
    source = b"from .configuration_x import C\nfrom . import parts\nfrom ..up import z\nimport os.path, torch\n"
    facts = inspect(inspect_python, source, "m.py")
    assert only(facts, "python-source").get("sha256") == hashlib.sha256(source).hexdigest()
    siblings = [(n.get("module"), n.get("level"), n.line) for n in notes(facts, "python-relative-import")]
    assert siblings == [("configuration_x", "1", 1), ("parts", "1", 2), ("up", "2", 3)]
    assert only(facts, "python-imports").get("modules") == "os torch"
    assert (facts.format, facts.coverage) == ("python", Coverage.COMPLETE)


@pytest.mark.parametrize(
    "call",
    [
        "import subprocess as s\ns.run('x')",
        "from subprocess import run as r\nr('x')",
        "import subprocess\na = subprocess\nb = a.run\nc = b\nc('x')",
        "__import__('subprocess').run('x')",
        "from importlib import import_module as i\ni('sub' + 'process').run('x')",
        "import subprocess\ngetattr(subprocess, 'r' + 'un')('x')",
        "import subprocess\nvars(subprocess)['run']('x')",
        "import subprocess\nsubprocess.__dict__['run']('x')",
        "import sys\nsys.modules['subprocess'].run('x')",
        "import subprocess\n(f := subprocess.run)('x')",
        "import subprocess\n{'a': subprocess.run}['a']('x')",
        "import subprocess\n[subprocess.run][0]('x')",
        "import subprocess\ndef get():\n    return subprocess\nget().run('x')",
        "import subprocess\nclass A:\n    go = subprocess.run\nA.go('x')",
        "import subprocess\nfor f in [subprocess.run]:\n    f('x')",
        "import subprocess, functools\nfunctools.partial(subprocess.run, 'x')()",
        "import subprocess, operator\noperator.attrgetter('run')(subprocess)('x')",
        "import subprocess, operator\noperator.methodcaller('run', 'x')(subprocess)",
    ],
)
def test_names_are_followed(call: str) -> None:
    assert set(what(call)) == {"subprocess.run"}


@pytest.mark.parametrize(
    ("source", "phase"),
    [
        ("import os\nos.system('x')", "import"),
        ("import os\ndef f():\n    os.system('x')", "call"),
        ("import os\ndef f():\n    os.system('x')\nf()", "import"),
        ("import os\nclass A:\n    def __init__(self):\n        os.system('x')", "load"),
        (
            "import os\nclass A:\n    def __init__(self):\n        self.go()\n    def go(self):\n        os.system('x')",
            "load",
        ),
        ("import os\nif __name__ == '__main__':\n    os.system('x')", "main"),
        ("import os\nif '__main__' == __name__:\n    pass\nelse:\n    os.system('x')", "import"),
        ("import os\n__name__ = '__main__'\nif __name__ == '__main__':\n    os.system('x')", "import"),
    ],
)
def test_when_code_runs(source: str, phase: str) -> None:
    assert [note.get("phase") for note in told(source, "process")] == [phase]


@pytest.mark.parametrize(
    "source",
    [
        "model.eval()\nre.compile('x')\ntorch.compile(model)",
        "def eval(x):\n    return x\neval('1')",
        "class A:\n    def compile(self):\n        pass\nA().compile()",
        "'''exec(x)'''",
        "text = 'os.system(1)'",
        "import os\nos.path.join('a', 'b')\nos.makedirs('x', exist_ok=True)",
    ],
)
def test_what_only_looks_alike(source: str) -> None:
    assert not kinds(inspect(inspect_python, source.encode(), "m.py")) & {
        "python-process",
        "python-execute",
        "python-flow",
    }


def test_text_is_folded() -> None:
    (note,) = told(
        "import os\nbase = 'ec'\ncommand = '%s ' % (base + 'ho') + ''.join(['a', 'b'])\nos.system(command)\n", "process"
    )
    assert note.get("text") == "echo ab"
    assert told("import os\ndef go(c):\n    os.system(c)\ngo('true')\n", "process")[0].get("text") == "true"


def test_encodings() -> None:
    assert what("\ufeffimport os\nos.system('x')\n") == ["os.system"]
    assert (
        only(inspect(inspect_python, b"# coding: rot13\nx = 1\n", "m.py"), "python-encoding").get("encoding") == "rot13"
    )
    assert "python-encoding" not in kinds(inspect(inspect_python, b"# -*- coding: latin-1 -*-\nx = '\xe4'\n", "m.py"))
    utf7 = "# coding: utf-7\nimport os\nos.system('x')\n".encode("utf-7")
    assert told(utf7, "process") or told(utf7, "encoding")


@pytest.mark.parametrize(
    "broken",
    [
        b"def f(:\n    pass\nimport os\nos.system('x')\n",
        b"print 'old'\nimport os\nos.system('x')\n",
        b"import os\nos.system('x')\nclass A\n",
        b"import os\0\nos.system('x')\n",
        b"import os\nos.system('x')\n" + b"(" * 100_000,
        b"import os\nos.system('x')\nx = " + b"-" * 100_000 + b"1\n",
    ],
)
def test_a_broken_line_hides_nothing(broken: bytes) -> None:
    assert told(broken, "process")


def test_limits_are_named() -> None:
    facts = inspect(inspect_python, b"a;" * 200_000, "m.py")
    assert (facts.coverage, facts.limits) == (Coverage.PARTIAL, ("python-tokens",))
    long = inspect(inspect_python, b"x = 1\n" * 200_000, "m.py")
    assert "text-bytes" in long.limits


def test_a_flood_of_harmless_facts_pushes_nothing_out() -> None:
    flood = "".join(f"from .m{n} import x\nimport m{n}\n" for n in range(3000))
    source = f"{flood}import os\nos.system('x')\n".encode()
    facts = inspect(inspect_python, source, "m.py", Limits(observations=300))
    assert notes(facts, "python-process")


@pytest.mark.parametrize("depth", [50, 2_000, 20_000])
@pytest.mark.parametrize(
    "shape",
    [
        "'1' + '+1' * {n}",
        "'a' + '.b' * {n}",
        "'f' + '()' * {n}",
        "'if x:\\n pass\\n' + 'elif x:\\n pass\\n' * {n}",
        "'a=' * {n} + '1'",
        "'not ' * {n} + '1'",
    ],
)
def test_depth_is_no_matter(shape: str, depth: int) -> None:
    source = str(ast.literal_eval(shape.format(n=depth))) if "*" not in shape else _built(shape, depth)
    inspect(inspect_python, source.encode(), "m.py")


def _built(shape: str, depth: int) -> str:
    """``'a' + 'b' * n + 'c'`` without evaluating anything."""
    parts = (part.strip() for part in shape.split(" + "))
    return "".join(_times(part.replace("{n}", str(depth))) for part in parts)


def _times(part: str) -> str:
    text, _, count = part.partition(" * ")
    return str(ast.literal_eval(text)) * int(count or 1)


def test_aliases_without_end() -> None:
    chain = "import os\na0 = os.system\n" + "".join(f"a{n + 1} = a{n}\n" for n in range(500)) + "a500('x')\n"
    assert what(chain) == ["os.system"]
    backwards = "import os\n" + "".join(f"a{n} = a{n + 1}\n" for n in range(200)) + "a200 = os.system\na0('x')\n"
    assert told(backwards, "process") or [n for n in told(backwards, "obfuscation") if n.get("what") == "alias-chain"]
    inspect(inspect_python, b"x = y\ny = x\nx = f(y)\nx()\n", "m.py")


_WORDS = st.sampled_from(
    [
        "import os\n",
        "x",
        "=",
        "(",
        ")",
        "[",
        "]",
        "exec",
        "os",
        ".system",
        "'a'",
        "+",
        "def f():\n",
        " ",
        "\n",
        "    ",
        "lambda:",
        "getattr",
        ",",
        "f",
        "{",
        "}",
        "if x:\n",
        "for x in y:\n",
        "return ",
        "class A:\n",
        "self",
        "\0",
        "\u202e",
        "'" * 3,
        "#",
        ";",
        "@",
        "*",
        "**",
        "await ",
        "yield ",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=60).map("".join))
def test_any_words(text: str) -> None:
    assert_total(inspect_python, text.encode("utf-8", "surrogatepass"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert_total(inspect_python, data)


@pytest.mark.parametrize(
    "source",
    [
        "from setuptools import setup\nsetup(name='x', install_requires=['torch', 'wanted>=1'])\n",
        "import setuptools as s\nR = ['torch']\nR2 = R + ['wanted']\ns.setup(install_requires=R2)\n",
        "from setuptools import setup\nsetup(extras_require={'all': 'torch wanted'.split()})\n",
        "from setuptools import setup\nsetup(install_requires='torch\\nwanted\\n')\n",
        "from setuptools import setup\nO = {'name': 'x', 'setup_requires': list(('torch', 'wanted'))}\nsetup(**O)\n",
        "from setuptools import setup\nD = {'a': ['torch', 'wanted']}\nsetup(install_requires=[d for d in D['a']])\n",
    ],
)
def test_what_a_setup_file_asks_for(source: str) -> None:
    facts = inspect(inspect_python, source.encode(), "setup.py")
    assert {"torch", "wanted"} <= {note.get("name") for note in notes(facts, "dependency")}
    assert notes(inspect(inspect_python, source.encode(), "modeling.py"), "dependency") == []


def test_a_setup_file_that_reads_its_list() -> None:
    source = b"from setuptools import setup\nsetup(name='x', install_requires=open('r.txt').read().splitlines())\n"
    assert notes(inspect(inspect_python, source, "setup.py"), "dependency") == []


@pytest.mark.parametrize(
    ("base", "phase"),
    [
        ("from setuptools.command.install import install as I\nclass A(I):", "import"),
        ("import setuptools\nclass A(setuptools.Command):", "import"),
        ("class A(Thing):", "call"),
    ],
)
def test_commands_of_an_installation_run_with_it(base: str, phase: str) -> None:
    (note,) = told(f"import os\n{base}\n    def run(self):\n        os.system('x')\n", "process")
    assert note.get("phase") == phase
