"""Rewires the shipped model's graph, so that its table of words stays in eight bits in memory.

The file turns the whole table of 30,522 words into 32-bit numbers and then looks up a text's words. ONNX Runtime does
the first part once while it loads, and holds 47 MB for it instead of 12. Looking up first and converting the few words
of a text gives the same numbers. A model file is a protobuf message; its graph is changed here field by field, because
the library for model files is bigger than the model.
"""

from __future__ import annotations

from collections.abc import Iterator

TABLE = "inner.embeddings.word_embeddings.weight"
GRAPH, NODE = 7, 1  # field numbers of ModelProto and GraphProto
INPUT, OUTPUT, NAME = 1, 2, 3  # of NodeProto
TEXT = 2  # the wire type of what has a length


class Unfamiliar(ValueError):
    """The graph is not the one that is known here; the model is run as it is."""


def lean(model: bytes) -> bytes:
    """The same model with the look-up before the conversion. Raises Unfamiliar."""
    return b"".join(_field(GRAPH, _graph(value)) if number == GRAPH else raw for number, value, raw in _fields(model))


def _graph(graph: bytes) -> bytes:
    parts: list[bytes] = []
    held: dict[str, bytes] = {}
    for number, value, raw in _fields(graph):
        names = _names(value) if number == NODE else ([], [])
        if names == ([f"{TABLE}_q"], [f"{TABLE}_f"]):
            held["cast"] = value
        elif names == ([f"{TABLE}_f", f"{TABLE}_scale"], [TABLE]):
            held["scale"] = value
        elif names[0][:1] == [TABLE] and len(names[0]) == 2 and {"cast", "scale"} <= held.keys():
            ids, rows = names[0][1], names[1][0]
            parts += [
                _rewired(value, [f"{TABLE}_q", ids], "rows_q"),
                _rewired(value, [f"{TABLE}_scale", ids], "rows_scale"),
                _rewired(held["cast"], ["rows_q"], "rows_f"),
                _rewired(held["scale"], ["rows_f", "rows_scale"], rows),
            ]
            held["done"] = b""
        elif TABLE in names[0]:
            raise Unfamiliar("the table of words is used in another way")
        else:
            parts.append(raw)
    if "done" not in held:
        raise Unfamiliar("the table of words was not found")
    return b"".join(parts)


def _names(node: bytes) -> tuple[list[str], list[str]]:
    inputs, outputs = [], []
    for number, value, _ in _fields(node):
        if number == INPUT:
            inputs.append(value.decode())
        elif number == OUTPUT:
            outputs.append(value.decode())
    return inputs, outputs


def _rewired(node: bytes, inputs: list[str], output: str) -> bytes:
    """The same operation with the same attributes, on other names."""
    rest = b"".join(raw for number, _, raw in _fields(node) if number not in (INPUT, OUTPUT, NAME))
    names = b"".join(_field(INPUT, name.encode()) for name in inputs) + _field(OUTPUT, output.encode())
    return _field(NODE, names + _field(NAME, f"to_{output}".encode()) + rest)


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, value (of what has a length, else nothing) and the whole field as it stands, of each field."""
    place = 0
    while place < len(message):
        start = place
        tag, place = _number(message, place)
        kind = tag & 7
        value = b""
        if kind == 0:
            _, place = _number(message, place)
        elif kind == TEXT:
            length, place = _number(message, place)
            value = message[place : place + length]
            place += length
        elif kind in (1, 5):
            place += 8 if kind == 1 else 4
        else:
            raise Unfamiliar(f"wire type {kind}")
        yield tag >> 3, value, message[start:place]


def _number(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(message):
            raise Unfamiliar("the file ends in a number")
        byte = message[place]
        value |= (byte & 127) << shift
        place += 1
        shift += 7
        if byte < 128:
            return value, place


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | TEXT) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
