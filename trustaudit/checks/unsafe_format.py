"""Model files in a format that can run code

## What it does
Lists files whose format lets them run code while they are loaded: pickles (`.bin`, `.pt`, `.pth`, `.ckpt`,
`.pkl`, joblib …), Keras and HDF5 files with Lambda layers, TensorFlow graphs, NeMo and TorchServe archives and
others. Says whether the same folder also holds weights in a format that cannot (safetensors, GGUF, ONNX …).
What the bytes were seen to be counts more than the name.

## Why it matters
Loading such a file means trusting whoever wrote it, and whoever could replace it. About 45 % of popular models
still ship pickles, so their presence is no alarm: what is **inside** is judged by other rules. This one tells
which files deserve it, and whether you could do without them.

## Example
`pytorch_model.bin` beside `model.safetensors`: the second holds the same weights and cannot run anything.

## How to fix
Load the safe twin (`use_safetensors=True`), and ignore the other files when downloading
(`ignore_patterns=["*.bin", "*.pt"]`). Without a twin, load with `weights_only=True` on PyTorch 2.10 or newer, or
ask the publisher for safetensors.

## References
- https://huggingface.co/docs/hub/security-pickle
- https://pytorch.org/docs/stable/generated/torch.load.html
- https://arxiv.org/abs/2508.15987 (PickleBall: 44.9 % of popular models ship pickles)
- https://nvd.nist.gov/vuln/detail/CVE-2025-32434
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from trustaudit.checks._files import SeenFile, seen_files
from trustaudit.checks._text import counted, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="unsafe-format",
    title="Model files in a format that can run code",
    severity=Severity.LOW,
    category=Category.EXECUTION,
    needs=frozenset({Need.FILES}),
    local=True,
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per format and situation: fifty shards of one checkpoint are one matter."""
    files = seen_files(snapshot)
    raw = {facts.path for facts in snapshot.file_facts if facts.format == "raw-data"}  # nothing without their graph
    safe_folders = {seen.folder for seen in files if seen.kind.is_safe_weights and seen.path not in raw}
    groups: defaultdict[tuple[str, str], list[SeenFile]] = defaultdict(list)
    for seen in files:
        if seen.kind.runs_on_load:
            groups[_situation(seen, safe_folders), seen.label].append(seen)
    for (situation, label), members in sorted(groups.items()):
        yield _finding(situation, label, members)


def _situation(seen: SeenFile, safe_folders: set[str]) -> str:
    if seen.kind is FileKind.TRAINING_STATE:
        return "training"
    if seen.folder in safe_folders:
        return "twin"
    return "elsewhere" if safe_folders else "only"


_MESSAGES = {
    "twin": "can run code when loaded; the same folder holds weights that cannot",
    "elsewhere": "can run code when loaded; other folders hold weights that cannot",
    "only": "can run code when loaded, and there is no safe twin",
    "training": "left over from training, can run code when loaded and is not needed to use the model",
}
_ADVICE = {
    "twin": "load the safe twin (use_safetensors=True) and leave these files out of the download",
    "elsewhere": "load the safe weights of the other folders if they are the same model, and leave these files out",
    "only": "load with weights_only=True on a current PyTorch, or ask the publisher for safetensors",
    "training": "leave these files out of the download (ignore_patterns)",
}


def _finding(situation: str, label: str, members: list[SeenFile]) -> Finding:
    seen_in_bytes = all(member.format for member in members)
    return META.found(
        f"{counted(len(members), 'file')} of format {label}: {_MESSAGES[situation]}",
        location=Location(path=members[0].path),
        severity=Severity.INFO if situation == "training" else Severity.LOW,
        confidence=Confidence.HIGH if seen_in_bytes else Confidence.MEDIUM,
        evidence=listed(member.path for member in members),
        remediation=_ADVICE[situation],
        key=f"{situation}:{label}",
        others=[member.path for member in members[1:]],
    )
