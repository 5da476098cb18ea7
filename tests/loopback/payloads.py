"""Bodies of the info and list answers: what the Hub computes from a repository and its card."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

from .history import Commit, StoredFile, iso
from .keys import DEFAULT
from .repo import Repo

Payload = dict[str, Any]

_LIBRARIES = {
    "safetensors": (".safetensors",),
    "pytorch": (".bin", ".pt", ".pth"),
    "tf": (".h5",),
    "jax": (".msgpack",),
    "onnx": (".onnx",),
    "gguf": (".gguf",),
    "keras": (".keras",),
}
_CONFIG_LIMIT = 2**20
_HEADER_LIMIT = 25_000_000


def info(repo: Repo, commit: Commit, *, blobs: bool, security: bool, expand: list[str]) -> Payload:
    """Body of the info endpoint."""
    known = facts(repo, commit, blobs=blobs)
    wanted = ["_id", "id", *expand] if expand else DEFAULT[repo.kind]
    body = {name: known[name] for name in dict.fromkeys(wanted) if name in known}
    if security and not expand:
        body["securityRepoStatus"] = {"scansDone": repo.scans_done, "filesWithIssues": repo.issues()}
    return body if expand else _overridden(body, repo.info)


def _overridden(body: Payload, overrides: Mapping[str, Any]) -> Payload:
    return {name: value for name, value in {**body, **overrides}.items() if value is not ...}


def listed(repo: Repo, names: Iterable[str]) -> Payload:
    """One item of a list answer."""
    known = facts(repo, repo.head, blobs=False)
    return {name: known[name] for name in dict.fromkeys(names) if name in known}


def facts(repo: Repo, commit: Commit, *, blobs: bool) -> Payload:
    """Everything any info key could ask for; keys that do not apply are absent."""
    card = dict(repo.card or {})
    config = _read_json(commit, "config.json")
    common: Payload = {
        "_id": repo.mongo_id,
        "id": repo.id,
        "modelId": repo.id,
        "author": repo.namespace,
        "sha": commit.sha,
        "private": repo.private,
        "disabled": repo.disabled,
        "gated": repo.gated,
        "lastModified": iso(repo.head.date),
        "createdAt": iso(repo.created),
        "downloads": repo.downloads,
        "downloadsAllTime": repo.downloads_all_time if repo.downloads_all_time is not None else repo.downloads,
        "likes": repo.likes,
        "trendingScore": repo.trending,
        "tags": tags(repo, commit, card, config),
        "siblings": [sibling(file, blobs=blobs) for file in commit.under("")],
        "usedStorage": repo.storage(),
        "xetEnabled": True,
        **({"cardData": card} if repo.card is not None else {}),
        **_KIND_FACTS[repo.kind](repo, commit, card, config),
    }
    return _overridden(common, repo.info)


def _model_facts(_repo: Repo, commit: Commit, card: Payload, config: Payload) -> Payload:
    bases = _as_list(card.get("base_model"))
    auto_map = config.get("auto_map")
    extra: Payload = {
        "model-index": card.get("model-index"),
        "config": _filtered_config(commit, config),
        "spaces": [],
        "childrenModelCount": {"adapter": 0, "merge": 0, "quantized": 0, "finetune": 0},
    }
    for name in ("pipeline_tag", "library_name"):
        if name in card:
            extra[name] = card[name]
    if bases:
        relation = card.get("base_model_relation", "finetune")
        extra["baseModels"] = {"relation": relation, "models": [{"_id": "0" * 24, "id": base} for base in bases]}
    if isinstance(auto_map, dict):
        extra["transformersInfo"] = {"auto_model": "AutoModel", "custom_class": auto_map.get("AutoModel", "")}
    if safetensors := _safetensors(commit):
        extra["safetensors"] = safetensors
    return extra


def _dataset_facts(_repo: Repo, _commit: Commit, card: Payload, _config: Payload) -> Payload:
    return {"citation": card.get("citation", ""), "description": card.get("description", ""), "mainSize": 0}


def _space_facts(repo: Repo, _commit: Commit, card: Payload, _config: Payload) -> Payload:
    subdomain = repo.id.replace("/", "-").lower()
    return {
        "sdk": card.get("sdk", repo.sdk),
        "subdomain": subdomain,
        "host": f"https://{subdomain}.hf.space",
        "region": "us",
        "runtime": {
            "stage": "RUNNING",
            "hardware": {"current": "cpu-basic", "requested": "cpu-basic"},
            "gcTimeout": 172800,
            "replicas": {"current": 1, "requested": 1},
            "devMode": False,
            "domains": [{"domain": f"{subdomain}.hf.space", "stage": "READY"}],
        },
        **{name: _as_list(card[name]) for name in ("models", "datasets") if name in card},
    }


_KIND_FACTS: dict[str, Callable[[Repo, Commit, Payload, Payload], Payload]] = {
    "model": _model_facts,
    "dataset": _dataset_facts,
    "space": _space_facts,
}


def sibling(file: StoredFile, *, blobs: bool) -> Payload:
    """A file as the info answer lists it."""
    entry: Payload = {"rfilename": file.path}
    if blobs:
        entry |= {"size": file.size, "blobId": file.oid}
        if file.is_lfs:
            entry["lfs"] = {"sha256": file.blob.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return entry


def tags(repo: Repo, commit: Commit, card: Payload, config: Payload) -> list[str]:
    """Tags the Hub derives from the files and the card."""
    libraries = [name for name, ends in _LIBRARIES.items() if any(path.endswith(ends) for path in commit.tree)]
    found = [str(card["library_name"])] if "library_name" in card else []
    found += libraries if repo.kind == "model" else []
    found += [repo.sdk] if repo.kind == "space" else []
    found += [str(config["model_type"])] if "model_type" in config else []
    found += [str(tag) for tag in _as_list(card.get("tags"))]
    found += [str(language) for language in _as_list(card.get("language"))]
    found += ["custom_code"] if "auto_map" in config else []
    found += [f"license:{value}" for value in _as_list(card.get("license"))]
    found += [f"base_model:{value}" for value in _as_list(card.get("base_model"))]
    return list(dict.fromkeys([*found, "region:us"]))


def _as_list(value: object) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _read_json(commit: Commit, path: str) -> Payload:
    file = commit.tree.get(path)
    if file is None or file.size > _CONFIG_LIMIT:
        return {}
    try:
        loaded = json.loads(file.blob.read(0, file.size))
    except (ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _filtered_config(commit: Commit, config: Payload) -> Payload:
    kept: Payload = {name: config[name] for name in ("architectures", "model_type", "auto_map") if name in config}
    if "tokenizer_config.json" in commit.tree:
        tokenizer = _read_json(commit, "tokenizer_config.json")
        names = ("bos_token", "eos_token", "pad_token", "unk_token", "chat_template")
        kept["tokenizer_config"] = {name: tokenizer[name] for name in names if name in tokenizer}
    index = _read_json(commit, "model_index.json")
    if "_class_name" in index:
        kept["diffusers"] = {"_class_name": index["_class_name"]}
    return kept


def _safetensors(commit: Commit) -> Payload | None:
    """Parameter counts, where at least one file at the root parses as safetensors."""
    counts: dict[str, int] = {}
    for file in commit.under(""):
        if file.path.endswith(".safetensors") and "/" not in file.path:
            for dtype, number in _parameters(file):
                counts[dtype] = counts.get(dtype, 0) + number
    return {"parameters": counts, "total": sum(counts.values())} if counts else None


def header_of(file: StoredFile) -> Payload:
    """The JSON header of a safetensors file; empty where it does not parse."""
    try:
        length = struct.unpack("<Q", file.blob.read(0, 8))[0]
        header = json.loads(file.blob.read(8, length)) if length <= _HEADER_LIMIT else {}
    except (struct.error, ValueError, RecursionError):
        return {}
    return header if isinstance(header, dict) else {}


def _parameters(file: StoredFile) -> list[tuple[str, int]]:
    tensors = (value for name, value in header_of(file).items() if name != "__metadata__")
    try:
        return [(str(tensor["dtype"]), prod(tensor["shape"])) for tensor in tensors]
    except (KeyError, TypeError):
        return []
