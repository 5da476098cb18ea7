import pytest

from tests.inspected import found, loose, model, repository, severities

IMPORTED = {
    "plain": "import os\nos.system('true')\n",
    "alias": "from os import system as run\nrun('true')\n",
    "star": "from os import *\nsystem('true')\n",
    "dunder": "__import__('os').system('true')\n",
    "getattr": "import os\ngetattr(os, 'sy' + 'stem')('true')\n",
    "item": "import sys\nsys.modules['os'].system('true')\n",
    "codes": "__import__(''.join(map(chr, [111, 115]))).system('true')\n",
    "class body": "import subprocess\nclass A:\n    subprocess.run(['true'])\n",
    "default": "import subprocess\ndef f(x=subprocess.run(['true'])):\n    pass\n",
    "decorator": "import subprocess\ndef d(f):\n    subprocess.run(['true'])\n    return f\n@d\ndef g():\n    pass\n",
    "metaclass": "import os\nclass M(type):\n    def __new__(m, *a):\n        os.system('true')\n        return type.__new__(m, *a)\nclass A(metaclass=M):\n    pass\n",
    "subclass hook": "import os\nclass A:\n    def __init_subclass__(cls):\n        os.system('true')\n",
    "called function": "import os\ndef setup():\n    os.system('true')\ndef outer():\n    setup()\nouter()\n",
    "instance": "import os\nclass A:\n    def __init__(self):\n        os.system('true')\nA()\n",
    "thread": "import os, threading\ndef work():\n    os.system('true')\nthreading.Thread(target=work).start()\n",
    "partial": "import functools, os\nf = functools.partial(os.system, 'true')\nf()\n",
    "dispatch": "import os\ntable = {'a': os.system}\ntable['a']('true')\n",
    "called as a decorator": "import os\n@os.system\n@lambda f: 'true'\ndef g():\n    pass\n",
    "code of a decorator": "@exec\n@'import os; os.system(1)'.format\nclass A:\n    pass\n",
    "codes with blanks": f"exec(''.join(map(chr, {[ord(c) for c in 'import os;os.system(1)']})))\n",
    "getattribute": "import os\nobject.__getattribute__(os, 'system')('true')\n",
    "static getattr": "import inspect, os\ninspect.getattr_static(os, 'system')('true')\n",
    "reduced getattr": "import functools\nfunctools.reduce(getattr, ['system'], __import__('os'))('true')\n",
    "module getattr": "import os\ndef __getattr__(name):\n    os.system('true')\n",
    "renamed main": "import os\n__name__ = '__main__'\nif __name__ == '__main__':\n    os.system('true')\n",
    "string": "exec('import os\\nos.system(\"true\")')\n",
    "own nvcc": "import subprocess\nsubprocess.run(['./nvcc', '-V'])\n",
    "tool and more": "import os\nos.system('nvidia-smi; true > x')\n",
}


@pytest.mark.parametrize("source", IMPORTED.values(), ids=IMPORTED)
def test_programs_started_at_import(source: str) -> None:
    assert severities("code-process", model(source))[0] == "critical"


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("import os\nclass M:\n    def __init__(self):\n        os.system('true')\n", "high"),
        ("import os\nclass M:\n    def export(self):\n        os.system('true')\n", "medium"),
        ("import os\nif __name__ == '__main__':\n    os.system('true')\n", "high"),
    ],
)
def test_later_is_less(source: str, severity: str) -> None:
    assert severities("code-process", model(source)) == [severity]


TOOLS = (
    "import subprocess\nprint(subprocess.check_output(['nvidia-smi']))\n",
    "import subprocess\ndef version(cuda):\n    return subprocess.check_output([cuda + '/bin/nvcc', '-V'])\nversion('/usr/local/cuda')\n",
    "import subprocess\nrev = subprocess.check_output(['git', 'rev-parse', 'HEAD'])\n",
)


@pytest.mark.parametrize("source", TOOLS)
def test_tools_that_answer_questions_are_a_note(source: str) -> None:
    assert severities("code-process", model(source)) == ["low"]


@pytest.mark.parametrize(
    "source",
    [
        "import re\npattern = re.compile('x')\n",
        "import torch\nmodel = torch.compile(torch.nn.Linear(1, 1))\n",
        "class A:\n    def system(self):\n        pass\nA().system()\n",
        "def audio(path):\n    import subprocess\n    return subprocess.run(['ffmpeg', '-i', path])\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-process", model(source)) == []


def test_installing_at_import() -> None:
    known = "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'einops'])\n"
    (finding,) = found("code-process", model(known))
    assert (finding.severity, finding.confidence) == ("high", "low")
    for package in ("acme-unheard-of", "--index-url http://a.example einops", "git+https://a.example/x"):
        assert severities("code-process", model(known.replace("einops", package)))[0] == "critical"


def test_files_that_nothing_names_weigh_less() -> None:
    assert severities("code-process", loose("import os\nos.system('true')\n")) == ["low"]
    assert found("code-process", loose("import os\ndef f():\n    os.system('true')\n")) == []


def test_what_the_card_tells_to_start_is_a_program_and_may_do_what_programs_do() -> None:
    files = {
        "train.py": "import subprocess\nsubprocess.run(['accelerate', 'launch'])\n",
        "README.md": "python train.py\n",
    }
    assert severities("code-process", repository(files)) == ["low"]


def test_one_local_file_is_meant_to_be_run() -> None:
    snapshot = repository({"a.py": "import os\nos.system('true')\n"}).model_copy(update={"origin": "local"})
    assert severities("code-process", snapshot) == ["critical"]


def test_files_that_tools_run_weigh_the_same() -> None:
    for name in ("handler.py", "hubconf.py", "setup.py", "pipeline.py", "custom_generate/generate.py"):
        assert severities("code-process", repository({name: "import os\nos.system('true')\n"})) == ["critical"]


def test_what_the_imported_file_does() -> None:
    files = {"modeling_acme.py": "from .parts import x\n", "parts.py": "import os\nos.system('true')\n"}
    snapshot = repository(files, auto_map=(("AutoModel", "modeling_acme.AcmeModel"),))
    (finding,) = found("code-process", snapshot)
    assert (finding.location.path, finding.severity) == ("parts.py", "critical")
    assert "imported by modeling_acme.py" in finding.evidence


def test_what_does_not_parse_is_searched_for_words() -> None:
    (finding, *_) = found("code-process", model("print 'x'; import os; os.system('true')\n"))
    assert (finding.severity, finding.confidence) == ("high", "low")


STARTS = "import os\nos.system('true')\n"


@pytest.mark.parametrize(
    "files",
    [
        {"config.yaml": "_target_: net.Net\n", "net.py": STARTS},
        {"conf/model.yaml": "model:\n  class_path: src.net.Net\n", "src/net.py": STARTS},
        {
            "MLmodel": "flavors:\n  python_function:\n    loader_module: mlflow.pyfunc\n    code: code\n",
            "code/a.py": STARTS,
        },
    ],
)
def test_files_that_a_configuration_names_run(files: dict[str, str]) -> None:
    assert severities("code-process", repository(files)) == ["critical"]


def test_a_sibling_that_is_imported_by_its_name() -> None:
    source = "import importlib\nimportlib.import_module('.helper', __package__)\n"
    assert severities("code-process", model(source, **{"helper.py": STARTS})) == ["critical"]
