"""Blobs by digest, reference-counted: the one way to keep bytes."""

from desk.files.blobs import Blobs, MissingBlob
from desk.files.kinds import kind_of

__all__ = ["Blobs", "MissingBlob", "kind_of"]
