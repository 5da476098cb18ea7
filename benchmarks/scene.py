"""A repository as people publish them: a 1 GB checkpoint, custom code, a chat template, a GGUF.

Nothing of the gigabyte exists: the archive is described by its few written stretches, the
tensors between them are zeros that are made when somebody reads them. The custom code and the
pickle hold one inert hostile sample each, so that a report can be checked for completeness.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tests.loopback import Blob, LoopbackHub

REPO = "quiet-reader/encoder-large"
CHECKPOINT = "pytorch_model.bin"
TENSORS = 391
CHECKPOINT_BYTES = 2**30
VOCABULARY = 4_000
"""Words of the GGUF. All are read, because the chat template stands behind them: about 14 bytes each."""

HOSTILE_CALL = b"cposix\nsystem\n(X\x04\x00\x00\x00trueq\xfetR0"
"""Names ``posix.system`` and a harmless constant; never loaded here."""

_ALIGN = 64
_STEP = 2**24
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_DATE = 0x5A21


@dataclass(frozen=True, slots=True)
class _Part:
    """A stored member: its bytes, or that many zeros."""

    name: str
    data: bytes = b""
    zeros: int = 0

    @property
    def size(self) -> int:
        return len(self.data) or self.zeros


def state_dict(shapes: list[tuple[str, int]], *, call: bytes = b"") -> bytes:
    """``data.pkl`` as torch.save writes it, one float tensor per (name, elements), ``call`` in front."""
    parts = [b"\x80\x02", call, b"ccollections\nOrderedDict\nq\x00)Rq\x01("]
    parts += [_tensor(number, name, elements) for number, (name, elements) in enumerate(shapes)]
    return b"".join([*parts, b"u."])


def _tensor(number: int, name: str, elements: int) -> bytes:
    key = str(number)
    storage = b"((" + _text("storage") + b"ctorch\nFloatStorage\n" + _text(key) + _text("cpu") + _int(elements) + b"tQ"
    layout = b"K\x00" + _int(elements) + b"\x85K\x01\x85\x89h\x00)R"
    return _text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n" + storage + layout + b"tR"


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def _int(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def checkpoint(size: int = CHECKPOINT_BYTES, *, call: bytes = HOSTILE_CALL) -> Blob:
    """A torch zip of about ``size`` bytes that takes no memory."""
    elements = size // TENSORS // 4
    names = [f"encoder.layer.{number // 16}.part.{number % 16}.weight" for number in range(TENSORS)]
    pickle = state_dict([(name, elements) for name in names], call=call)
    return _zip(
        [
            _Part("encoder/data.pkl", pickle),
            _Part("encoder/byteorder", b"little"),
            *(_Part(f"encoder/data/{number}", zeros=elements * 4) for number in range(TENSORS)),
            _Part("encoder/version", b"3\n"),
            _Part("encoder/.data/serialization_id", b"0" * 40),
        ]
    )


def _zip(parts: list[_Part]) -> Blob:
    segments: dict[int, bytes] = {}
    directory: list[bytes] = []
    at = 0
    for part in parts:
        name, crc = part.name.encode(), zlib.crc32(part.data) if part.data else _crc_of_zeros(part.zeros)
        extra = _padding(at + _LOCAL.size + len(name))
        common = (0, 0, 0, _DATE, crc, part.size, part.size, len(name), len(extra))
        head = _LOCAL.pack(b"PK\x03\x04", 20, *common) + name + extra
        segments[at] = head + part.data
        directory.append(_CENTRAL.pack(b"PK\x01\x02", 20, 20, *common[:-1], 0, 0, 0, 0, 0, at) + name)
        at += len(head) + part.size
    listing = b"".join(directory)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(parts), len(parts), len(listing), at, 0)
    return Blob(segments=segments, size=at + len(listing) + len(end), suffix=listing + end)


def _padding(at: int) -> bytes:
    """The extra field with which torch aligns a member's data."""
    length = (-(at + 4)) % _ALIGN
    return b"FB" + struct.pack("<H", length) + b"Z" * length


@lru_cache
def _crc_of_zeros(count: int) -> int:
    crc, step = 0, bytes(_STEP)
    for done in range(0, count, _STEP):
        crc = zlib.crc32(step[: min(_STEP, count - done)], crc)
    return crc


def gguf(vocabulary: int = VOCABULARY, tensors: int = 291) -> Blob:
    """Metadata as llama.cpp's converter writes it, the template behind the vocabulary; weights of zeros."""
    each = 4096 * 32
    pairs = [
        _pair("general.architecture", 8, _string("llama")),
        _pair("general.alignment", 4, struct.pack("<I", 32)),
        _pair("tokenizer.ggml.model", 8, _string("llama")),
        _pair("tokenizer.ggml.tokens", 9, _strings(f"word{n}" for n in range(vocabulary))),
        _pair("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, vocabulary) + bytes(4 * vocabulary)),
        _pair("tokenizer.ggml.token_type", 9, struct.pack("<IQ", 5, vocabulary) + b"\1\0\0\0" * vocabulary),
        _pair("tokenizer.chat_template", 8, _string(TEMPLATE)),
    ]
    table = [
        _string(f"blk.{n // 9}.part{n % 9}.weight") + struct.pack("<IQIQ", 1, each // 4, 0, n * each)
        for n in range(tensors)
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, tensors, len(pairs)) + b"".join(pairs + table)
    return Blob(head, size=-(-len(head) // 32) * 32 + tensors * each)


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _strings(words: Iterable[str]) -> bytes:
    found = [_string(word) for word in words]
    return struct.pack("<IQ", 8, len(found)) + b"".join(found)


def _pair(key: str, kind: int, value: bytes) -> bytes:
    return _string(key) + struct.pack("<I", kind) + value


TEMPLATE = """{%- for message in messages %}
{{- '<|' + message['role'] + '|>\\n' + message['content'] | trim + '<|end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>\\n' }}{%- endif %}
"""

CONFIG = {
    "architectures": ["EncoderModel"],
    "auto_map": {"AutoConfig": "configuration_encoder.EncoderConfig", "AutoModel": "modeling_encoder.EncoderModel"},
    "model_type": "encoder",
    "hidden_size": 1024,
    "num_hidden_layers": 24,
}

CONFIGURATION = '''"""Configuration of the encoder."""

from transformers import PretrainedConfig


class EncoderConfig(PretrainedConfig):
    """Sizes."""

    model_type = "encoder"
'''

MODELING = '''"""The encoder."""

import os

import torch
from torch import nn
from transformers import PreTrainedModel

from .configuration_encoder import EncoderConfig

os.system("true")


class EncoderModel(PreTrainedModel):
    """Layers and a head."""

    config_class = EncoderConfig

    def __init__(self, config):
        super().__init__(config)
        self.layers = nn.ModuleList(nn.Linear(config.hidden_size, config.hidden_size) for _ in range(24))

''' + "\n".join(
    f"    def part_{number}(self, hidden):\n        return torch.relu(self.layers[{number}](hidden))\n"
    for number in range(24)
)


def files(vocabulary: int = VOCABULARY) -> dict[str, str | Blob]:
    """The repository's content by path."""
    words = {f"word{number}": number for number in range(2_000)}
    return {
        "config.json": json.dumps(CONFIG, indent=2),
        "configuration_encoder.py": CONFIGURATION,
        "modeling_encoder.py": MODELING,
        "tokenizer_config.json": json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}),
        "chat_template.jinja": TEMPLATE,
        "tokenizer.json": json.dumps({"version": "1.0", "model": {"type": "WordLevel", "vocab": words}}),
        "requirements.txt": "torch>=2.6\ntransformers>=4.50\n",
        CHECKPOINT: checkpoint(),
        "encoder-q4.gguf": gguf(vocabulary),
    }


def populate(hub: LoopbackHub, content: dict[str, str | Blob]) -> None:
    """Publish the repository."""
    hub.organization(REPO.partition("/")[0], created="2021-01-01", followers=300)
    card = {"license": "apache-2.0", "library_name": "transformers"}
    hub.model(REPO, files=content, card=card, created="2022-03-01")
