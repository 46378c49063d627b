"""Blobs by digest, reference-counted: the one way to keep bytes."""

from desk.files.blobs import Blobs, MissingBlob

__all__ = ["Blobs", "MissingBlob"]
