"""Blobs by digest, reference-counted: the one way to keep bytes."""

from desk.files.bare import bare
from desk.files.blobs import Blobs
from desk.files.copying import Copied, copy, count
from desk.files.kinds import kind_of
from desk.files.naming import unlike
from desk.files.sides import picture_of
from desk.files.stores import ByteStore, FilesUnreachable, MissingBlob, open_store
from desk.files.sweeping import sweep

__all__ = [
    "Blobs",
    "ByteStore",
    "Copied",
    "FilesUnreachable",
    "MissingBlob",
    "bare",
    "copy",
    "count",
    "kind_of",
    "open_store",
    "picture_of",
    "sweep",
    "unlike",
]
