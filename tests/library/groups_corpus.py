"""A corpus whose networks are more or less alike, for tests of what goes together."""

from __future__ import annotations

from collections.abc import Mapping

from catta.corpus import Corpus
from catta.corpus.published import Trial, TrialFile
from catta.novelty import network_id
from catta.records import Network

TASK = "img-classification"


def source(*layers: int) -> str:
    """A network of some layers of its own: the more of them agree, the more two are alike."""
    lines = "".join(f"        self.layer_{n} = nn.Linear({n}, {n + 1})\n" for n in layers)
    return (
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n"
        "    def __init__(self, in_shape, out_shape, prm, device):\n"
        f"        super().__init__()\n{lines}"
    )


SOURCES = {
    "one": source(*range(40)),
    "near": source(*range(39)),
    "half": source(*range(15, 50)),
    "far": "from torch import nn\nclass Net(nn.Module):\n    pass\n",
}
"""`near` and `half` have most and half of what `one` has, `far` has none of it."""


def fill(corpus: Corpus, values: Mapping[str, Mapping[str, float]]) -> None:
    """Publish one trial of each network for each dataset; a name that is not known has no code."""
    ids = {name: network_id(text) for name, text in SOURCES.items()}
    corpus.networks.add(
        Network(id=ids[name], source=text, name=name, origin="lemur")
        for name, text in SOURCES.items()
    )
    key = corpus.trials.begin_import("hash", "9.9")
    corpus.trials.add(key, [_file(d, n, a) for d, of in values.items() for n, a in of.items()], ids)


def _file(dataset: str, name: str, accuracy: float) -> TrialFile:
    trial = Trial(f"uid-{accuracy}", "norm", b'{"lr":0.1}', accuracy, 10)
    return TrialFile(task=TASK, dataset=dataset, metric="acc", name=name, epoch=1, trials=[trial])
