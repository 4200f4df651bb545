"""A replay equals the live run to the last bit, and says so when it does not."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from tests.cli.conftest import Finished

Run = Callable[..., Finished]


@pytest.mark.parametrize("block_size", [1, 7, 64, 100_000])
def test_any_block_size_gives_the_same_bits(
    mrcpr: Run, recording: Path, demo_folder: Path, block_size: int
) -> None:
    done = mrcpr("replay", recording, "--block-size", block_size, "--json").require(0)
    assert "identical to the live run to the last bit" in done.err
    assert done.out == (demo_folder / "session.json").read_text()


@pytest.mark.parametrize("share", [0.7, 0.8, 0.9])  # the rig with its surface comes first
def test_a_repaired_copy_replays_like_the_cut_recording(
    mrcpr: Run, recording: Path, tmp_path: Path, share: float
) -> None:
    whole = recording.read_bytes()
    (tmp_path / "cut.mcap").write_bytes(whole[: round(share * len(whole))])
    cut = mrcpr("replay", tmp_path / "cut.mcap", "--repair", tmp_path / "mended.mcap").require(0)
    mended = mrcpr("replay", tmp_path / "mended.mcap").require(0)
    judged = re.compile(r"last bit: (\d+) compressions")
    assert judged.findall(cut.out) == judged.findall(mended.out) != []
    assert "incomplete:" in cut.out and "repaired copy:" in mended.out


def copy_with(recording: Path, out: Path, change: Callable[[dict[str, object]], None]) -> None:
    """Copy a recording as it is but for its first stored compression."""
    changed = False
    with recording.open("rb") as source, out.open("wb") as target:
        reader, writer = make_reader(source), Writer(target, compression=CompressionType.ZSTD)
        writer.start(profile="mrcpr", library="test")
        for metadata in reader.iter_metadata():
            writer.add_metadata(metadata.name, metadata.metadata)
        for file in reader.iter_attachments():
            writer.add_attachment(
                file.create_time, file.log_time, file.name, file.media_type, file.data
            )
        schemas, channels = {0: 0}, {}
        for schema, channel, message in reader.iter_messages(log_time_order=False):
            if schema is not None and schema.id not in schemas:
                schemas[schema.id] = writer.register_schema(
                    schema.name, schema.encoding, schema.data
                )
            if channel.id not in channels:
                channels[channel.id] = writer.register_channel(
                    channel.topic, channel.message_encoding, schemas[channel.schema_id],
                    channel.metadata,
                )  # fmt: skip
            data = message.data
            if channel.topic == "result/compression" and not changed:
                values = json.loads(data)
                change(values)
                data, changed = json.dumps(values).encode(), True
            writer.add_message(
                channels[channel.id], message.log_time, data, message.publish_time,
                message.sequence,
            )  # fmt: skip
        writer.finish()
    assert changed


def test_a_stored_value_changed_by_its_last_bit_is_found(
    mrcpr: Run, recording: Path, tmp_path: Path
) -> None:
    def one_ulp(compression: dict[str, object]) -> None:
        depth = compression["depth_mm"]
        assert isinstance(depth, dict)
        depth["value"] = math.nextafter(depth["value"], math.inf)

    copy_with(recording, tmp_path / "other.mcap", one_ulp)
    done = mrcpr("replay", tmp_path / "other.mcap").require(1)
    assert "different from the live run in 1 places" in done.out
    assert "compression 0: depth_mm was" in done.out
    # The copying itself changes nothing.
    copy_with(recording, tmp_path / "same.mcap", lambda _: None)
    assert "identical" in mrcpr("replay", tmp_path / "same.mcap").require(0).out


OWN = """
extends = "aha-2025-adult-bls"
id = "own"
version = 3
title = "Our course"
[definitions]
min_excursion_mm = {least}
pause_threshold_s = 1.0
source = "our course"
standing = "ours"
"""


def test_another_profile_is_told_and_compared_where_it_can_be(
    mrcpr: Run, recording: Path, tmp_path: Path
) -> None:
    own, other = tmp_path / "own.toml", tmp_path / "other.toml"
    own.write_text(OWN.format(least=10.0))
    other.write_text(OWN.format(least=20.0))
    same = mrcpr("replay", recording, "--guideline", own, "--json").require(0)
    assert json.loads(same.out)["guideline"]["id"] == "own"
    assert "it is judged by own, version 3" in " ".join(same.err.split())
    assert "identical to the live run" in same.err
    defined = mrcpr("replay", recording, "--guideline", other).require(0)
    assert "not compared with the live run" in " ".join(defined.out.split())
    assert "assumed: it is judged" not in mrcpr("replay", recording).require(0).out
    mrcpr("replay", recording, "--guideline", own, "--track").require(2)
