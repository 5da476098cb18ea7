import pytest

from tests.inspected import found, model, severities

CPP_KERNELS = """from torch.utils import cpp_extension
import pathlib, subprocess
def version(cuda):
    return subprocess.check_output([cuda + "/bin/nvcc", "-V"], universal_newlines=True)
raw = version(cpp_extension.CUDA_HOME)
build = pathlib.Path(__file__).parent.absolute() / "build"
def load(name, sources):
    return cpp_extension.load(name=name, sources=sources, build_directory=build, extra_cflags=["-O3"])
kernels = load("cache", ["./cache.cpp", "./cache_kernel.cu"])
"""


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("import ctypes, os\nlib = ctypes.CDLL(os.path.join(os.path.dirname(__file__), 'k.so'))\n", "high"),
        ("import torch\ntorch.ops.load_library('./ops.so')\n", "high"),
        ("import ctypes\ndef f(path):\n    return ctypes.cdll.LoadLibrary(path)\n", "medium"),
        (CPP_KERNELS, "medium"),
    ],
)
def test_native_code(source: str, severity: str) -> None:
    assert severities("code-native-library", model(source))[0] == severity


def test_kernels_built_by_an_honest_model_are_no_alarm() -> None:
    """The shape of Qwen 1: the compiler is asked for its version, then builds what lies beside it."""
    assert severities("code-process", model(CPP_KERNELS)) == ["low"]
    assert found("code-download-execute", model(CPP_KERNELS)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import ctypes\nlibc = ctypes.CDLL('libc.so.6')\n",
        "import ctypes\ncuda = ctypes.CDLL('libcudart.so.12')\n",
        "from ctypes import c_void_p\nx = c_void_p(0)\n",
        "import triton\n@triton.jit\ndef k(x):\n    pass\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-native-library", model(source)) == []
