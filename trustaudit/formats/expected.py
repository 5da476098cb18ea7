"""What a name promises about the bytes, and which other contents honest files of that name have."""

from __future__ import annotations

import re

from trustaudit.formats.magic import IMAGES, MEDIA, TEXTS

_ALWAYS = frozenset({"empty", "lfs-pointer"})
"""Said by other facts than a mismatch."""

_PICKLE_FAMILY = frozenset({"pickle", "zip", "npy"})
_COMPRESSED = frozenset({"gzip", "zlib", "bzip2", "xz", "lzma", "lz4", "joblib-zf"})
_TEXT_DATA = TEXTS - {"html", "script"}
_CODE = TEXTS - {"html"}
_ANY_BINARY = frozenset({"unknown"})
_RAW = _ANY_BINARY | {"fasttext", "sentencepiece", "ggml", "gguf", "safetensors", "onnx", "tflite", "tensorrt", "rknn"}
_RAW |= {"raw-data", "tensorflow"}

_PROMISES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("safetensors", ".safetensors", frozenset({"safetensors"})),
    ("gguf", ".gguf", frozenset({"gguf"})),
    ("onnx", ".onnx", frozenset({"onnx"})),
    ("ort", ".ort", frozenset({"ort", "onnx"})),
    ("tensorflow", ".pb", frozenset({"tensorflow", "onnx", "sentencepiece", "raw-data", "text"}) | _ANY_BINARY),
    ("coreml", ".mlmodel", frozenset({"coreml", "text"})),
    ("paddle-program", ".pdmodel", frozenset({"paddle-program"})),
    ("msgpack", ".msgpack", frozenset({"msgpack"})),
    ("torch7", ".t7", _PICKLE_FAMILY | {"torch7"}),
    ("r-data", ".rds .rda .rdata", frozenset({"r-data", "gzip", "bzip2", "xz"})),
    ("catboost", ".cbm", frozenset({"catboost", "json"})),
    ("pmml", ".pmml", TEXTS | {"gzip"}),
    ("office", ".doc .xls .ppt", TEXTS | {"ole", "zip", "rtf"}),
    ("hdf5", ".h5 .hdf5", frozenset({"hdf5"})),
    ("keras", ".keras", frozenset({"zip", "hdf5"})),
    ("tflite", ".tflite", frozenset({"tflite"})),
    ("executorch", ".pte", frozenset({"executorch"})),
    ("npy", ".npy", frozenset({"npy"})),
    ("zip", ".npz .zip .mar .skops .pt2 .whl .jar .egg .docx .xlsx .pptx .epub", frozenset({"zip"})),
    ("torch", ".pt .pth .th .ptl", _PICKLE_FAMILY | {"tar", "hdf5", "safetensors"}),
    (
        "checkpoint",
        ".ckpt .model",
        _PICKLE_FAMILY | _COMPRESSED | _RAW | _TEXT_DATA | {"tar", "hdf5", "xgboost", "xgboost-ubj"},
    ),
    (
        "weights",
        ".bin .dat .data .weights .params",
        _PICKLE_FAMILY | _RAW | _TEXT_DATA | {"hdf5", "xgboost", "xgboost-ubj", "catboost"},
    ),
    ("pickle", ".pkl .pickle .pk .p .dill .joblib .sav .pdparams .pdopt", _PICKLE_FAMILY | _COMPRESSED | {"tar"}),
    ("tar", ".tar .nemo", frozenset({"tar", "gzip", "bzip2", "xz"})),
    ("gzip", ".gz .tgz", frozenset({"gzip"})),
    ("bzip2", ".bz2 .tbz2", frozenset({"bzip2"})),
    ("xz", ".xz .txz", frozenset({"xz"})),
    ("7z", ".7z", frozenset({"7z"})),
    ("rar", ".rar", frozenset({"rar"})),
    ("zstd", ".zst", frozenset({"zstd"})),
    ("json", ".json .jsonl .ipynb .webmanifest", _TEXT_DATA),
    ("text", ".txt .md .rst .csv .tsv .yaml .yml .toml .cfg .ini .log .jinja .jinja2 .j2 .vocab .bpe .merges", TEXTS),
    ("code", ".py .sh .bash .js .c .cpp .h .cu .r .lua .rb .pl .bat .ps1 .cmd", _CODE),
    ("code", ".ts", _CODE | {"zip"}),  # TypeScript, or TorchScript as in every MONAI bundle
    ("web", ".html .htm .xml .svg .css .xhtml", TEXTS),
    ("image", ".png .jpg .jpeg .gif .webp .bmp .ico .tif .tiff .avif .heic", IMAGES),
    ("media", ".wav .mp3 .flac .ogg .mp4 .mov .avi .mkv .webm .m4a .opus", MEDIA | _ANY_BINARY),
    ("pdf", ".pdf", frozenset({"pdf"})),
    ("parquet", ".parquet", frozenset({"parquet"})),
    ("arrow", ".arrow .feather", frozenset({"arrow", "feather", "unknown"})),
)
_BY_SUFFIX = {suffix: (name, fine) for name, suffixes, fine in _PROMISES for suffix in suffixes.split()}
_UNPICKLED = frozenset({"torch", "checkpoint", "weights", "pickle"})
_CALLED_TAR = (".pth.tar", ".pt.tar")
"""What PyTorch's own examples call a checkpoint of ``torch.save``: it was a tar before 0.1.10, and the name stayed."""

_BY_NAME = {"license": "text", "readme": "text", ".gitattributes": "text", ".gitignore": "text"}

_HINTS = {
    "saved_model.pb": "tensorflow",
    "keras_metadata.pb": "tensorflow",
    ".pb": "tensorflow",
    ".meta": "tensorflow",
    ".onnx": "onnx",
    ".mlmodel": "coreml",
    ".pdmodel": "paddle-program",
    ".msgpack": "msgpack",
    ".t7": "torch7",
    ".rds": "r-data",
    ".engine": "tensorrt",
    ".plan": "tensorrt",
    ".trt": "tensorrt",
}
_RAW_NAMES = re.compile(
    r".*\.data-\d{5}-of-\d{5}|(?:variables|.*\.ckpt(?:-\d+)?)\.index|.*\.onnx[._]data(?:[._]\d+)?|.*\.pdiparams"
    r"|openvino_.*\.bin|events\.out\.tfevents\..*|.*\.tfrecord(?:-\d{5}-of-\d{5})?|fingerprint\.pb"
)
_CORE_ML_WEIGHTS = re.compile(r"(?:.*/)?[^/]+\.mlpackage/data/.*/weights/[^/]+\.bin")
_PROTOBUF = frozenset({"tensorflow", "onnx", "coreml", "paddle-program"})


def expected_formats(path: str, found: str) -> str:
    """What the name promises, when ``found`` breaks the promise; else empty."""
    name, suffix = _parts(path)
    if found == "apple-double" and name.startswith("._"):
        return ""  # what macOS puts beside any file on a disk of another system: Finder flags under the file's name
    promise, fine = _BY_SUFFIX.get(suffix, ("", frozenset[str]()))
    if not promise and name in _BY_NAME:
        promise, fine = _BY_NAME[name], TEXTS
    return promise if promise and found not in fine and found not in _ALWAYS else ""


def promises_pickle(path: str) -> bool:
    """Whether loaders of files with such a name may unpickle them, whatever the bytes look like."""
    return _BY_SUFFIX.get(_parts(path)[1], ("", frozenset[str]()))[0] in _UNPICKLED


def gets_unpickled(path: str) -> bool:
    """Whether such a name has no other use than to be unpickled."""
    return _BY_SUFFIX.get(_parts(path)[1], ("", frozenset[str]()))[0] in ("torch", "pickle")


def promises_code(path: str) -> bool:
    """Whether a file of that name is source code by its own account."""
    return _BY_SUFFIX.get(_parts(path)[1], ("", frozenset[str]()))[0] == "code"


def hinted_format(path: str, head: bytes) -> str:
    """The format of that name, for formats that have no signature; empty when the bytes cannot be it."""
    if is_raw_data(path):
        return "raw-data"
    name, suffix = _parts(path)
    hint = _HINTS.get(name) or _HINTS.get(suffix, "")
    if hint in _PROTOBUF and not _starts_protobuf(head):
        return ""
    return hint


def is_raw_data(path: str) -> bool:
    """Whether the loader of files of that name copies their bytes into tensors or records and does nothing else."""
    member = path.rpartition("!")[2].lower()
    return bool(_RAW_NAMES.fullmatch(member.rpartition("/")[2]) or _CORE_ML_WEIGHTS.fullmatch(member))


def _starts_protobuf(head: bytes) -> bool:
    """A tag of a low field number with a wire type that exists."""
    return bool(head) and 1 <= head[0] >> 3 <= 15 and head[0] & 7 in (0, 1, 2, 5)  # noqa: PLR2004 - one-byte tags


def _parts(path: str) -> tuple[str, str]:
    """(name, suffix with its dot), both in lower case; of a member, those of the member."""
    name = path.rpartition("!")[2].rpartition("/")[2].lower()
    if name.endswith(_CALLED_TAR):
        return name, ".pth"
    dot = name.rfind(".")
    return name, name[dot:] if dot > 0 else ""
