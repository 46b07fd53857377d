"""What makes a network a new one: canonical form, identity, near-duplicates."""

from catta.novelty.canonical import hash_identity, identity_text, network_id
from catta.novelty.index import THRESHOLD, Judgement, Level, NoveltyIndex, curate
from catta.novelty.minhash import (
    Signature,
    jaccard,
    signature,
    signature_from_bytes,
    signature_to_bytes,
    text_signature,
)
from catta.novelty.syntax import (
    MAX_BYTES,
    InvalidSource,
    blocks,
    normalize,
    parse,
    strip,
    unparse,
)

__all__ = [
    "MAX_BYTES",
    "THRESHOLD",
    "InvalidSource",
    "Judgement",
    "Level",
    "NoveltyIndex",
    "Signature",
    "blocks",
    "curate",
    "hash_identity",
    "identity_text",
    "jaccard",
    "network_id",
    "normalize",
    "parse",
    "signature",
    "signature_from_bytes",
    "signature_to_bytes",
    "strip",
    "text_signature",
    "unparse",
]
