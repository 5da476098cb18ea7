import base64
import random

import pytest

from tests.inspected import found, model, severities

BLOB = base64.b64encode(random.Random(7).randbytes(3000)).decode()  # noqa: S311 - any bytes will do
HIDING = {
    "spelled": "import os\ngetattr(os, 'sys' + 'tem')('true')\n",
    "walk": "x = ().__class__.__base__.__subclasses__()\n",
    "globals": "y = print.__class__.__init__.__globals__\n",
    "direction": "access = 'user'\nif access != 'none\u202e \u2066':\n    pass\n",
    "tags": "x = 1  # \U000e0041\U000e0042\U000e0043\n",
    "alike": "lI1lI1 = 1\nIlIlIl = 2\nI1I1Il = 3\nprint(lI1lI1, IlIlIl, I1I1Il)\n",
    "coded": "_0xab12 = 1\n_0xab13 = 2\n_0xab14 = 3\n_0xab15 = 4\n_0xab16 = 5\n_0xab17 = 6\n",
    "alphabets": "p\u0430ssword = 1\n",
    "cyrillic": "def \u0435\u0445\u0435\u0441(x): pass\n",
    "put together": "run = getattr(__builtins__, 'ex' + 'ec', None)\nrun('x')\n",
    "styled": "\U0001d626\U0001d637\U0001d622\U0001d62d('1')\n",
    "protector": "from pyarmor_runtime_000000 import __pyarmor__\n__pyarmor__(__name__, __file__, b'x')\n",
    "far right": "x = 1;" + " " * 200 + "y = 2\n",
    "encoding": "# coding: rot13\nx = 1\n",
}


@pytest.mark.parametrize("source", HIDING.values(), ids=HIDING)
def test_tricks(source: str) -> None:
    assert severities("code-obfuscated", model(source))[0] == "high"


@pytest.mark.parametrize(
    ("source", "severity"),
    [(f"code = '{BLOB}'\n", "low"), (";".join(f"a{n} = {n}" for n in range(30)) + "\n", "medium")],
)
def test_mere_oddities(source: str, severity: str) -> None:
    assert severities("code-obfuscated", model(source)) == [severity]


@pytest.mark.parametrize(
    "source",
    [
        "# complexity O(N\u00b2), K\u2081\u1d40\nx = 1\n",
        "\u03b1 = 0.5\n\u03b2 = 1 - \u03b1\n",
        "def f(cls):\n    return cls.__subclasses__()\n",
        "import torch\nname = 'gelu'\nact = getattr(torch.nn.functional, name)\n",
        "x = {\n" + "".join(f"    'layer.{n}.weight': 'model.{n}',\n" for n in range(3000)) + "}\n",
        f"text = '{'word ' * 2000}'\n",
        "# -*- coding: utf-8 -*-\nO, l = 1, 2\n",
        "i = 1; j = 2; k = 3\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-obfuscated", model(source)) == []
