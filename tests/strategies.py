"""Random snapshots full of hostile text, for properties that must hold of any repository."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from tests.builders import COMMIT, make_snapshot
from trustaudit.facts import Known, NotApplicable, Reason, Unavailable
from trustaudit.filefacts import (
    Coverage,
    FileFacts,
    Observation,
    PickleGlobal,
    Provenance,
    ProvenanceFile,
    Use,
)
from trustaudit.finding import Confidence, Severity
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import (
    SCANNERS,
    Ancestor,
    AncestorFinding,
    Author,
    Card,
    Commit,
    CopySource,
    FileEntry,
    FileList,
    FileScans,
    GitRef,
    History,
    HubPickleImport,
    LastCommit,
    Lfs,
    Publisher,
    Redirect,
    Refs,
    RepoInfo,
    ScannerVerdict,
    ScanRollup,
    Sibling,
    Snapshot,
)

NASTY = (
    "",
    " ",
    "..",
    "/",
    "a/b",
    "a--b.c",
    "../../x.Model",
    "None",
    "[]",
    "\x00",
    "\x1b[2J",
    "\u202eexe.txt",
    "<script>alert(1)</script>",
    "{{ 7 }}",
    "%s%n",
    "x" * 2_000,
    "\U0001f600",
    "SFconvertbot",
    "SFconvertb0t",
    "Duplicate from a/b",
    "Adding `safetensors` variant of this model",
    "builtins",
    "eval",
    "999999999999999999999/1 engines",
    "other",
    "mit",
)
PATHS = (
    "model.safetensors",
    "pytorch_model.bin",
    "unet/diffusion_pytorch_model.bin",
    "model.safetensors.exe",
    "..",
    "/",
    "a//b",
    ".pth",
    "x.pth",
    "README.md",
    "modeling_x.py",
    "torch.py",
    "sitecustomize.py",
    "a/__pycache__/m.cpython-312.pyc",
    "Model.bin",
    "model.bin",
    "C:\\x.dll",
    "config.json",
    ".gitmodules",
    "name.py",
)

texts = st.sampled_from(NASTY) | st.text(max_size=20)
paths = st.sampled_from(PATHS) | texts
moments = st.none() | st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)).flatmap(  # noqa: DTZ001 - both kinds
    lambda moment: st.sampled_from((moment, moment.replace(tzinfo=UTC)))
)
counts = st.none() | st.integers(min_value=-1, max_value=10**12)
statuses = st.sampled_from(("unscanned", "safe", "queued", "error", "caution", "suspicious", "unsafe", "", "novel"))
commit_ids = st.sampled_from((COMMIT, "1" * 40, "2" * 40, "3" * 40, ""))
pairs = st.tuples(texts, texts)

absences = st.builds(Unavailable, reason=st.sampled_from(Reason), detail=texts) | st.builds(NotApplicable, why=texts)


def facts(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Known values, and both kinds of absence."""
    return values.map(lambda value: Known(value=value)) | absences


def tuples(values: st.SearchStrategy[object], max_size: int = 4) -> st.SearchStrategy[tuple[object, ...]]:
    """Tuples of up to ``max_size`` values."""
    return st.lists(values, max_size=max_size).map(tuple)


imports = st.builds(HubPickleImport, module=texts, name=texts, safety=texts)
verdicts = st.builds(
    ScannerVerdict,
    scanner=st.sampled_from(SCANNERS) | texts,
    status=statuses,
    message=texts,
    imports=tuples(imports),
)
scans = st.builds(FileScans, status=statuses, scanners=tuples(verdicts, 6))
entries = st.builds(
    FileEntry,
    path=paths,
    size=counts,
    oid=st.none() | texts,
    lfs=st.none() | st.builds(Lfs, sha256=st.none() | texts, size=counts),
    last_commit=st.none() | st.builds(LastCommit, id=commit_ids, title=texts, date=moments),
    scans=facts(scans),
)
listings = st.builds(
    FileList, entries=tuples(entries, 12), complete=st.booleans(), source=st.sampled_from(("tree", "siblings", "local"))
)
cards = st.builds(Card, licenses=tuples(texts), license_name=texts, base_models=tuples(texts))
rollups = st.builds(ScanRollup, done=st.booleans(), issues=tuples(st.tuples(paths, statuses)))
infos = st.builds(
    RepoInfo,
    id=st.sampled_from(("org/model", "other/model", "model")) | texts,
    author=st.none() | texts,
    private=st.none() | st.booleans(),
    disabled=st.none() | st.booleans(),
    gated=st.none() | texts,
    created_at=moments,
    downloads=counts,
    likes=counts,
    tags=tuples(texts),
    card=st.none() | cards,
    auto_map=tuples(pairs),
    custom_class=st.none() | texts,
    base_models=tuples(texts),
    scan=st.none() | rollups,
)
authors = st.builds(Author, name=texts, matched=st.booleans())
commits = st.builds(Commit, id=commit_ids, title=texts, message=texts, authors=tuples(authors, 3), date=moments)
histories = st.builds(History, commits=tuples(commits, 6), complete=st.booleans())
publishers = st.builds(
    Publisher,
    name=texts,
    kind=st.sampled_from(("user", "organization")),
    created_at=moments,
    verified=st.none() | st.booleans(),
    followers=counts,
)
git_refs = st.builds(GitRef, name=texts, ref=texts, target=commit_ids)
refs = st.builds(Refs, branches=tuples(git_refs), pull_requests=tuples(git_refs))
globals_ = st.builds(
    PickleGlobal,
    module=st.none() | texts,
    name=st.none() | texts,
    use=st.sampled_from(Use),
    opcode=texts,
    offset=st.integers(min_value=0, max_value=10**9),
)
file_facts = st.builds(
    FileFacts,
    path=paths,
    format=st.sampled_from(("pickle", "torch-zip", "safetensors", "elf", "unknown")) | texts,
    coverage=st.sampled_from(Coverage),
    globals=tuples(globals_),
    observations=tuples(st.builds(Observation, kind=texts, message=texts)),
)
seen_infos = st.builds(Known[RepoInfo], value=infos)
found = seen_infos | absences
worst = st.builds(
    AncestorFinding,
    rule=texts,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    message=texts,
)
ancestors = st.builds(
    Ancestor,
    id=st.sampled_from(("a/b", "c/d", "org/model")) | texts,
    relation=st.sampled_from(("finetune", "adapter", "code", "dataset")) | texts,
    declared_in=texts,
    depth=st.integers(min_value=1, max_value=20),
    parent=st.sampled_from(("org/model", "a/b", "c/d")) | texts,
    found=found,
    findings=tuples(worst, 2),
    circular=st.booleans(),
)
copies = st.builds(
    CopySource,
    id=texts,
    claimed_in=st.sampled_from(("history", "card")),
    info=infos,
    files=listings,
    changed=tuples(entries, 3),
)
siblings = st.builds(Sibling, id=texts | st.just("x/bert-base-uncased"), base_models=tuples(texts, 2))
provenance_files = st.builds(
    ProvenanceFile,
    path=st.sampled_from(("model.sig", "SHA256SUMS", "bom.json", "x.intoto.jsonl")) | texts,
    kind=st.sampled_from(("signature", "checksums", "bom", "attestation")),
    text=st.builds(Known[str], value=texts | st.sampled_from(("{}", "[]", '{"dsseEnvelope": {}}'))) | absences,
)
provenances = st.builds(Provenance, files=tuples(provenance_files, 3), digests=tuples(st.tuples(paths, texts), 3))
asked = st.builds(
    RepoRef,
    type=st.sampled_from(RepoType),
    namespace=st.sampled_from((None, "org", "other")),
    name=st.sampled_from(("model", "name")),
    revision=st.sampled_from((None, "main", "refs/pr/1", COMMIT)),
)
hops = st.builds(Redirect, status=st.just(307), from_path=texts | st.just("/api/models/a/b/tree/x"), to_path=texts)


ORDINARY = make_snapshot()


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Any snapshot that a Hub, honest or not, could have led to."""
    changes = {
        "ref": draw(asked),
        "commit": draw(st.none() | commit_ids),
        "moved": draw(st.booleans()),
        "origin": draw(st.sampled_from(("hub", "hub", "hub", "local"))),
        "redirects": draw(tuples(hops)),
        "info": draw(facts(infos)),
        "files": draw(facts(listings)),
        "history": draw(facts(histories)),
        "publisher": draw(facts(publishers)),
        "scan": draw(facts(rollups)),
        "refs": draw(facts(refs)),
        "file_facts": draw(tuples(file_facts)),
        "members": draw(facts(tuples(texts))),
        "copy_source": draw(facts(copies)),
        "siblings": draw(facts(tuples(siblings))),
        "lineage": draw(tuples(ancestors)),
        "provenance": draw(provenances),
        "previous": draw(st.sampled_from((ORDINARY.previous, Known[Snapshot](value=ORDINARY)))),
    }
    return Snapshot(**{**dict(ORDINARY), **changes})
