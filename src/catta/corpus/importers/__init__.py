"""Readers of foreign collections of networks; each gives plain records and executes nothing."""

from catta.corpus.importers.lemur import (
    LEMUR_SHA256,
    LEMUR_VERSION,
    LemurNetwork,
    LemurWheel,
    Skipped,
    open_lemur,
)

__all__ = [
    "LEMUR_SHA256",
    "LEMUR_VERSION",
    "LemurNetwork",
    "LemurWheel",
    "Skipped",
    "open_lemur",
]
