"""What of a row goes into the log: plain values, long ones cut, secrets as the fact that there is one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

LONGEST = 2000  # characters of one value; whoever needs all of a long text finds it in its own history
SECRET = "secret"
# Names under which a value is a secret even where somebody forgot to seal it.
_TELLING = ("password", "secret", "token", "api_key", "apikey", "private_key", "authorization")


def is_secret(value: Any) -> bool:
    """Whether a value of the log stands for a secret."""
    return isinstance(value, Mapping) and set(value) == {SECRET}


def hidden(value: Any) -> dict[str, bool]:
    """A secret as the log has it: whether there is one."""
    return {SECRET: bool(value)}


def shown(name: str, value: Any) -> Any:
    """A value as JSON holds it, cut where it is long. What is sealed, or is called like a secret, is hidden."""
    if isinstance(value, Mapping):
        if "sealed" in value or is_secret(value):
            return hidden(value.get("sealed", value.get(SECRET)))
        return {str(key): shown(str(key), one) for key, one in value.items() if not str(key).startswith("_")}
    if value and any(word in name.casefold() for word in _TELLING) and isinstance(value, str):
        return hidden(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [shown(name, one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, str) and len(value) > LONGEST:
        return value[:LONGEST] + "…"
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs between two states, by field; the fields of a mapping stand by themselves, as `config.host`.

    Secrets are compared as they are and told as `hidden`: a replaced one is a change from one secret to another.
    """
    old, new = _flat(before), _flat(after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return (
        {
            name: shown(name.rpartition(".")[2], old[name])
            for name in names
            if name in old and old[name] not in ("", None)
        },
        {
            name: shown(name.rpartition(".")[2], new[name])
            for name in names
            if name in new and new[name] not in ("", None)
        },
    )


def _flat(state: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in state.items():
        if isinstance(value, Mapping) and "sealed" not in value and not is_secret(value):
            flat |= {f"{name}.{key}": one for key, one in value.items() if not str(key).startswith("_")}
        else:
            flat[name] = value
    return flat
