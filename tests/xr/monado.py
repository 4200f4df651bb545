"""A whole OpenXR runtime for tests: X server, Monado, an injected head, its picture.

Takes the root that ``monado_root.sh`` prints, gives a running `Monado`: programs can be
started against it, the head is put where a test wants it, and the compositor's picture
can be read. Everything is private to one instance (display, sockets, port), and all of
it is gone after `close`.

Ref: Monado 25.0.0, drivers/remote/r_interface.h (the packet), MIT-style X11 XWD version 7.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from mr.types import FloatArray, Pose

HERE = Path(__file__).parent
SCREEN_PX = (1280, 720)
EYE_SCALE_PCT = 40
START_S = 40.0
REPLY_S = 90.0
SETTLE_S = 60.0

REPOSITORY = Path(__file__).parents[2]
PACKET_N = 376
"""Bytes of a packet: a header, the head, two hands. The head begins with its two views."""
VIEW_AT = (8, 8 + 48)
HEAD_CENTER_AT = 8 + 2 * 48
OWN_VIEWS_AT = HEAD_CENTER_AT + 28
HAND_AT = {"left": 136, "right": 136 + 120}
HAND_TRACKED_AT = 104
"""Behind its pose, velocities, curls and sticks: whether the hand is seen as a hand."""

HALF_IPD_M = 0.0315
DISPLAY_FOV_RAD = (-0.7417649, 0.7417649, 0.7787636, -0.7787636)
"""What each half of the window shows, whatever the eyes' angles are."""
LIFELIKE_EYES = ((-0.94, 0.70, 0.73, -0.87), (-0.70, 0.94, 0.73, -0.87))
"""Angles left, right, up, down of each eye, rad; headsets see further out than in."""


class Root:
    """Where Monado lives: the system itself (``/``) or an unpacked foreign root."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_system = path == Path("/")
        self.lib = path / "usr/lib/x86_64-linux-gnu"

    def command(self, program: str | Path, *arguments: str | Path) -> list[str]:
        """Give the command line that runs a program with this root's libraries."""
        rest = [str(argument) for argument in arguments]
        if self.is_system:
            return [str(program), *rest]
        real = str(Path(program).resolve())
        loader = str(self.path / "usr/lib64/ld-linux-x86-64.so.2")
        # blas, lapack and pulseaudio keep theirs in folders of their own.
        folders = [self.lib, *(self.lib / name for name in ("blas", "lapack", "pulseaudio"))]
        folders.append(self.path / "usr/lib")
        path = ":".join(str(folder) for folder in folders)
        return [loader, "--library-path", path, "--argv0", str(program), real, *rest]

    def environment(self, private: Path) -> dict[str, str]:
        """Give the variables that lead Vulkan, OpenGL and OpenXR into this root."""
        vulkan = sorted(self.path.glob("usr/share/vulkan/icd.d/lvp_icd*.json"))[0]
        runtime = self.path / "usr/share/openxr/1/openxr_monado.json"
        if self.is_system:
            return {"VK_DRIVER_FILES": str(vulkan), "XR_RUNTIME_JSON": str(runtime)}
        return {
            "VK_DRIVER_FILES": str(self._absolute(vulkan, "ICD", private)),
            "XR_RUNTIME_JSON": str(self._absolute(runtime, "runtime", private)),
            "LIBGL_DRIVERS_PATH": str(self.lib / "dri"),
            "__EGL_VENDOR_LIBRARY_DIRS": str(self.path / "usr/share/glvnd/egl_vendor.d"),
        }

    def _absolute(self, manifest: Path, key: str, private: Path) -> Path:
        """Copy a manifest so that it names its library by an absolute path."""
        data = json.loads(manifest.read_text())
        data[key]["library_path"] = str(self.lib / Path(data[key]["library_path"]).name)
        copy = private / manifest.name
        copy.write_text(json.dumps(data))
        return copy


class Monado:
    """An X server and a Monado service; `close` ends both."""

    def __init__(self, root: Root, private: Path) -> None:
        private.chmod(0o700)
        self.root = root
        self.private = private
        self._stack = contextlib.ExitStack()
        self.environment = {**os.environ, **root.environment(private)}
        self.environment |= {"XDG_RUNTIME_DIR": str(private), "XDG_CONFIG_HOME": str(private)}
        self.environment.pop("WAYLAND_DISPLAY", None)
        try:
            self.environment["DISPLAY"] = self._start_x()
            self._start_service()
            self._head = self._connect_head()
            self.set_eyes(LIFELIKE_EYES)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End every process, newest first."""
        self._stack.close()

    def start(
        self, command: list[str], log: Path, *, extra: dict[str, str] | None = None, **more: Any
    ) -> subprocess.Popen[bytes]:
        """Start a program that `close` ends; what it says goes into `log`."""
        with log.open("wb") as file:
            more.setdefault("stdout", file)
            more.setdefault("stdin", subprocess.DEVNULL)
            # Should the tests be killed, the kernel ends what they started.
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command],
                stderr=file,
                env={**self.environment, **(extra or {})},
                **more,
            )
        self._stack.callback(end, process)
        return process

    def client(self, script: Path, log: Path, **extra: str) -> Client:
        """Start a Python script of ours as an OpenXR program."""
        command = self.root.command(sys.executable, script)
        extra = {"PYTHONPATH": str(REPOSITORY)} | extra  # where `tests` is
        process = self.start(
            command, log, extra=extra, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        return Client(process, log)

    def set_head(self, xr_from_head: Pose) -> None:
        """Put the head somewhere, in the frame whose origin is on the floor."""
        x, y, z, w = Rotation.from_matrix(xr_from_head.R).as_quat()
        pose = struct.pack("<7f", x, y, z, w, *xr_from_head.t_m)
        self._packet[HEAD_CENTER_AT : HEAD_CENTER_AT + 28] = pose
        self._head.sendall(self._packet)

    def set_eyes(self, fov_rad: tuple[tuple[float, float, float, float], ...]) -> None:
        """Give each eye its angles left, right, up and down; both look straight ahead."""
        for at, fov, x_m in zip(VIEW_AT, fov_rad, (-HALF_IPD_M, HALF_IPD_M), strict=True):
            view = struct.pack("<11f", *fov, 0.0, 0.0, 0.0, 1.0, x_m, 0.0, 0.0)
            self._packet[at : at + 44] = view
        self._packet[OWN_VIEWS_AT] = 1
        self._head.sendall(self._packet)

    def set_hand(self, side: str, xr_from_hand: Pose | None) -> None:
        """Put a hand somewhere, or out of sight."""
        at = HAND_AT[side]
        if xr_from_hand is not None:
            x, y, z, w = Rotation.from_matrix(xr_from_hand.R).as_quat()
            self._packet[at : at + 28] = struct.pack("<7f", x, y, z, w, *xr_from_hand.t_m)
        for flag in (0, 1):  # seen as a hand; connected at all
            self._packet[at + HAND_TRACKED_AT + flag] = xr_from_hand is not None
        self._head.sendall(self._packet)

    def picture(self) -> npt.NDArray[np.uint8]:
        """Read what is on the screen, (H, W, 3) red-green-blue: both eyes side by side."""
        return read_xwd((self.private / "Xvfb_screen0").read_bytes())

    def picture_when(
        self, accept: Callable[[npt.NDArray[np.uint8]], bool]
    ) -> npt.NDArray[np.uint8]:
        """Take pictures until one is as wanted, or `SETTLE_S` are over; give the last.

        The compositor runs a few frames behind the program.
        """
        give_up_s = time.monotonic() + SETTLE_S
        picture = self.picture()
        while not accept(picture) and time.monotonic() < give_up_s:
            time.sleep(0.05)
            picture = self.picture()
        return picture

    def window_px(self) -> tuple[int, int]:
        """Tell the size of the compositor's window; it stands at the screen's top left.

        The window is made with the first frame that any program shows.
        """
        give_up_s = time.monotonic() + SETTLE_S
        while True:
            log = (self.private / "monado.log").read_text()
            found = re.findall(r"imageExtent: \{(\d+), (\d+)\}", log)
            if found:
                return int(found[-1][0]), int(found[-1][1])
            if time.monotonic() > give_up_s:
                raise RuntimeError(f"Monado made no window in {SETTLE_S} s:\n{log}")
            time.sleep(0.05)

    def _start_x(self) -> str:
        read_fd, write_fd = os.pipe()
        size = f"{SCREEN_PX[0]}x{SCREEN_PX[1]}x24"
        # The server picks a free display itself; its screen is a file that we can read.
        command = ["Xvfb", "-displayfd", str(write_fd), "-screen", "0", size]
        command += ["-fbdir", str(self.private), "-nolisten", "tcp", "+extension", "GLX"]
        self.start(command, self.private / "xvfb.log", pass_fds=(write_fd,))
        os.close(write_fd)
        with os.fdopen(read_fd, "rb") as pipe:
            if not select.select([pipe], [], [], START_S)[0]:
                raise RuntimeError(f"Xvfb gave no display in {START_S} s")
            number = pipe.readline().decode().strip()
        if not number:
            raise RuntimeError((self.private / "xvfb.log").read_text())
        return f":{number}"

    def _start_service(self) -> None:
        self._port = free_port()
        (self.private / "monado").mkdir(exist_ok=True)
        remote = {"remote": {"version": 0, "port": self._port, "view_count": 2}}
        (self.private / "monado/config_v0.json").write_text(json.dumps(remote))
        program = self.root.path / "usr/bin/monado-service"
        log = self.private / "monado.log"
        settings = {
            "XRT_NO_STDIN": "1",
            "P_OVERRIDE_ACTIVE_CONFIG": "remote",
            "XRT_COMPOSITOR_FORCE_XCB": "1",
            "XRT_COMPOSITOR_SCALE_PERCENTAGE": str(EYE_SCALE_PCT),
        }
        self.service = self.start(self.root.command(program), log, extra=settings)
        give_up_s = time.monotonic() + START_S
        while b"service has started" not in log.read_bytes():
            if self.service.poll() is not None or time.monotonic() > give_up_s:
                raise RuntimeError(f"monado-service did not start:\n{log.read_text()}")
            time.sleep(0.05)
        if self.service.poll() is not None:
            raise RuntimeError(f"monado-service started and ended:\n{log.read_text()}")

    def stop_service(self) -> None:
        """End the service, as a headset's software ends that crashes."""
        self._head.close()
        end(self.service)

    def start_service(self) -> None:
        """Start the service again, with head and eyes where they were."""
        before = bytes(self._packet)
        (self.private / "monado.log").unlink()
        for left in self.private.glob("monado*ipc*"):
            left.unlink()
        self._start_service()
        self._head = self._connect_head()
        self._packet[8:] = before[8:]
        self._head.sendall(self._packet)

    def _connect_head(self) -> socket.socket:
        """Connect to the remote driver; it first tells where everything is now."""
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=10.0)
        self._stack.callback(connection.close)
        self._packet = bytearray()
        while len(self._packet) < PACKET_N:
            more = connection.recv(PACKET_N - len(self._packet))
            if not more:
                raise RuntimeError("Monado's remote driver hung up")
            self._packet += more
        self._packet[:8] = b"mndrmt3\0"  # Monado reads it, but leaves it out of its own
        return connection


class Client:
    """One OpenXR program of ours: a JSON line in, a JSON line back."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    def ask(self, **order: object) -> Any:
        """Give an order and wait for the answer."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # then the answer's absence tells why
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        """Wait for the next answer; other lines on the output are passed over."""
        for line in lines_within(self._process.stdout, REPLY_S):
            if line.startswith(b"{"):
                return json.loads(line)
        raise RuntimeError(f"the OpenXR client gave no answer:\n{self._log.read_text()}")

    def leave(self) -> int:
        """Close its input and wait until it has ended; gives its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(REPLY_S)


def lines_within(stream: IO[bytes] | None, timeout_s: float) -> Iterator[bytes]:
    """Give whole lines of an unbuffered pipe until it closes or the time is over."""
    assert stream is not None
    give_up_s = time.monotonic() + timeout_s
    while (left_s := give_up_s - time.monotonic()) > 0:
        if select.select([stream], [], [], left_s)[0]:
            line = stream.readline()
            if not line:
                return
            yield line


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process politely, then firmly, and close its pipes."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5.0)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def free_port() -> int:
    """Find a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_xwd(data: bytes) -> npt.NDArray[np.uint8]:
    """Decode a 24-bit XWD dump into (H, W, 3) red-green-blue."""
    header = struct.unpack(">25I", data[:100])
    header_n, width_px, height_px = header[0], header[4], header[5]
    bits, stride_n, colors_n = header[11], header[12], header[19]
    if bits != 32:
        raise RuntimeError(f"the screen has {bits} bits a pixel, not 32")
    start = header_n + 12 * colors_n
    rows = np.frombuffer(data, np.uint8, stride_n * height_px, start).reshape(height_px, stride_n)
    bgrx = rows[:, : 4 * width_px].reshape(height_px, width_px, 4)
    return np.ascontiguousarray(bgrx[:, :, 2::-1])


def looking_at(eye_m: FloatArray, target_m: FloatArray) -> Pose:
    """Give the pose of a head that looks at a point, upright (y up, −z forward)."""
    back = (eye_m - target_m) / np.linalg.norm(eye_m - target_m)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    return Pose(np.stack([right, np.cross(back, right), back], axis=1), eye_m)


HEAD = looking_at(np.array([0.05, 0.85, -0.75]), np.array([0.0, 0.2, -1.2]))
"""A kneeling learner, a little to one side, who looks at the default mannequin."""
