"""`catta corpus`: looking at it, and bringing networks into it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_builders import Invoke

from catta.corpus.migrate import HEAD
from catta.testing.lemur import members, net, write_wheel

WORKING = """import torch

class Net(torch.nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.head = torch.nn.Linear(in_shape[1], out_shape[0])

    def forward(self, x):
        return self.head(x.mean((2, 3)))
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return write_wheel(tmp_path / "nn_dataset.whl", members() | {"ab/nn/nn/bad.py": "("})


@pytest.mark.parametrize(
    "command",
    [
        ("import", "lemur"),
        ("add",),
        ("inspect",),
        ("info",),
        ("list",),
        ("show",),
        ("query",),
        ("groups",),
    ],
)
def test_every_command_takes_json_and_corpus(invoke: Invoke, command: tuple[str, ...]) -> None:
    shown = invoke("corpus", *command, "--help").stdout
    assert "--json" in shown
    assert "--corpus" in shown


def test_import_and_look(invoke: Invoke, corpus: Path, wheel: Path) -> None:
    done = invoke("corpus", "import", "lemur", str(wheel), "--workers", "1", "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (report["trials"], report["networks"], report["repeated"]) == (6, 2, False)
    assert [row["member"] for row in report["skipped"]] == ["ab/nn/nn/bad.py"]
    again = invoke("corpus", "import", "lemur", str(wheel))
    assert again.stdout == "This source was imported before; nothing was done.\n"
    info = json.loads(invoke("corpus", "info", "--json").stdout)
    assert (info["trials"], info["networks"], info["imports"][0]["version"]) == (6, 2, "9.9.1")
    shown = invoke("corpus", "info").stdout
    assert "LEMUR 9.9.1 imported" in shown
    assert shown.startswith(f"Corpus {corpus}: {corpus.stat().st_size / 1e6:.1f} MB, schema {HEAD}")
    assert "Inspections:" not in shown
    assert (info["schema"], info["size_bytes"]) == (HEAD, corpus.stat().st_size)
    listed = json.loads(invoke("corpus", "list", "--family", "ga", "--json").stdout)
    assert [row["name"] for row in listed] == ["ga-beta"]
    assert "ga-beta" in invoke("corpus", "list", "--limit", "2").stdout
    shown = invoke("corpus", "show", "Alpha-twin_2.0")
    assert "Alpha, Alpha-twin_2.0" in shown.stdout
    assert net(1) in shown.stdout
    assert invoke("corpus", "show", "Alpha", "--code").stdout == net(1)
    assert json.loads(invoke("corpus", "show", "Alpha", "--json").stdout)["licence"] == "MIT"


def test_query(invoke: Invoke, wheel: Path) -> None:
    invoke("corpus", "import", "lemur", str(wheel), "--workers", "1")
    statement = "SELECT dataset, NULL AS absent FROM problems ORDER BY dataset"
    rows = json.loads(invoke("corpus", "query", statement, "--json").stdout)
    assert rows == [
        {"dataset": "cifar-10", "absent": None},
        {"dataset": "mnist", "absent": None},
    ]
    assert "cifar-10" in invoke("corpus", "query", statement).stdout
    nothing = invoke("corpus", "query", f"{statement} LIMIT 0").stdout
    assert nothing.splitlines()[-1].strip() == "There are none."
    refused = invoke("corpus", "query", "DELETE FROM trials")
    assert refused.exit_code == 2
    assert refused.stderr == (
        "Error: query: the corpus is open for reading only; the statement has to be a SELECT\n"
    )


def test_add(invoke: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "one.py").write_text(net(1))
    (folder / "two.py").write_text("# one again\n" + net(1))
    (folder / "bad.py").write_text("class Net(")
    report = json.loads(invoke("corpus", "add", str(folder), "--no-inspect", "--json").stdout)
    assert report["added"] == ["one", "two"]
    assert [Path(path).name for path, _ in report["skipped"]] == ["bad.py"]
    again = invoke("corpus", "add", str(folder / "one.py"), "--no-inspect")
    assert "0 networks added, 1 known before." in again.stdout
    listed = json.loads(invoke("corpus", "list", "--origin", "user", "--json").stdout)
    assert [(row["name"], row["pretrained"]) for row in listed] == [("one", False)]
    assert invoke("corpus", "add", str(folder / "bad.py")).exit_code == 2
    assert invoke("corpus", "add", str(folder / "missing.py")).exit_code == 2


@pytest.mark.parametrize("command", [("info",), ("list",), ("show", "x"), ("query", "SELECT 1")])
def test_looking_creates_nothing(invoke: Invoke, corpus: Path, command: tuple[str, ...]) -> None:
    result = invoke("corpus", *command)
    assert result.exit_code == 2
    assert "does not exist" in result.stderr
    assert not corpus.exists()


@pytest.mark.parametrize("source", ["missing.whl", "1.2.x"])
def test_a_source_that_is_not_there(invoke: Invoke, source: str) -> None:
    result = invoke("corpus", "import", "lemur", source)
    assert result.exit_code == 2
    assert "Error:" in result.stderr


def test_query_shows_the_beginning_of_a_long_text(invoke: Invoke, wheel: Path) -> None:
    invoke("corpus", "import", "lemur", str(wheel), "--workers", "1")
    shown = invoke("corpus", "query", "SELECT source FROM networks WHERE name = 'Alpha'").stdout
    assert "import torch …" in shown
    assert "class Net" not in shown


def test_many_rows_keep_their_columns_and_whole_names(invoke: Invoke, wheel: Path) -> None:
    invoke("corpus", "import", "lemur", str(wheel), "--workers", "1")
    statement = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "SELECT i, printf('%099d', i) AS name FROM n"
    )
    shown = invoke("corpus", "query", statement).stdout.splitlines()
    assert shown[0].split() == ["i", "name"]
    assert shown[2].startswith("   1  ")
    assert shown[-1] == f"2000  {2000:099d}"
    assert len(shown) == 2002


def test_inspect(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(WORKING)
    added = json.loads(invoke("corpus", "add", str(tmp_path / "one.py"), "--json").stdout)
    assert added["inspected"]["outcomes"] == {"OK": 1}
    assert "works from an input of 32 on" in invoke("corpus", "show", "one").stdout
    again = invoke("corpus", "inspect", "one")
    assert again.stdout == "Nothing to do: 1 network inspected before.\n"
    (tmp_path / "two.py").write_text(WORKING.replace("mean((2, 3))", "amax((2, 3))"))
    assert invoke("corpus", "add", str(tmp_path / "two.py"), "--no-inspect").exit_code == 0
    missing = invoke("corpus", "inspect", "--task", "txt-image", "--all", "--limit", "1")
    assert missing.stdout.splitlines() == [
        "1 network was inspected now; 1 of 2 are still to be inspected.",
        "Outcomes: 1 UNSUPPORTED",
    ]
    rest = invoke("corpus", "inspect", "--task", "txt-image", "--all").stdout
    assert rest.startswith("1 network was inspected now; none is left to be inspected.\n")
    info = json.loads(invoke("corpus", "info", "--json").stdout)
    assert info["inspected"] == {"UNSUPPORTED": 2, "OK": 1}
    assert "Inspections: 2 UNSUPPORTED, 1 OK" in invoke("corpus", "info").stdout
    shown = json.loads(invoke("corpus", "show", "one", "--json").stdout)
    assert [found["task"] for found in shown["inspections"]] == ["img-classification", "txt-image"]
    for wrong in ([], ["one", "--all"]):
        assert invoke("corpus", "inspect", *wrong).exit_code == 2


def test_skipped_files_are_told_in_a_sentence(invoke: Invoke, tmp_path: Path) -> None:
    stat = "ab/nn/stat/train/img-classification_cifar-10_acc_Alpha/"
    empty = {f"{stat}{epoch}.json": "[]" for epoch in (7, 8)}
    wheel = write_wheel(tmp_path / "x.whl", members() | empty | {"ab/nn/nn/bad.py": "("})
    shown = invoke("corpus", "import", "lemur", str(wheel), "--workers", "1").stdout
    assert "Skipped 2 files, each because it has no trials (--json names them)\n" in shown
    assert "Skipped 1 file because the source does not parse" in shown
    assert "Skipped" not in invoke("corpus", "import", "lemur", str(wheel)).stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--origin", "usr"), "origin: 'usr' is not one of lemur, architecture, adapted, candid"),
        (("--family", "GA"), "family: no network is of the family 'GA'; there is ga\n"),
        (("--family", "ga%"), "family: no network is of the family 'ga%'\n"),
    ],
)
def test_a_list_of_what_there_is_not(
    invoke: Invoke, wheel: Path, options: tuple[str, ...], sentence: str
) -> None:
    invoke("corpus", "import", "lemur", str(wheel), "--workers", "1")
    result = invoke("corpus", "list", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert invoke("corpus", "list", "--origin", "user", "--json").stdout == "[]\n"
