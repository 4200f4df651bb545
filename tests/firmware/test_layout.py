"""Header, Python decoder and document describe the same bytes, and the version counts."""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from pathlib import Path

import pytest

from mr.wire import (
    AIRWAY_UNKNOWN,
    BAUD,
    CHUNK_LENGTH,
    LAYOUTS,
    PROTOCOL_VERSION,
    UNNAMED,
    ZERO_AIRWAY_UNKNOWN,
    AckCode,
    BlockId,
    CalibrationBlock,
    Fault,
    MessageType,
    Ping,
    ResetCause,
    ZeroBlock,
    encode,
    wire_length,
)
from mr.wire.blocks import AIRWAY_KNOTS, CELL_KNOTS, CHEST_KNOTS
from mr.wire.layout import CONTENT_MAX, NAME_LENGTH

ROOT = Path(__file__).parents[2]
HEADER = (ROOT / "firmware/protocol/mrcpr_protocol.h").read_text(encoding="utf-8")
DOCUMENT = (ROOT / "docs/PROTOCOL.md").read_text(encoding="utf-8")
GOLDEN = Path(__file__).with_name("golden_layouts.json")

Field = tuple[int, str, str]
"""Offset, name, type as the document writes it."""
Layouts = dict[str, tuple[int, list[Field]]]
"""Message → its type byte and its fields."""

SIZES = {"u8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4, "char": 1}
SIZES |= {"chest_knot": 4, "cell_knot": 4, "airway_knot": 4}
C_TYPES = {
    "uint8_t": "u8",
    "uint16_t": "u16",
    "int16_t": "i16",
    "uint32_t": "u32",
    "int32_t": "i32",
    "char": "char",
}
STRUCT_TYPES = {"B": "u8", "H": "u16", "h": "i16", "I": "u32", "16s": "char[16]", "32s": "u8[32]"}
BLOCK_NAMES = {"identity_block": 0, "calibration_block": 1, "zero_block": 2}


def size(kind: str) -> int:
    found = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", kind)
    assert found is not None
    return SIZES[found[1]] * int(found[2] or 1)


def placed(fields: list[tuple[str, str]]) -> list[Field]:
    offsets = [sum(size(kind) for _, kind in fields[:k]) for k in range(len(fields))]
    return [(at, name, kind) for at, (name, kind) in zip(offsets, fields, strict=True)]


def header_structs(text: str) -> dict[str, list[tuple[str, str]]]:
    """Every packed struct of the header: name → fields and their types, arrays counted."""
    numbers = {n: int(v) for n, v in re.findall(r"#define (MRCPR_\w+) (\d+)\b", text)}
    structs = {}
    for name, body in re.findall(r"struct MRCPR_PACKED mrcpr_(\w+) \{(.*?)\};", text, re.S):
        fields = []
        for c_type, field, many in re.findall(
            r"^\s*((?:struct )?\w+) (\w+)(?:\[([^]]+)\])?;", body, re.M
        ):
            kind = C_TYPES.get(c_type) or c_type.removeprefix("struct mrcpr_")
            if many:
                factors = [numbers.get(f, f) for f in many.split(" * ")]
                kind += f"[{math.prod(map(int, factors))}]"
            fields.append((field, kind))
        structs[name] = fields
    return structs


def header_layouts(text: str) -> Layouts:
    ids = {n: int(v, 16) for n, v in re.findall(r"MRCPR_(\w+) = (0x[0-9A-F]{2}),", text)}
    layouts: Layouts = {}
    for name, fields in header_structs(text).items():
        if name in BLOCK_NAMES:
            layouts[name] = (BLOCK_NAMES[name], placed(fields))
        elif name.endswith("_knot"):
            layouts[name] = (-1, placed(fields))
        else:
            layouts[name.upper()] = (ids[name.upper()], placed(fields))
    return layouts


def messages(layouts: Layouts) -> Layouts:
    return {name: layout for name, layout in layouts.items() if name.isupper()}


def blocks(layouts: Layouts) -> Layouts:
    return {name: layout for name, layout in layouts.items() if name in BLOCK_NAMES}


def python_layouts() -> Layouts:
    layouts: Layouts = {}
    for kind, (cls, form) in LAYOUTS.items():
        kinds = [STRUCT_TYPES[c] for c in re.findall(r"\d\ds|[BHhI]", form)]
        fields = [("type", "u8"), *zip(cls._fields, kinds, strict=True)]
        assert struct.calcsize(form) + 1 == sum(size(kind) for _, kind in fields)
        layouts[kind.name] = (int(kind), placed(fields))
    return layouts


def rows_of(body: str) -> list[Field]:
    rows = re.findall(r"^\| (\d+) \| (\w+) \| ([\w\[\]]+) \|", body, re.M)
    return [(int(at), field, kind) for at, field, kind in rows if kind in SIZES or "[" in kind]


def document_layouts(text: str) -> Layouts:
    layouts: Layouts = {}
    section = r"(.*?)(?=^##|\Z)"
    for name, number, body in re.findall(rf"^### (\w+) (0x\w\w)\n{section}", text, re.M | re.S):
        layouts[name] = (int(number, 16), rows_of(body))
    for number, name, body in re.findall(rf"^### Block (\d): (\w+)\n{section}", text, re.M | re.S):
        layouts[name] = (int(number), rows_of(body))
    return layouts


def layout_hash(layouts: Layouts) -> str:
    return hashlib.sha256(json.dumps(layouts, sort_keys=True).encode()).hexdigest()


def test_header_decoder_and_document_agree() -> None:
    header = header_layouts(HEADER)
    assert set(messages(header)) == {kind.name for kind in MessageType}
    assert python_layouts() == messages(header)
    assert document_layouts(DOCUMENT) == messages(header) | blocks(header)


def test_a_block_written_in_python_lies_as_the_header_says() -> None:
    """Each field gets a value of its own, and is found where the header puts it."""
    fields = {name: (at, kind) for at, name, kind in header_layouts(HEADER)["calibration_block"][1]}
    knots = {
        "chest": tuple((1000 + k, 2000 + k) for k in range(CHEST_KNOTS)),
        "cells": tuple(
            tuple((3000 + 100 * cell + k, 4000 + 100 * cell + k) for k in range(CELL_KNOTS))
            for cell in range(4)
        ),
        "airway": tuple((-5000 - k, -6000 - k) for k in range(AIRWAY_KNOTS)),
    }
    xy = ((1, -2), (3, -4), (5, -6), (7, -8))
    block = CalibrationBlock(2, 2**32 - 1, 11, 12, 13, 14, xy, **knots)  # type: ignore[arg-type]
    content = block.to_bytes()
    assert len(content) == sum(size(kind) for _, kind in fields.values())
    assert CalibrationBlock.from_bytes(content) == block

    def at(name: str, form: str, index: int = 0) -> int:
        step = struct.calcsize("<" + form)
        return int(struct.unpack_from("<" + form, content, fields[name][0] + index * step)[0])

    assert (content[fields["layout"][0]], content[fields["body"][0]]) == (1, 2)
    assert at("made_utc_s", "I") == 2**32 - 1
    names = ("chest_ap_10um", "chest_sigma_um", "cell_sigma_10mn", "flow_sigma_100ul_s")
    assert [at(name, "H") for name in names] == [11, 12, 13, 14]
    assert [at("cell_xy_10um", "h", k) for k in range(8)] == [1, -2, 3, -4, 5, -6, 7, -8]
    assert (at("chest", "H", 2), at("chest", "H", 3)) == (1001, 2001)
    assert (at("cells", "H", 2 * CELL_KNOTS), at("cells", "H", 2 * CELL_KNOTS + 1)) == (3100, 4100)
    assert (at("airway", "h"), at("airway", "h", 1)) == (-5000, -6000)

    zero = ZeroBlock(1, 2, 3, 4, 5, 6, -7)
    assert ZeroBlock.from_bytes(zero.to_bytes()) == zero
    places = header_layouts(HEADER)["zero_block"][1]
    assert [field for _, field, _ in places] == list(ZeroBlock._fields)
    assert struct.unpack_from("<i", zero.to_bytes(), places[-1][0]) == (-7,)


def test_what_the_device_sends_has_an_even_number_of_bytes() -> None:
    """So that ends of frames meet ends of an FTDI bridge's packets (docs/PROTOCOL.md)."""
    lengths = {cls: wire_length(cls) for kind, (cls, _) in LAYOUTS.items() if kind < 0x80}
    assert {cls: n % 2 for cls, n in lengths.items()} == dict.fromkeys(lengths, 0)
    assert wire_length(Ping) == len(encode(Ping(2, 1))), "it is the length on the wire"


def test_knots_are_as_many_as_in_the_header() -> None:
    for name, number in (("CHEST", CHEST_KNOTS), ("CELL", CELL_KNOTS), ("AIRWAY", AIRWAY_KNOTS)):
        assert f"#define MRCPR_{name}_KNOTS {number}\n" in HEADER


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("uint16_t seq;", "uint32_t seq;"),
        (
            "uint16_t seq;\n    uint32_t sampled_ticks;",
            "uint32_t sampled_ticks;\n    uint16_t seq;",
        ),
        ("MRCPR_PING = 0x82", "MRCPR_PING = 0x92"),
        (
            "uint16_t chest_counts;\n    uint16_t force0",
            "uint16_t depth_counts;\n    uint16_t force0",
        ),
    ],
)
def test_a_changed_header_is_noticed(old: str, new: str) -> None:
    assert old in HEADER
    changed = header_layouts(HEADER.replace(old, new))
    assert changed != python_layouts()
    assert layout_hash(changed) != layout_hash(header_layouts(HEADER))


def test_a_changed_block_is_noticed() -> None:
    golden = header_layouts(HEADER)
    for old, new in (
        ("int32_t airway_16ths;", "uint32_t airway_16ths;"),
        ("#define MRCPR_CHEST_KNOTS 20", "#define MRCPR_CHEST_KNOTS 21"),
        ("uint16_t depth_10um;", "int16_t depth_10um;"),
    ):
        assert old in HEADER
        assert layout_hash(header_layouts(HEADER.replace(old, new))) != layout_hash(golden)


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
        **{f"BLOCK_{block.name}": block.value for block in BlockId},
    }
    assert constant("CHUNK_LENGTH") == CHUNK_LENGTH
    assert constant("NAME_LENGTH") == NAME_LENGTH
    assert f'#define MRCPR_UNNAMED "{UNNAMED}"' in HEADER
    assert f"serial number `{UNNAMED}`" in DOCUMENT
    faults = {n: int(v, 16) for n, v in re.findall(r"MRCPR_FAULT_(\w+) = (0x\w{4}),", HEADER)}
    assert faults == {fault.name: fault.value for fault in Fault}
    listed = re.findall(r"^\| (\d) \| ([A-Z_]+) \|", DOCUMENT, re.M)
    assert {name: int(code) for code, name in listed} == {c.name: c.value for c in AckCode}
    bits = re.findall(r"^\| (0x\w{4}) \| ([A-Z0-9]+) \|", DOCUMENT, re.M)
    assert {name: int(bit, 16) for bit, name in bits} == faults
    assert (AIRWAY_UNKNOWN, ZERO_AIRWAY_UNKNOWN) == (-(2**15), -(2**31))
    assert "MRCPR_ZERO_AIRWAY_UNKNOWN INT32_MIN" in HEADER
    assert "MRCPR_AIRWAY_UNKNOWN INT16_MIN" in HEADER


def test_the_documents_example_is_right() -> None:
    assert f"`{encode(Ping(2, 1)).hex(' ')}`" in DOCUMENT
