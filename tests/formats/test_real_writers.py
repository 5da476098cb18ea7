"""Files from the libraries themselves: every layout is understood to its end and none raises an alarm.

Skipped where the library is not installed; no dependency of this project brings them in.
"""

from __future__ import annotations

import functools
import io
import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.formats.inspecting import inspect, kinds
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.formats.dispatch import inspect_file

pytestmark = [pytest.mark.interop, pytest.mark.filterwarnings("ignore")]

FACTS = {"pickle-opcodes", "config-target", "compressed", "skops-type", "npy-object-array", "archive-code-member"}
SEEN = (Coverage.COMPLETE, Coverage.STRUCTURE)


def look(path: Path) -> FileFacts:
    return inspect(inspect_file, path.read_bytes(), path.name)


def quiet(facts: FileFacts) -> bool:
    told = {kind for kind in kinds(facts) if not kind.startswith("python-")}  # facts about source text
    return facts.coverage in SEEN and not facts.reason and told <= FACTS


def names(facts: FileFacts) -> set[str]:
    return {entry.qualified for entry in facts.globals}


def torch() -> Any:  # noqa: ANN401 - a library without types here
    return pytest.importorskip("torch")


def weights() -> dict[str, Any]:
    lib = torch()
    kinds_of_tensor = (lib.float32, lib.float16, lib.bfloat16, lib.int64, lib.bool, lib.uint8)
    tensors = {f"{dtype}": lib.ones(7, 5).to(dtype) for dtype in kinds_of_tensor}
    return {
        **tensors,
        "shared": tensors["torch.float32"].T,
        "empty": lib.empty(0),
        "step": 3,
        "sparse": lib.eye(4).to_sparse(),
    }


@pytest.mark.parametrize(("zipped", "layout"), [(True, "torch-zip"), (False, "torch-legacy")])
def test_torch_save(tmp_path: Path, zipped: bool, layout: str) -> None:
    path = tmp_path / "model.pt"
    torch().save(weights(), path, _use_new_zipfile_serialization=zipped)
    facts = look(path)
    assert quiet(facts), facts
    assert facts.format == layout
    assert {"torch._utils._rebuild_tensor_v2", "torch.FloatStorage", "torch.BFloat16Storage"} <= names(facts)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("zipped", [True, False])
def test_torch_save_of_a_module_and_an_optimizer(tmp_path: Path, protocol: int, zipped: bool) -> None:
    lib = torch()
    module = lib.nn.Sequential(lib.nn.Conv2d(3, 4, 3), lib.nn.BatchNorm2d(4), lib.nn.ReLU())
    optimizer = lib.optim.AdamW(module.parameters())
    module(lib.ones(1, 3, 8, 8)).sum().backward()
    optimizer.step()
    path = tmp_path / "checkpoint.ckpt"
    content = {"model": module, "optimizer": optimizer.state_dict()}
    lib.save(content, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    facts = look(path)
    assert quiet(facts), facts
    assert "torch.nn.modules.conv.Conv2d" in names(facts)


def test_torch_save_without_checksums(tmp_path: Path) -> None:
    lib = torch()
    before = lib.serialization.get_crc32_options()
    lib.serialization.set_crc32_options(False)
    try:
        lib.save(weights(), tmp_path / "model.pt")
    finally:
        lib.serialization.set_crc32_options(before)
    assert quiet(look(tmp_path / "model.pt"))


def test_torchscript(tmp_path: Path) -> None:
    lib = torch()
    path = tmp_path / "model.pt"
    lib.jit.save(
        lib.jit.script(lib.nn.Sequential(lib.nn.Linear(4, 4), lib.nn.Dropout())), path, _extra_files={"note.txt": b"x"}
    )
    facts = look(path)
    assert quiet(facts), facts
    assert facts.format == "torchscript"
    assert "archive-code-member" not in kinds(facts)


def test_a_torch_package(tmp_path: Path) -> None:
    path = tmp_path / "package.pt"
    with torch().package.PackageExporter(path) as exporter:
        exporter.save_source_string("models.tiny", "x = 1\n")
        exporter.save_pickle("data", "weights.pkl", {"a": 1})
    facts = look(path)
    assert quiet(facts), facts
    assert facts.format == "torch-package"


def test_an_exported_program(tmp_path: Path) -> None:
    lib = torch()
    path = tmp_path / "model.pt2"
    lib.export.save(lib.export.export(lib.nn.Linear(4, 4), (lib.ones(1, 4),)), path)
    facts = look(path)
    assert quiet(facts), facts
    assert facts.format == "pt2"


def arrays() -> dict[str, Any]:
    np = pytest.importorskip("numpy")
    return {
        "floats": np.arange(12.0).reshape(3, 4).T,
        "text": np.array(["a", "bcd"]),
        "records": np.zeros(3, dtype=[("a", "<i4"), ("b", "<f8", (2,))]),
        "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
        "scalar": np.float32(1.5),
        "empty": np.zeros((0, 3)),
    }


def test_numpy_arrays(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    for name, array in arrays().items():
        np.save(tmp_path / f"{name}.npy", array)
        assert quiet(look(tmp_path / f"{name}.npy")), name
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "all.npz", **arrays())
        facts = look(tmp_path / "all.npz")
        assert quiet(facts), facts
        assert facts.format == "npz"


def test_numpy_objects(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    objects = np.array([{1: 2}, "x", None], dtype=object)
    np.save(tmp_path / "o.npy", objects)
    np.savez_compressed(tmp_path / "o.npz", objects=objects, plain=np.zeros(3))
    for name in ("o.npy", "o.npz"):
        facts = look(tmp_path / name)
        assert quiet(facts), facts
        assert {"numpy._core.multiarray._reconstruct", "numpy.core.multiarray._reconstruct"} & names(facts)


def content() -> dict[str, Any]:
    np = pytest.importorskip("numpy")
    return {
        **arrays(),
        "objects": np.array([{1: 2}, "x"], dtype=object),
        "long": np.random.default_rng(0).random(50_000),
    }


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3), ("lz4", 3)])
def test_joblib(tmp_path: Path, compress: Any) -> None:  # noqa: ANN401 - as joblib takes it
    joblib = pytest.importorskip("joblib")
    if compress and compress[0] == "lz4":
        pytest.importorskip("lz4")
    joblib.dump(content(), tmp_path / "model.joblib", compress=compress)
    facts = look(tmp_path / "model.joblib")
    assert quiet(facts), facts
    assert facts.format == "joblib"


def estimators() -> list[Any]:
    pytest.importorskip("sklearn")
    from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier  # noqa: PLC0415 - optional
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - optional
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - optional
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415 - optional
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415 - optional
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415 - optional

    rows = [[float(i % 7), float(i % 5), float(i % 3)] for i in range(60)]
    labels = [i % 2 for i in range(60)]
    numeric = [
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(5),
        GradientBoostingClassifier(n_estimators=5),
        HistGradientBoostingClassifier(max_iter=5),
        KNeighborsClassifier(),
    ]
    return [*(model.fit(rows, labels) for model in numeric), TfidfVectorizer().fit(["a model", "of words"])]


@pytest.mark.parametrize("way", ["pickle", "joblib", "skops", "cloudpickle", "dill"])
def test_estimators(tmp_path: Path, way: str) -> None:
    library: Any = pytest.importorskip({"skops": "skops.io"}.get(way, way))
    for index, model in enumerate(estimators()):
        path = tmp_path / f"{index}.{way}"
        if way in ("joblib", "skops"):
            library.dump(model, path)
        else:
            path.write_bytes(library.dumps(model))
        facts = look(path)
        assert quiet(facts), (model, facts)


def test_functions_by_value(tmp_path: Path) -> None:
    for way in ("cloudpickle", "dill"):
        library: Any = pytest.importorskip(way)
        path = tmp_path / f"f.{way}"
        path.write_bytes(library.dumps(functools.partial(lambda x, y: x + y, 1)))
        facts = look(path)
        assert facts.coverage in SEEN
        assert any(entry.module and entry.module.startswith(way) for entry in facts.globals)


def test_a_tensor_in_a_plain_pickle(tmp_path: Path) -> None:
    path = tmp_path / "agent.pkl"
    path.write_bytes(pickle.dumps({"weights": torch().ones(3)}))
    facts = look(path)
    assert facts.coverage in SEEN
    assert "torch.storage._load_from_bytes" in names(facts)


def test_a_checkpoint_inside_a_pickle(tmp_path: Path) -> None:
    blob = io.BytesIO()
    torch().save(weights(), blob)
    path = tmp_path / "agent.pkl"
    path.write_bytes(pickle.dumps({"blob": blob.getvalue()}))
    facts = look(path)
    assert facts.coverage in SEEN
    assert kinds(facts) <= FACTS | {"embedded-zip"}
