"""The page and the README's lines from the figures of ``last.json``. Pure: the same figures, the same text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.large import MODELS, PLANS, WINDOW, Figures, Large, large_run

INTRO = (
    "# How fast, beside whom, and what a large run would cost\n\n"
    "`make bench` measures everything on this page on loopback and writes it anew; other scanners run in environments "
    "of their own, pinned in `benchmarks/requirements/`, in the same minute on the same Hub or files. "
    '"Not measured" says why.\n'
)


def page(last: Figures) -> str:
    """``docs/performance.md``. Benchmarks without figures have no section."""
    sections = {
        "audit": _audit,
        "pickle": _pickle,
        "detection": _detection,
        "names": _names,
        "batch": _batch,
        "engines": _engines,
        "startup": _startup,
    }
    parts = [INTRO, *("\n".join(make(last[name])) + "\n" for name, make in sections.items() if name in last)]
    parts += ["\n".join(_two_million(last)) + "\n"] if {"audit", "batch"} <= last.keys() else []
    return _wrapped("\n".join(parts))


def readme_lines(last: Figures) -> str:
    """What the README says of speed, each figure as the page has it."""
    return _wrapped("\n".join(_readme(last))) + "\n"


def _wrapped(text: str) -> str:
    """Prose and lists at the width of the other pages, tables as they are."""
    return "\n".join(
        line if line.startswith("|") else textwrap.fill(line, 120, subsequent_indent="  " * line.startswith("- "))
        for line in text.split("\n")
    )


def _where(figures: Figures) -> str:
    machine = figures["machine"]
    return (
        f"*{machine['date']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"Python {machine['python']}, {machine['system']}.*"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def _kb(count: float) -> str:
    return f"{count / 1000:,.0f} kB"


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _mark(reached: bool, text: str) -> str:  # noqa: FBT001 - a verdict and its words
    return f"- {text}: **{'reached' if reached else 'missed'}**"


def _program(row: Figures, key: str) -> str:
    return f"{row[key]} {row['version']}".strip()


# one audit


def _audit(figures: Figures) -> Iterator[str]:
    yield from ("## One audit of a repository with a 1 GB checkpoint", "", _where(figures), "")
    yield (
        "A checkpoint of 1 GB whose `data.pkl` calls a shell, custom code that does, a chat template and a GGUF. "
        f"Each answer takes {1000 * figures['latency']:.0f} ms. Whole commands, from start to exit, over TLS under the "
        "Hub's own names; bytes are bodies that were read to their end."
    )
    yield ""
    head = ("command", "wall", "requests", "bytes", "of the checkpoint", "finds the call in the pickle", "in the code")
    yield from _table(head, (_audit_row(row) for row in figures["rows"]))
    yield from ("", *(f"- {line}" for line in (*_broken(figures["rows"]), *_library(figures))), "")
    yield from _audit_marks(figures)


def _audit_row(row: Figures) -> Sequence[object]:
    cost = row["cost"]
    if cost is None:
        return _program(row, "program"), f"not measured: {row['unmeasured']}", "", "", "", "", ""
    words = {True: "yes", False: "no"}
    costs = (cost["requests"], _kb(cost["bytes"]), _kb(cost["checkpoint"]))
    return _program(row, "program"), _seconds(row["seconds"]), *costs, words[row["pickle"]], words[row["code"]]


def _broken(rows: list[Figures]) -> Iterator[str]:
    for row in rows:
        if row["cost"] and row["cost"]["broken_off"]:
            yield (
                f"{row['program']} also began a download and broke it off: {row['cost']['broken_off'] / 1e6:,.0f} MB "
                "more were under way here, and only buffers bound it."
            )


def _library(figures: Figures) -> Iterator[str]:
    for one in figures["library"]:
        yield (
            f"`trustaudit.audit()` of `{one['repo']}` in a process that has audited before: "
            f"{_seconds(one['seconds'])}, of it {_seconds(one['cpu_seconds'])} CPU; "
            f"{one['api_requests']} API and {one['file_requests']} file "
            f"requests, {_kb(one['bytes'])}, {one['seen']} files looked into."
        )
    large = figures["large"]["cost"]
    yield (
        f"The GGUF has 4,000 words. All words are read, because the template stands behind them: with "
        f"{figures['vocabulary']:,} the audit takes {_kb(large['bytes'])}."
    )


def _audit_marks(figures: Figures) -> Iterator[str]:
    ours, warm = figures["rows"][0]["cost"], figures["library"][0]
    finders = [row["cost"] for row in figures["rows"][1:] if row["pickle"]]
    least = min((cost["checkpoint"] for cost in finders), default=0)
    yield _mark(ours["bytes"] < figures["limit_bytes"], f"complete report below {_kb(figures['limit_bytes'])}")
    yield _mark(ours["checkpoint"] < least, "fewer bytes of the checkpoint than any other that finds the call in it")
    limit = f"{figures['limit_seconds']:.1f} s"
    yield _mark(warm["seconds"] <= figures["limit_seconds"], f"four round trips and half a second, {limit} (library)")
    command = figures["rows"][0]["seconds"]
    yield _mark(command <= figures["limit_seconds"], f"the same for the command with its start, {_seconds(command)}")


# files


def _pickle(figures: Figures) -> Iterator[str]:
    yield from ("## Pickles of two million opcodes, and 1 GB on disk", "", _where(figures), "")
    labels = list(figures["scans"][0]["seconds"])
    yield from _table(
        ("library call, warm", *labels), (_scan_row(row, labels, figures["patience"]) for row in figures["scans"])
    )
    yield from ("", "For trustaudit this is inspection and judgement by all rules.", "")
    head = ("sample", "opcodes", "inspector, CPU", "pickletools.genops", "ratio", "memory above idle")
    yield from _table(head, (_sample_row(row) for row in figures["rows"]))
    worst = max(row["seconds"] / row["genops"] for row in figures["rows"])
    peak = max(row["peak_mb"] for row in figures["rows"])
    yield ""
    yield _mark(worst <= 1, "no slower than exhausting `genops`")
    yield _mark(peak <= _PEAK_MB, f"at most {_PEAK_MB} MB above the idle process")


_PEAK_MB = 40


def _scan_row(row: Figures, labels: list[str], patience: int) -> Sequence[object]:
    if row["unmeasured"]:
        return _program(row, "scanner"), f"not measured: {row['unmeasured']}", *("" for _ in labels[1:])
    times = (row["seconds"][label] for label in labels)
    told = (f"no end in {patience} s" if took is None else _seconds(took) for took in times)
    return _program(row, "scanner"), *told


def _sample_row(row: Figures) -> Sequence[object]:
    ratio = row["seconds"] / row["genops"]
    times = (_seconds(row["seconds"]), _seconds(row["genops"]), f"{ratio:.2f}")
    return row["sample"], f"{row['opcodes']:,}", *times, f"{row['peak_mb']:.0f} MB"


# detection


def _detection(figures: Figures) -> Iterator[str]:
    totals = figures["totals"]
    yield from ("## Hostile samples found, honest files flagged", "", _where(figures), "")
    yield (
        "The hostile samples are our own tests': inert, and most of them made after advisories against these very "
        "scanners, so the selection does not favour the others and says little about what is common. *Callables* "
        "name a function that deny lists missed, *opcodes* are spelled in unusual ways, *containers* hide a pickle. "
        "The honest files are models inside published Python wheels. Flagged: the scanner's own command reports it."
    )
    yield ""
    yield from _table(("scanner", *totals, "failed at"), (_detection_row(row, totals) for row in figures["rows"]))


def _detection_row(row: Figures, totals: dict[str, int]) -> Sequence[object]:
    name = _program(row, "scanner")
    if row["unmeasured"]:
        return name, f"not measured: {row['unmeasured']}", *("" for _ in totals)
    return name, *(f"{row['flagged'][group]} of {total}" for group, total in totals.items()), row["failed"]


# names


def _names(figures: Figures) -> Iterator[str]:
    yield from ("## Names", "", _where(figures), "")
    yield (
        f"{figures['pairs']} labelled pairs and {figures['tail']:,} ids of the long tail, against the most downloaded "
        "models, the candidate treated as unlisted."
    )
    yield ""
    head = ("way", "reference", "deceptions caught", "namespaces", "honest pairs flagged", "tail flagged", "names/s")
    yield from _table(head, (_name_row(row) for row in figures["rows"]))


def _name_row(row: Figures) -> Sequence[object]:
    shares = (row["recall"], row["namespaces"], row["honest"], row["tail"])
    told = (f"{100 * share:.1f} %" for share in shares)
    return row["way"], f"{row['reference']:,}", *told, f"{row['names_per_second']:,.0f}"


# batch


def _batch(figures: Figures) -> Iterator[str]:
    batch, again = figures["batch"], figures["reaudit"]
    shares = ", ".join(f"{100 * share:.1f} %" for share in batch["shares"]) or "none was full"
    memory = ", ".join(f"{megabytes:.0f}" for megabytes in batch["memory_mb"])
    yield from (f"## A batch of {batch['models']:,} models under a quota", "", _where(figures), "")
    yield (
        f"{batch['quota']:,} API requests per window of {batch['window']:g} s in place of the Hub's 300 s; "
        f"{batch['owners']} publishers."
    )
    yield ""
    yield f"- permitted API requests used in each full window: {shares}; answers with 429: {batch['refused']}"
    yield f"- requests per model: {batch['api_per_model']:.2f} API, {batch['files_per_model']:.2f} file"
    yield f"- {batch['models_per_second']:.1f} models/s, {batch['cpu_ms_per_model']:.1f} ms CPU per model"
    yield f"- resident memory in MB at each quarter of the list: {memory}"
    yield (
        f"- re-audit of {again['pins']:,} unchanged pins: {again['api_per_pin']:.2f} API requests and "
        f"{again['cpu_ms_per_pin']:.1f} ms CPU per pin"
    )
    yield ""
    yield _mark(all(share >= _SHARE for share in batch["shares"]), "at least 97 % of the permitted requests used")
    yield _mark(batch["refused"] == 0, "no 429")
    yield _mark(batch["api_per_model"] <= _API_PER_MODEL, f"at most {_API_PER_MODEL} API requests per model")
    yield _mark(again["api_per_pin"] <= 1, "at most one API request per unchanged pin")


_SHARE = 0.97
_API_PER_MODEL = 3.1


def _engines(figures: Figures) -> Iterator[str]:
    yield from ("## More processes", "", _where(figures), "")
    yield f"{figures['models']:,} models, no quota, {figures['machine']['cores']} cores shared with the Hub."
    yield ""
    head = ("engine", "workers", "results in", "wall", "models/s", "beside one local process")
    yield from _table(head, (_engine_row(row, figures["rows"][0]) for row in figures["rows"]))


def _engine_row(row: Figures, first: Figures) -> Sequence[object]:
    if row["unmeasured"]:
        return row["engine"], row["workers"], row["results"], f"not measured: {row['unmeasured']}", "", ""
    pace, ratio = row["models_per_second"], row["models_per_second"] / first["models_per_second"]
    return row["engine"], row["workers"], row["results"], _seconds(row["seconds"]), f"{pace:.1f}", f"{ratio:.2f}"


def _startup(figures: Figures) -> Iterator[str]:
    yield from ("## Start", "", _where(figures), "")
    yield (
        f"`trustaudit --help` {figures['help_ms']:.0f} ms, `import typer` alone {figures['typer_ms']:.0f} ms, "
        f"ratio {figures['ratio']:.2f}."
    )


# two million


def _two_million(last: Figures) -> Iterator[str]:
    run, again = large_run(last), last["batch"]["reaudit"]
    yield from (f"## {MODELS:,} models, by calculation", "")
    yield (
        f"From the costs of one model above, not from a run: {run.api / 1e6:.1f} million API requests, "
        f"{run.files / 1e6:.1f} million file requests, {run.bytes / 1e9:,.0f} GB, "
        f"{run.cpu_seconds / 3600:,.0f} CPU hours."
    )
    yield ""
    head = ("plan", "API per 5 min", "files per 5 min", "days by API", "days by files", "what limits", "cores busy")
    yield from _table(head, (_plan_row(run, plan) for plan in PLANS))
    days = MODELS * again["api_per_pin"] / PLANS["free user"][0] * WINDOW / 86_400
    yield ""
    yield (
        "The quota limits every plan as long as the cores listed are there; more machines under one token change "
        "nothing, since the quota belongs to the token. Models with large vocabularies, thousands of files or "
        "hundreds of checkpoints cost more than the ordinary one whose bytes are counted here; the publishers of the "
        "real Hub own fewer models each than those of the batch, which costs up to one more API request per model. "
        f"To look at {MODELS:,} unchanged pins again takes {days:.1f} days of a free user's quota."
    )


def _plan_row(run: Large, plan: str) -> Sequence[object]:
    api, files = PLANS[plan]
    days = run.days(plan)
    limits = "API requests" if days[0] >= days[1] else "file requests"
    return plan, f"{api:,}", f"{files:,}", f"{days[0]:.1f}", f"{days[1]:.1f}", limits, f"{run.cores(plan):.2f}"


# README


def _readme(last: Figures) -> Iterator[str]:
    if "audit" in last:
        audit = last["audit"]
        ours, command = audit["rows"][0]["cost"], audit["rows"][0]["seconds"]
        yield (
            f"A repository with a 1 GB checkpoint, custom code, a template and a GGUF: {ours['requests']} requests, "
            f"{_kb(ours['bytes'])}, {_seconds(command)} from start to exit at {1000 * audit['latency']:.0f} ms per "
            f"answer, {_seconds(audit['library'][0]['seconds'])} once the library is loaded."
        )
    if "batch" in last:
        batch, again = last["batch"]["batch"], last["batch"]["reaudit"]
        yield (
            f"A batch takes {batch['api_per_model']:.2f} API requests and {batch['cpu_ms_per_model']:.1f} ms CPU per "
            f"model, a re-audit {again['api_per_pin']:.2f} API requests per unchanged pin."
        )
    if "pickle" in last:
        worst = max(row["seconds"] / row["genops"] for row in last["pickle"]["rows"])
        yield f"Two million pickle opcodes take at most {worst:.2f} times as long as `pickletools.genops` alone."
    yield "[docs/performance.md](docs/performance.md) has all figures, beside other scanners."
