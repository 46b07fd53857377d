"""What makes a network a new one: canonical form, identity, near-duplicates."""

from catta.novelty.canonical import hash_identity, identity_text, network_id
from catta.novelty.syntax import InvalidSource, normalize, parse, unparse

__all__ = [
    "InvalidSource",
    "hash_identity",
    "identity_text",
    "network_id",
    "normalize",
    "parse",
    "unparse",
]
