import pytest

from tests.inspected import found, loose, model, severities

HIDDEN = {
    "base64": "import base64\nexec(base64.b64decode('cGFzcw=='))\n",
    "zlib": "exec(__import__('zlib').decompress(__import__('base64').b64decode(b'eA==')))\n",
    "lambda": "(lambda code: exec(code))(__import__('lzma').decompress(b''))\n",
    "marshal": "import marshal, base64, types\ntypes.FunctionType(marshal.loads(base64.b64decode('')), globals())()\n",
    "hexadecimal": "eval(bytes.fromhex('70617373').decode())\n",
    "names": "from base64 import b64decode as d\na = d\nb = a\nx = b('cGFzcw==')\ny = x\nexec(y)\n",
    "rot13": "import codecs\nexec(codecs.decode('cnff', 'rot13'))\n",
    "exclusive or": "data = [1, 2]\nexec(bytes(b ^ 7 for b in data).decode())\n",
    "process": "import base64, os\nos.system(base64.b64decode('dHJ1ZQ==').decode())\n",
    "dropped": (
        "import base64, subprocess\nwith open('/tmp/p.py', 'wb') as f:\n    f.write(base64.b64decode('cGFzcw=='))\n"
        "subprocess.run(['python', '/tmp/p.py'])\n"
    ),
    "library": (
        "import base64, ctypes\nopen('/tmp/k.so', 'wb').write(base64.b64decode('f0VMRg=='))\nctypes.CDLL('/tmp/k.so')\n"
    ),
    "powershell": "import os\nos.system('powershell -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBi')\n",
    "machine code in memory": "import ctypes\nctypes.CFUNCTYPE(ctypes.c_int)(address)()\n",
    "shellcode": "import ctypes\nctypes.windll.kernel32.VirtualAlloc(0, 10, 0x3000, 0x40)\n",
}


@pytest.mark.parametrize("source", HIDDEN.values(), ids=HIDDEN)
def test_what_is_decoded_and_run(source: str) -> None:
    assert severities("code-hidden-payload", model(source))[0] == "critical"
    assert severities("code-hidden-payload", loose(source))[0] == "high"


HARMLESS = {
    "copy": "import ctypes\ndef f(a, b):\n    ctypes.memmove(a, b, 4)\n",
    "picture": "import base64, io\nfrom PIL import Image\ndef load(text):\n    return Image.open(io.BytesIO(base64.b64decode(text)))\n",
    "tokens": "import base64\ndef ranks(lines):\n    return {base64.b64decode(t): int(r) for t, r in (line.split() for line in lines)}\n",
    "kernels": (
        "import base64, bz2, ctypes, os\nfrom cpm_kernels.kernels.base import LazyKernelCModule, KernelFunction\n"
        "code = 'QlpoOTFB'\nkernels = LazyKernelCModule(bz2.decompress(base64.b64decode(code)))\n"
    ),
    "compiled kernels": (
        "import base64, bz2, ctypes, os\ncpu_code = bz2.decompress(base64.b64decode('QlpoOTFB'))\n"
        "class CPUKernel:\n    def __init__(self, kernel_file='', source='kernels.c'):\n"
        "        with open(source, 'wb') as f:\n            f.write(cpu_code)\n"
        "        kernel_file = source[:-2] + '.so'\n"
        "        command = 'gcc -O3 -fPIC -std=c99 {} -shared -o {}'.format(source, kernel_file)\n"
        "        state = os.system(command)\n        self.kernels = ctypes.cdll.LoadLibrary(kernel_file)\n"
    ),
}


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-hidden-payload", model(source)) == []


def test_a_pickle_in_a_literal_is_high() -> None:
    assert severities(
        "code-hidden-payload", model("import base64, pickle\nx = pickle.loads(base64.b64decode('gASVAA=='))\n")
    ) == ["high"]
