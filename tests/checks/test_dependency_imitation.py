import pytest

from tests.inspected import found, model, repository, severities


@pytest.mark.parametrize(
    "name",
    ["transfomers", "tranformers==4.0", "torchvison", "reqests", "nunpy", "huggingface-cli", "torchtriton", "c0lorama"],
)
def test_imitations(name: str) -> None:
    assert severities("dependency-imitation", repository({"requirements.txt": name + "\n"})) == ["high"]


@pytest.mark.parametrize("name", ["huggingface-transformers", "torch-vision", "python-transformers"])
def test_names_that_people_make_up(name: str) -> None:
    assert severities("dependency-imitation", repository({"requirements.txt": name + "\n"})) == ["medium"]


ORDINARY = """
torch>=2
transformers==4.40
sentence_transformers
scikit_learn
opencv-python-headless
flash-attn
Pillow
einops
pytorch-transformers
open_clip_torch
bs4
basicsr
acme-models-of-our-lab
asteroid
fairseq2
cupy-cuda112
exllamav3
nvidia-cuda-runtime-cu13
"""


def test_ordinary_names() -> None:
    assert found("dependency-imitation", repository({"requirements.txt": ORDINARY})) == []


def test_in_cards_and_in_code() -> None:
    assert severities("dependency-imitation", repository({"README.md": "pip install transfomers\n"})) == ["high"]
    assert severities("dependency-imitation", model("import os\nos.system('pip install transfomers')\n")) == ["high"]


def test_a_name_that_goes_on_in_the_next_line() -> None:
    joined = repository({"requirements.txt": "torch\ntransfo\\\r\nmers==4\n"})
    (finding,) = found("dependency-imitation", joined)
    assert finding.location.line == 2
    setup = "from setuptools import setup\nsetup(install_requires=['transfomers'])\n"
    assert severities("dependency-imitation", repository({"setup.py": setup})) == ["high"]
