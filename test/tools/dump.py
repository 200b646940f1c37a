#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""dump - `inlet dump` beside tcpdump, and with files of all kinds

The packets are made by dump_frames. Where the two differ on purpose, docs/dump.md says why.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import dump_frames as made
import harness
from harness import check

ENV = dict(os.environ, TZ="UTC")


def call(*args, **more):
    return subprocess.run(args, capture_output=True, env=ENV, timeout=harness.LIMIT_S, **more)


def dump(inlet, path, *flags, **more):
    return call(inlet, "dump", "-r", str(path), *flags, **more)


def files(inlet):
    """Byte orders, nanoseconds, pcapng and stdin: the same packets, the same lines."""
    frames = made.tcp_frames()
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        folder = pathlib.Path(folder)
        made.capture(folder / "plain", frames)
        want = dump(inlet, folder / "plain", "-nnttv").stdout
        check(want.count(b"\n    192.0.2.1") > 30, f"too few lines: {want}")
        for big in (False, True):
            made.capture(folder / "us", frames, big=big)
            made.capture_ng(folder / "ng", frames, big=big)
            made.capture_ng(folder / "ng6", frames, big=big, resolution=6)
            for name in ("us", "ng", "ng6"):
                got = dump(inlet, folder / name, "-nnttv")
                check(got.stdout == want and got.returncode == 0, f"{name}, big={big}: {got}")
        made.capture(folder / "ns", frames, nano=True)
        line = dump(inlet, folder / "ns", "-nntt", "--nano", "-c2").stdout.splitlines()[1]
        check(line.startswith(b"1700000061.000001001 "), f"nanoseconds: {line}")
        with open(folder / "us", "rb") as f:
            check(dump(inlet, "-", "-nnttv", stdin=f).stdout == want, "stdin")


def damage(inlet):
    """Files that are no captures or end too early: a message, status 1, and what could be read."""
    frames = made.udp_frames()[:3]
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as folder:
        folder = pathlib.Path(folder)
        for make, least in ((made.capture, 24), (made.capture_ng, 60)):
            make(folder / "whole", frames)
            whole = (folder / "whole").read_bytes()
            lines = dump(inlet, folder / "whole", "-nn").stdout
            check(lines.count(b"\n") == 3, f"not three lines: {lines}")
            for n in (0, 3, 20, least + 9, len(whole) - 30, len(whole) - 1):
                (folder / "cut").write_bytes(whole[:n])
                got = dump(inlet, folder / "cut", "-nn")
                check(got.returncode == 1 and b"inlet dump: " in got.stderr and b"/cut: " in got.stderr,
                      f"{n} bytes: {got}")
                check(lines.startswith(got.stdout), f"{n} bytes: {got}")
                if n == len(whole) - 1:
                    check(got.stdout.count(b"\n") == 2, f"two packets are whole: {got}")
        for path, word in ((folder / "none", b"No such file"), (folder, b"Is a directory"),
                           (pathlib.Path(__file__), b"neither pcap nor pcapng")):
            got = dump(inlet, path)
            check(got.returncode == 1 and word in got.stderr, f"{path}: {got}")
        got = dump(inlet, folder / "whole", "tcp", "prot", "80")
        check(got.returncode == 1 and b"filter" in got.stderr, f"a wrong filter: {got}")
        check(call(inlet, "dump").returncode == 2, "no source")


if __name__ == "__main__":
    harness.main({case.__name__: case for case in (damage, files)})
