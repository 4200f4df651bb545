"""Header, Python decoder and document describe the same bytes, and the version counts."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from pathlib import Path

import pytest

from mr.wire import LAYOUTS, PROTOCOL_VERSION, AckCode, MessageType, ResetCause, encode
from mr.wire.layout import BAUD, CONTENT_MAX, Ping

ROOT = Path(__file__).parents[2]
HEADER = (ROOT / "firmware/protocol/mrcpr_protocol.h").read_text(encoding="utf-8")
DOCUMENT = (ROOT / "docs/PROTOCOL.md").read_text(encoding="utf-8")
GOLDEN = Path(__file__).with_name("golden_layouts.json")

Field = tuple[int, str, str]
"""Offset, name, type as the document writes it."""
Layouts = dict[str, tuple[int, list[Field]]]
"""Message → its type byte and its fields."""

SIZES = {"u8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4, "char[16]": 16, "u8[32]": 32}
C_TYPES = {
    "uint8_t": "u8",
    "uint16_t": "u16",
    "int16_t": "i16",
    "uint32_t": "u32",
    "int32_t": "i32",
    "char": "char",
}
STRUCT_TYPES = {"B": "u8", "H": "u16", "h": "i16", "I": "u32", "16s": "char[16]"}


def placed(fields: list[tuple[str, str]]) -> list[Field]:
    offsets = [sum(SIZES[kind] for _, kind in fields[:k]) for k in range(len(fields))]
    return [(at, name, kind) for at, (name, kind) in zip(offsets, fields, strict=True)]


def header_layouts(text: str) -> Layouts:
    ids = {n: int(v, 16) for n, v in re.findall(r"MRCPR_(\w+) = (0x[0-9A-F]{2}),", text)}
    layouts: Layouts = {}
    for name, body in re.findall(r"struct MRCPR_PACKED mrcpr_(\w+) \{(.*?)\};", text, re.S):
        found = re.findall(r"^\s*(\w+) (\w+)(\[MRCPR_NAME_LENGTH\])?;", body, re.M)
        fields = [(f, "char[16]" if array else C_TYPES[kind]) for kind, f, array in found]
        layouts[name.upper()] = (ids[name.upper()], placed(fields))
    return layouts


def python_layouts() -> Layouts:
    layouts: Layouts = {}
    for kind, (cls, form) in LAYOUTS.items():
        kinds = [STRUCT_TYPES[c] for c in re.findall(r"16s|[BHhI]", form)]
        fields = [("type", "u8"), *zip(cls._fields, kinds, strict=True)]
        assert struct.calcsize(form) + 1 == sum(SIZES[kind] for _, kind in fields)
        layouts[kind.name] = (int(kind), placed(fields))
    return layouts


def document_layouts(text: str) -> Layouts:
    layouts: Layouts = {}
    for name, number, body in re.findall(
        r"^### (\w+) (0x\w\w)\n(.*?)(?=^##|\Z)", text, re.M | re.S
    ):
        rows = re.findall(r"^\| (\d+) \| (\w+) \| ([\w\[\]]+) \|", body, re.M)
        layouts[name] = (int(number, 16), [(int(at), f, kind) for at, f, kind in rows])
    return layouts


def layout_hash(layouts: Layouts) -> str:
    return hashlib.sha256(json.dumps(layouts, sort_keys=True).encode()).hexdigest()


def test_header_decoder_and_document_agree() -> None:
    header = header_layouts(HEADER)
    assert set(header) == {kind.name for kind in MessageType}
    assert python_layouts() == header
    assert document_layouts(DOCUMENT) == header


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("uint16_t seq;", "uint32_t seq;"),
        (
            "uint16_t seq;\n    uint32_t sampled_ticks;",
            "uint32_t sampled_ticks;\n    uint16_t seq;",
        ),
        ("MRCPR_PING = 0x82", "MRCPR_PING = 0x92"),
        ("uint16_t chest_counts;", "uint16_t depth_counts;"),
    ],
)
def test_a_changed_header_is_noticed(old: str, new: str) -> None:
    assert old in HEADER
    changed = header_layouts(HEADER.replace(old, new))
    assert changed != python_layouts()
    assert layout_hash(changed) != layout_hash(header_layouts(HEADER))


def test_a_changed_document_is_noticed() -> None:
    changed = DOCUMENT.replace("| 3 | sampled_ticks | u32 |", "| 4 | sampled_ticks | u32 |")
    assert document_layouts(changed) != header_layouts(HEADER)


def test_the_layout_changes_only_with_the_version() -> None:
    """To change a layout: raise the version in header, decoder and document, add its hash."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert golden[str(PROTOCOL_VERSION)] == layout_hash(header_layouts(HEADER))
    assert list(golden) == [str(k) for k in range(1, PROTOCOL_VERSION + 1)]


def test_constants_agree() -> None:
    def constant(name: str) -> int:
        found = re.search(rf"#define MRCPR_{name} (\d+)", HEADER)
        assert found is not None
        return int(found[1])

    assert constant("PROTOCOL_VERSION") == PROTOCOL_VERSION
    assert constant("BAUD") == BAUD
    assert constant("CONTENT_MAX") == CONTENT_MAX
    assert f"protocol version {PROTOCOL_VERSION}\n" in DOCUMENT.splitlines(keepends=True)[0]
    assert f"{BAUD} baud" in DOCUMENT
    codes = {n: int(v) for n, v in re.findall(r"MRCPR_(\w+) = (\d),", HEADER)}
    assert codes == {
        **{code.name: code.value for code in AckCode},
        **{f"RESET_{cause.name}": cause.value for cause in ResetCause},
    }


def test_the_documents_example_is_right() -> None:
    assert f"`{encode(Ping(2, 1)).hex(' ')}`" in DOCUMENT
