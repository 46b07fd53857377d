"""Seconds to curate all networks of a LEMUR wheel, and milliseconds of one novelty query.

    python benchmarks/novelty.py [nn_dataset-2.1.2-py3-none-any.whl]

Budget: 10,000 networks in 60 s on one core, one query in 20 ms.
"""

from __future__ import annotations

import argparse
import time

from catta.corpus.importers import open_lemur
from catta.novelty import InvalidSource, NoveltyIndex, curate, network_id, signature


def read(wheel: str | None) -> list[tuple[str, str]]:
    with open_lemur(wheel) as lemur:
        return [(network.name, network.source) for network in lemur.networks()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheel", nargs="?", help="default: the wheel on PyPI")
    parser.add_argument("--queries", type=int, default=200)
    arguments = parser.parse_args()
    networks = read(arguments.wheel)

    wall, cpu = time.perf_counter(), time.process_time()
    kept = curate(networks)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"curate: {len(networks):,} networks, {len(kept):,} kept: {wall:.1f} s ({cpu:.1f} s CPU)")

    index = NoveltyIndex()
    fingerprints = []
    for _, source in networks[: arguments.queries]:
        try:
            fingerprints.append((network_id(source), signature(source)))
        except InvalidSource:
            continue
    for repeat in range(10_000 // max(1, len(fingerprints)) + 1):
        for identity, minhash in fingerprints:
            index.add(f"{identity}/{repeat}", minhash)
    begin = time.perf_counter()
    for _, minhash in fingerprints:
        index.judge("n1:unknown", minhash)
    each = (time.perf_counter() - begin) / len(fingerprints)
    begin = time.perf_counter()
    for _, source in networks[: arguments.queries]:
        signature(source)
    sign = (time.perf_counter() - begin) / arguments.queries
    print(f"query: {each * 1e3:.2f} ms against {len(index):,} known, {sign * 1e3:.2f} ms to sign")


if __name__ == "__main__":
    main()
