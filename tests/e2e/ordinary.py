"""Forty-odd well-known repositories by their real ids and layouts; contents are small, honest and of the named format."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable

from fixtures.example_hub import files as made
from tests.formats import writers_containers as w
from tests.formats import writers_flatbuffer as flat
from tests.formats import writers_gguf as gguf
from tests.formats import writers_objects as objects
from tests.formats import writers_onnx as onnx
from tests.formats import writers_tensorflow as tensorflow
from tests.formats.pickle import assemble as a
from tests.formats.writers_hdf5 import H5, fixed_text, hard
from tests.formats.writers_protobuf import blob, number

_TEXT_MODEL = (
    "README.md config.json generation_config.json tokenizer.json tokenizer_config.json special_tokens_map.json"
)
_BERT = "README.md config.json tokenizer.json tokenizer_config.json vocab.txt model.safetensors pytorch_model.bin"
_LLAMA = f"{_TEXT_MODEL} model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json"
_PIPELINE = "README.md model_index.json scheduler/scheduler_config.json tokenizer/merges.txt tokenizer/vocab.json"
_SENTENCES = (
    f"{_BERT} modules.json config_sentence_transformers.json sentence_bert_config.json 1_Pooling/config.json"
    " data_config.json onnx/model.onnx onnx/model_O1.onnx onnx/model_qint8_avx512.onnx openvino/openvino_model.xml"
    " openvino/openvino_model.bin rust_model.ot tf_model.h5 train_script.py"
)
_SPACY = (
    "README.md LICENSE LICENSES_SOURCES accuracy.json config.cfg meta.json tokenizer en_core_web_sm-any-py3-none-any.whl"
    " ner/cfg ner/model ner/moves parser/cfg parser/model parser/moves senter/cfg senter/model tagger/cfg tagger/model"
    " tok2vec/cfg tok2vec/model attribute_ruler/patterns lemmatizer/lookups/lookups.bin vocab/key2row vocab/lookups.bin"
    " vocab/strings.json vocab/vectors vocab/vectors.cfg"
)
_PACKAGE = "Data/com.apple.CoreML/model.mlmodel Data/com.apple.CoreML/weights/weight.bin Manifest.json"


def _packaged(name: str) -> str:
    return " ".join(f"{name}.mlpackage/{path}" for path in _PACKAGE.split())


ORDINARY: dict[str, tuple[str, str]] = {
    "google-bert/bert-base-uncased": (
        "transformers",
        f"{_BERT} LICENSE .gitattributes flax_model.msgpack model.onnx rust_model.ot tf_model.h5 "
        + _packaged("coreml/fill-mask/float32_model"),
    ),
    "openai-community/gpt2": (
        "transformers",
        (
            f"{_TEXT_MODEL} .gitattributes 64-8bits.tflite 64-fp16.tflite 64.tflite flax_model.msgpack merges.txt"
            " model.safetensors onnx/config.json onnx/decoder_model.onnx onnx/decoder_model_merged.onnx pytorch_model.bin"
            " rust_model.ot tf_model.h5 vocab.json"
        ),
    ),
    "meta-llama/Llama-3.1-8B-Instruct": (
        "transformers",
        f"{_LLAMA} LICENSE USE_POLICY.md original/consolidated.00.pth original/params.json original/tokenizer.model",
    ),
    "mistralai/Mistral-7B-Instruct-v0.3": (
        "transformers",
        f"{_LLAMA} consolidated.safetensors params.json tokenizer.model tokenizer.model.v3",
    ),
    "Qwen/Qwen2.5-7B-Instruct": ("transformers", f"{_LLAMA} LICENSE merges.txt vocab.json"),
    "google/gemma-2-9b-it": ("transformers", f"{_LLAMA} tokenizer.model"),
    "google-t5/t5-small": (
        "transformers",
        (
            f"{_TEXT_MODEL} flax_model.msgpack model.safetensors onnx/decoder_model.onnx onnx/encoder_model.onnx"
            " pytorch_model.bin rust_model.ot spiece.model tf_model.h5"
        ),
    ),
    "facebook/bart-large-mnli": ("transformers", f"{_BERT} flax_model.msgpack merges.txt rust_model.ot vocab.json"),
    "distilbert/distilbert-base-uncased-finetuned-sst-2-english": (
        "transformers",
        f"{_BERT} map.jpeg onnx/model.onnx onnx/added_tokens.json rust_model.ot tf_model.h5",
    ),
    "openai/clip-vit-base-patch32": (
        "transformers",
        f"{_TEXT_MODEL} flax_model.msgpack merges.txt preprocessor_config.json pytorch_model.bin tf_model.h5 vocab.json",
    ),
    "google/vit-base-patch16-224": (
        "transformers",
        "README.md config.json flax_model.msgpack model.safetensors preprocessor_config.json pytorch_model.bin tf_model.h5",
    ),
    "facebook/wav2vec2-base-960h": (
        "transformers",
        (
            "README.md config.json feature_extractor_config.json model.safetensors preprocessor_config.json pytorch_model.bin"
            " special_tokens_map.json tf_model.h5 tokenizer_config.json vocab.json"
        ),
    ),
    "FacebookAI/xlm-roberta-base": (
        "transformers",
        (
            f"{_TEXT_MODEL} flax_model.msgpack model.safetensors onnx/model.onnx onnx/model.onnx_data"
            " onnx/sentencepiece.bpe.model pytorch_model.bin sentencepiece.bpe.model tf_model.h5"
        ),
    ),
    "ProsusAI/finbert": ("transformers", f"{_BERT} flax_model.msgpack tf_model.h5 training_args.bin"),
    "stable-diffusion-v1-5/stable-diffusion-v1-5": (
        "diffusers",
        (
            f"{_PIPELINE} feature_extractor/preprocessor_config.json safety_checker/config.json"
            " safety_checker/model.safetensors safety_checker/pytorch_model.bin text_encoder/config.json"
            " text_encoder/model.safetensors text_encoder/pytorch_model.bin unet/config.json v1-inference.yaml"
            " unet/diffusion_pytorch_model.bin unet/diffusion_pytorch_model.fp16.safetensors vae/config.json"
            " unet/diffusion_pytorch_model.safetensors v1-5-pruned-emaonly.ckpt v1-5-pruned.safetensors"
            " vae/diffusion_pytorch_model.safetensors"
        ),
    ),
    "stabilityai/stable-diffusion-xl-base-1.0": (
        "diffusers",
        (
            f"{_PIPELINE} 01.png LICENSE.md comparison.png sd_xl_base_1.0.safetensors text_encoder/flax_model.msgpack"
            " text_encoder/model.onnx text_encoder/model.safetensors text_encoder/openvino_model.bin"
            " text_encoder/openvino_model.xml text_encoder_2/model.onnx_data unet/diffusion_flax_model.msgpack"
            " unet/model.onnx unet/model.onnx_data unet/openvino_model.bin unet/openvino_model.xml vae/config.json"
        ),
    ),
    "black-forest-labs/FLUX.1-schnell": (
        "diffusers",
        (
            f"{_PIPELINE} ae.safetensors flux1-schnell.safetensors schnell_grid.jpeg text_encoder_2/config.json"
            " text_encoder_2/model-00001-of-00002.safetensors text_encoder_2/model.safetensors.index.json"
            " tokenizer_2/spiece.model tokenizer_2/tokenizer.json transformer/config.json"
            " transformer/diffusion_pytorch_model-00001-of-00003.safetensors"
        ),
    ),
    "stabilityai/sd-vae-ft-mse": (
        "diffusers",
        "README.md config.json diffusion_pytorch_model.bin diffusion_pytorch_model.safetensors",
    ),
    "lllyasviel/control_v11p_sd15_canny": (
        "diffusers",
        (
            "README.md config.json control_net_canny.py diffusion_pytorch_model.bin diffusion_pytorch_model.safetensors"
            " images/control.png images/input.png images/output.png"
        ),
    ),
    "sentence-transformers/all-MiniLM-L6-v2": ("sentence-transformers", _SENTENCES),
    "BAAI/bge-small-en-v1.5": ("sentence-transformers", _SENTENCES.replace(" train_script.py", "")),
    "intfloat/multilingual-e5-base": (
        "sentence-transformers",
        (
            f"{_BERT} modules.json sentence_bert_config.json 1_Pooling/config.json onnx/model.onnx onnx/model.onnx_data"
            " onnx/sentencepiece.bpe.model sentencepiece.bpe.model"
        ),
    ),
    "timm/resnet50.a1_in1k": ("timm", "README.md config.json model.safetensors pytorch_model.bin"),
    "timm/vit_base_patch16_clip_224.openai": (
        "timm",
        (
            "README.md config.json merges.txt model.safetensors open_clip_config.json open_clip_model.safetensors"
            " open_clip_pytorch_model.bin pytorch_model.bin tokenizer.json tokenizer_config.json vocab.json"
        ),
    ),
    "spacy/en_core_web_sm": ("spacy", _SPACY),
    "openai/whisper-large-v3": (
        "transformers",
        (
            f"{_TEXT_MODEL} added_tokens.json flax_model.msgpack merges.txt model.fp32-00001-of-00002.safetensors"
            " model.safetensors model.safetensors.index.fp32.json normalizer.json preprocessor_config.json"
            " pytorch_model.bin pytorch_model.bin.index.fp32.json vocab.json"
        ),
    ),
    "Systran/faster-whisper-small": ("ctranslate2", "README.md config.json model.bin tokenizer.json vocabulary.txt"),
    "ggerganov/whisper.cpp": (
        "whisper.cpp",
        "README.md ggml-base.bin ggml-base.en.bin ggml-base-q5_1.bin ggml-tiny.bin ggml-base-encoder.mlmodelc.zip",
    ),
    "latent-consistency/lcm-lora-sdv1-5": ("diffusers", "README.md pytorch_lora_weights.safetensors"),
    "predibase/customer_support": (
        "peft",
        "README.md adapter_config.json adapter_model.safetensors training_args.bin tokenizer_config.json",
    ),
    "tloen/alpaca-lora-7b": ("peft", "README.md adapter_config.json adapter_model.bin"),
    "TheBloke/Llama-2-7B-Chat-GGUF": (
        "transformers",
        "README.md LICENSE.txt Notice USE_POLICY.md config.json llama-2-7b-chat.Q2_K.gguf llama-2-7b-chat.Q4_K_M.gguf",
    ),
    "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF": (
        "gguf",
        (
            "README.md Meta-Llama-3.1-8B-Instruct-IQ2_M.gguf Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf"
            " Meta-Llama-3.1-8B-Instruct.imatrix"
        ),
    ),
    "unsloth/Qwen3-8B-GGUF": (
        "transformers",
        "README.md config.json params template Qwen3-8B-Q4_K_M.gguf Qwen3-8B-UD-Q2_K_XL.gguf imatrix_unsloth.dat",
    ),
    "Xenova/all-MiniLM-L6-v2": (
        "transformers.js",
        (
            f"{_TEXT_MODEL} onnx/model.onnx onnx/model_fp16.onnx onnx/model_q4.onnx onnx/model_quantized.onnx"
            " quantize_config.json vocab.txt"
        ),
    ),
    "microsoft/Phi-3-mini-4k-instruct-onnx": (
        "onnxruntime",
        (
            "README.md LICENSE cpu_and_mobile/cpu-int4-rtn-block-32/genai_config.json"
            " cpu_and_mobile/cpu-int4-rtn-block-32/phi3-mini-4k-instruct-cpu-int4-rtn-block-32.onnx"
            " cpu_and_mobile/cpu-int4-rtn-block-32/phi3-mini-4k-instruct-cpu-int4-rtn-block-32.onnx.data"
            " cpu_and_mobile/cpu-int4-rtn-block-32/tokenizer.json cpu_and_mobile/cpu-int4-rtn-block-32/tokenizer.model"
        ),
    ),
    "OpenVINO/Phi-3-mini-4k-instruct-int4-ov": (
        "openvino",
        (
            "README.md config.json openvino_model.xml openvino_model.bin openvino_tokenizer.xml openvino_tokenizer.bin"
            " openvino_detokenizer.xml openvino_detokenizer.bin tokenizer.json tokenizer_config.json"
        ),
    ),
    "qualcomm/MobileNet-v2": (
        "pytorch",
        "README.md DEPLOYMENT_MODEL_LICENSE.pdf MobileNet-v2.onnx MobileNet-v2.tflite",
    ),
    "litert-community/Gemma3-1B-IT": (
        "litert-lm",
        "README.md .gitattributes gemma3-1b-it-int4.tflite notebook.ipynb tokenizer.model",
    ),
    "apple/coreml-depth-anything-v2-small": (
        "coreml",
        "README.md LICENSE depthanything_v2.png " + _packaged("DepthAnythingV2SmallF16"),
    ),
    "keras-io/timeseries-anomaly-detection": (
        "keras",
        (
            "README.md keras_metadata.pb saved_model.pb fingerprint.pb model.png variables/variables.index"
            " variables/variables.data-00000-of-00001"
        ),
    ),
    "google/efficientnet-b0-keras": (
        "keras-hub",
        "README.md config.json metadata.json model.weights.h5 preprocessor.json task.json task.weights.h5",
    ),
    "PaddlePaddle/PP-OCRv5_server_det": (
        "PaddleOCR",
        "README.md config.json inference.json inference.pdiparams inference.yml",
    ),
    "facebook/fasttext-language-identification": ("fasttext", "README.md model.bin"),
    "speechbrain/spkrec-ecapa-voxceleb": (
        "speechbrain",
        (
            "README.md classifier.ckpt config.json embedding_model.ckpt example1.wav hyperparams.yaml label_encoder.txt"
            " mean_var_norm_emb.ckpt"
        ),
    ),
    "google/bert_uncased_L-2_H-128_A-2": (
        "transformers",
        f"{_BERT} bert_model.ckpt.data-00000-of-00001 bert_model.ckpt.index bert_config.json",
    ),
}
"""Repository id: (library, files)."""

TENSORS = w.torch_zip(w.state_dict(3))
_JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(200)
_PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
_NOISE = struct.pack("<4000f", *(0.01 * (n % 97) - 0.5 for n in range(4000)))
_WORDS = "\n".join(["[PAD]", "[UNK]", "the", *(f"##word{n}" for n in range(3000))]).encode()
_TEMPLATE = "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] }}{% endfor %}"


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _document(**fields: object) -> bytes:
    return json.dumps(fields, indent=2).encode()


def _hdf5() -> bytes:
    h5 = H5(2)
    weights = h5.header((6, hard("kernel:0", h5.dataset((4, 4)))), (6, hard("bias:0", h5.dataset())))
    return h5.build(h5.header((12, fixed_text("backend", b"tensorflow")), (6, hard("dense_1", weights))))


def _coreml() -> bytes:
    stored = blob(1, "const") + blob(5, blob(1, "val") + blob(2, blob(5, blob(1, "@model_path/weights/weight.bin"))))
    block = blob(3, stored) + blob(3, blob(1, "conv"))
    function = blob(1, "main") + blob(2, blob(3, blob(1, "CoreML6") + blob(2, block)))
    return number(1, 6) + blob(2, blob(100, blob(1, "A model"))) + blob(502, number(1, 1) + blob(2, function))


def _openvino(*layers: str) -> bytes:
    body = "".join(f'<layer id="{n}" name="l{n}" {layer}/>' for n, layer in enumerate(layers))
    return f'<?xml version="1.0"?><net name="Model0" version="11"><layers>{body}</layers></net>'.encode()


def _onnx_with_data(name: str) -> bytes:
    return onnx.model(onnx.graph([onnx.node("MatMul")], [onnx.external(name, 0, 1024)]))


def _training_arguments() -> bytes:
    arguments = a.newobj(a.glob("transformers.training_args", "TrainingArguments"))
    return w.torch_zip(a.pickle(a.build(arguments, a.dict_of(seed=a.integer(42)))))


def _index(name: str, shards: list[str]) -> bytes:
    part = ".bin" if ".bin." in name else ".safetensors"
    chosen = [shard for shard in shards if shard.endswith(part)]
    return _document(metadata={"total_size": 8192}, weight_map={f"layer.{n}.weight": s for n, s in enumerate(chosen)})


_NAMED: dict[str, Callable[[], bytes]] = {
    "config.json": lambda: _document(model_type="bert", architectures=["BertModel"], hidden_size=384, vocab_size=30522),
    "config.cfg": lambda: (
        b'[nlp]\nlang = "en"\npipeline = ["tok2vec"]\n[nlp.tokenizer]\n@tokenizers = "spacy.Tokenizer.v1"\n'
    ),
    ".gitattributes": lambda: b"*.bin filter=lfs diff=lfs merge=lfs -text\n",
    "vectors.cfg": lambda: _document(mode="default"),
    "tokenizer.json": lambda: _document(version="1.0", model={"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}),
    "tokenizer_config.json": lambda: _document(tokenizer_class="PreTrainedTokenizerFast", chat_template=_TEMPLATE),
    "model_index.json": lambda: _document(_class_name="StableDiffusionPipeline", vae=["diffusers", "AutoencoderKL"]),
    "modules.json": lambda: json.dumps(
        [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]
    ).encode(),
    "adapter_config.json": lambda: _document(peft_type="LORA", base_model_name_or_path="huggyllama/llama-7b", r=16),
    "training_args.bin": _training_arguments,
    "saved_model.pb": tensorflow.honest,
    "keras_metadata.pb": lambda: blob(1, tensorflow.keras_object({"class_name": "Dense", "config": {"name": "dense"}})),
    "openvino_model.xml": lambda: _openvino('type="Parameter" version="opset1"', 'type="MatMul" version="opset1"'),
    "openvino_tokenizer.xml": lambda: _openvino(
        'type="Parameter" version="opset1"',
        'type="StringTensorUnpack" version="extension"',
        'type="RegexSplit" version="extension"',
        'type="BPETokenizer" version="extension"',
        'type="CombineSegments" version="extension"',
    ),
    "openvino_detokenizer.xml": lambda: _openvino(
        'type="VocabDecoder" version="extension"', 'type="StringTensorPack" version="extension"'
    ),
    "weight.bin": lambda: struct.pack("<II", 3, 2) + bytes(56) + b"\xef\xbe\xad\xde" + bytes(60) + _NOISE,
    "hyperparams.yaml": lambda: (
        b"sample_rate: 16000\nembedding_model: !new:speechbrain.lobes.models.ECAPA_TDNN.ECAPA_TDNN\n"
        b"    input_size: 80\nmodules:\n    embedding_model: !ref <embedding_model>\n"
        b"pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer\n"
    ),
    "inference.json": lambda: _document(base_code={"magic": "pir", "trainable": True, "version": 1}, program={}),
    "vocab/key2row": lambda: objects.packed({"key": 1}),
    "control_net_canny.py": lambda: b"import torch\nfrom diffusers import ControlNetModel\n\nprint(ControlNetModel)\n",
    "train_script.py": lambda: b"import torch\nfrom transformers import AutoModel\n\nmodel = AutoModel\n",
    "notebook.ipynb": lambda: _document(
        cells=[{"cell_type": "code", "source": ["!pip install ai-edge-litert\n"], "outputs": [], "metadata": {}}],
        metadata={},
        nbformat=4,
        nbformat_minor=5,
    ),
    "model.bin": lambda: struct.pack("<IH", 6, 11) + b"WhisperSpec\0" + _NOISE,
    "ggml-base-encoder.mlmodelc.zip": lambda: _zipped(
        {"ggml-base-encoder.mlmodelc/model.mil": b"program(1.0)\n{\n}\n"}
    ),
    "en_core_web_sm-any-py3-none-any.whl": lambda: _zipped(
        {
            "en_core_web_sm/__init__.py": b"from spacy.util import load_model_from_init_py\n",
            "en_core_web_sm-3.7.1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: en_core_web_sm\n",
            "en_core_web_sm-3.7.1.dist-info/WHEEL": b"Wheel-Version: 1.0\n",
        }
    ),
}

_SUFFIXED: dict[str, Callable[[], bytes]] = {
    ".safetensors": made.safetensors,
    ".bin": lambda: TENSORS,
    ".pth": lambda: TENSORS,
    ".ckpt": lambda: TENSORS,
    ".gguf": gguf.honest,
    ".onnx": onnx.honest,
    ".tflite": lambda: flat.tflite([]),
    ".msgpack": objects.flax,
    ".h5": _hdf5,
    ".mlmodel": _coreml,
    ".ot": lambda: _NOISE,
    ".png": lambda: _PNG,
    ".jpeg": lambda: _JPEG,
    ".wav": lambda: b"RIFF" + struct.pack("<I", 236) + b"WAVEfmt " + bytes(228),
    ".pdf": lambda: b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n",
    ".model": lambda: b"\x0a\x0e\x0a\x05<unk>\x15\x00\x00\x00\x00\x18\x02" * 200,
    ".v3": lambda: b"\x0a\x0e\x0a\x05<unk>\x15\x00\x00\x00\x00\x18\x02" * 200,
    ".txt": lambda: _WORDS,
    ".json": lambda: _document(a=1, b=[1, 2]),
    ".md": lambda: b"# A document\n",
    ".yaml": lambda: b"model:\n  base_learning_rate: 1.0e-04\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n",
    ".yml": lambda: b"Global:\n  model_name: PP-OCRv5_server_det\n",
    ".imatrix": lambda: struct.pack("<I", 224) + _NOISE,
    ".dat": lambda: struct.pack("<I", 224) + _NOISE,
}


def contents(paths: str) -> dict[str, bytes]:
    """What each file of a layout holds."""
    names = paths.split()
    return {path: _content(path, names) for path in names if path != "README.md"}


def _content(path: str, names: list[str]) -> bytes:
    folder, _, name = path.rpartition("/")
    if name.endswith((".index.json", ".index.fp32.json")):
        return _index(name, [other.rpartition("/")[2] for other in names if other.startswith(folder)])
    data = next((f"{name}{end}" for end in ("_data", ".data") if f"{path}{end}" in names), "")
    if name.endswith(".onnx") and data:
        return _onnx_with_data(data)
    if name.startswith("ggml-") and name.endswith(".bin"):
        return b"lmgg" + _NOISE
    if "openvino_" in name and name.endswith(".bin"):
        return _NOISE
    if name in _NAMED:
        return _NAMED[name]()
    suffix = name[name.rfind(".") :] if "." in name else ""
    return _SUFFIXED.get(suffix, lambda: _NOISE if suffix else b"A text.\n")()
