"""Samples of a capture as bytes and back: arrays and plain values, nothing that can act.

Takes frozen dataclasses of arrays, numbers, texts, tuples and further such dataclasses or strict
settings, gives one ``.npz`` file's bytes: the arrays as they are, the rest as a tree of JSON with
marks where the arrays belong. What is read back is built by the *declared* types of the fields,
so that a file can name nothing that is to be imported or called. Leaves files to
`calibration.workbook`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import types
import typing
import zipfile
import zlib
from enum import Enum
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from mr.config import Strict

TREE = "tree"
"""The array with the JSON of all that is no array, as UTF-8 bytes."""
_ARRAY, _TYPE, _FIELDS = "array", "type", "fields"

S = TypeVar("S")
Arrays = dict[str, npt.NDArray[Any]]
Plain = None | bool | int | float | str


class UnreadableSample(Exception):  # noqa: N818 -- it is caught and told, never raised to a user
    """Bytes that are no whole sample of the wanted kind."""


def pack(sample: Any) -> bytes:
    """Give a sample's bytes; the same sample always gives the same.

    Raises
    ------
    TypeError
        When something in it is neither an array nor plain: a fault of the procedure's.
    """
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **_arrays_of(sample))
    return buffer.getvalue()


def unpack(data: bytes, kind: type[S]) -> S:
    """Build a sample of its bytes.

    Raises
    ------
    UnreadableSample
        When they are damaged, cut, or of another kind.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        tree = json.loads(arrays.pop(TREE).tobytes().decode())
        found = _built(kind, tree, arrays)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise UnreadableSample(f"damaged ({error})") from error
    except (KeyError, ValueError, TypeError, ValidationError, NotImplementedError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableSample(f"no sample of this procedure ({words})") from error
    return typing.cast(S, found)


def sample_sha256(sample: Any) -> str:
    """Hash what a sample holds, whatever wrote its file."""
    digest = hashlib.sha256()
    for name, array in _arrays_of(sample).items():
        digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _arrays_of(sample: Any) -> Arrays:
    arrays: Arrays = {}
    tree = json.dumps(_tree(sample, arrays), ensure_ascii=False).encode()
    return {TREE: np.frombuffer(tree, dtype=np.uint8), **arrays}


def _tree(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError("an array of objects cannot be kept: use numbers")
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {_ARRAY: name}
    if isinstance(value, np.generic):
        return _tree(value.item(), arrays)
    if isinstance(value, Enum):
        return _tree(value.value, arrays)
    if isinstance(value, Plain):
        return value
    if isinstance(value, (tuple, list)):
        return [_tree(v, arrays) for v in value]
    if isinstance(value, dict):
        return {_FIELDS: {_key(k): _tree(v, arrays) for k, v in value.items()}}
    if isinstance(value, Strict):
        return {_TYPE: type(value).__name__, _FIELDS: value.model_dump(mode="json", by_alias=True)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        kept = {name: _tree(v, arrays) for name, v in fields.items()}
        return {_TYPE: type(value).__name__, _FIELDS: kept}
    raise TypeError(f"a {type(value).__name__} cannot be kept in a sample")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a mapping's key must be a text, not {key!r}")
    return key


def _built(kind: Any, tree: Any, arrays: Arrays) -> Any:
    """Build what a field was declared as; what does not fit is a ValueError."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _built(args[0], tree, arrays)
    if origin in (typing.Union, types.UnionType):
        return _one_of(args, tree, arrays)
    if origin is typing.Literal:
        return _require(tree in args, tree, kind)
    if kind is np.ndarray or origin is np.ndarray:
        _require(isinstance(tree, dict) and set(tree) == {_ARRAY}, tree, kind)
        return arrays[tree[_ARRAY]]
    if origin in (tuple, list):
        return _sequence(origin, args, tree, arrays)
    if origin is dict:
        _require(isinstance(tree, dict) and set(tree) == {_FIELDS}, tree, kind)
        return {k: _built(args[1], v, arrays) for k, v in tree[_FIELDS].items()}
    if isinstance(kind, type):
        return _one(kind, tree, arrays)
    raise TypeError(f"a field of type {kind} cannot be kept in a sample")


def _one(kind: type, tree: Any, arrays: Arrays) -> Any:
    if kind is float:
        _require(isinstance(tree, (int, float)) and not isinstance(tree, bool), tree, kind)
        return float(tree)
    if kind in (bool, int, str, types.NoneType):
        return _require(type(tree) is kind, tree, kind)
    if issubclass(kind, Enum):
        return kind(tree)
    is_tree = isinstance(tree, dict) and tree.get(_TYPE) == kind.__name__
    _require(is_tree, tree, kind)
    if issubclass(kind, Strict):
        return kind.model_validate(tree[_FIELDS])
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"a field of type {kind.__name__} cannot be kept in a sample")
    hints = typing.get_type_hints(kind, include_extras=True)
    names = [f.name for f in dataclasses.fields(kind)]
    if set(tree[_FIELDS]) - set(names):
        raise ValueError(f"{kind.__name__} has other fields")
    return kind(**{n: _built(hints[n], v, arrays) for n, v in tree[_FIELDS].items()})


def _sequence(origin: type, args: tuple[Any, ...], tree: Any, arrays: Arrays) -> Any:
    _require(isinstance(tree, list), tree, origin)
    kinds = args[:1] * len(tree) if origin is list or args[1:] == (Ellipsis,) else args
    return origin(_built(k, v, arrays) for k, v in zip(kinds, tree, strict=True))


def _one_of(kinds: tuple[Any, ...], tree: Any, arrays: Arrays) -> Any:
    for kind in kinds:
        try:
            return _built(kind, tree, arrays)
        except (ValueError, KeyError):
            continue
    names = " or ".join(str(getattr(kind, "__name__", kind)) for kind in kinds)
    return _require(False, tree, names)


def _require(is_so: bool, tree: Any, kind: Any) -> Any:
    if not is_so:
        short = repr(tree)[:40]
        raise ValueError(f"{short} is no {getattr(kind, '__name__', kind)}")
    return tree
