#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""kernel - hosts of a lab that the kernel joins through a TAP device, and labs with a router

    kernel.py INLET CASE

The TAP cases run in a network namespace of their own, made with unshare, so nothing outside is
seen or touched. They need /dev/net/tun and are skipped, with a message, where it is out of reach.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys

import harness
from harness import check, need

SIZE = 300_000


def enter_namespace():
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        print("skipped: /dev/net/tun is out of reach")
        sys.exit(77)
    harness.enter_namespaces()


def ip(*args):
    subprocess.run(["ip", *args], check=True)


def tap_up(name):
    enter_namespace()
    pathlib.Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0")
    ip("link", "set", "lo", "up")
    ip("tuntap", "add", "dev", name, "mode", "tap")
    ip("addr", "add", "10.9.0.1/24", "dev", name)
    ip("addr", "add", "fd09::1/64", "dev", name)
    ip("link", "set", name, "up")


def make_file(directory):
    (directory / "file").write_bytes(os.urandom(SIZE))
    return (directory / "file").read_bytes()


def kernel_server(lab, address):
    """An unmodified web server on the kernel's own TCP; its port is open when this returns."""
    (python,) = need("python3")
    process = subprocess.Popen(
        [python, "-m", "http.server", "-b", address, "-d", str(lab.dir), "8000"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def answers():
        with socket.socket(family) as s:
            return s.connect_ex((address, 8000)) == 0

    lab.wait("the kernel's server", answers)
    return process


def unstarted(inlet, text=harness.TWO_HOSTS):
    """A folder for files and sockets, without a running lab."""
    return harness.Lab(inlet, text)


def fetch_by_tap(inlet, address, options):
    (curl,) = need("curl")
    lab = unstarted(inlet)
    wanted = make_file(lab.dir)
    server = kernel_server(lab, address)
    host = f"[{address}]" if ":" in address else address
    try:
        done = lab.command("run", "--link", "tap:tap9", *options, "--", curl, "-sS", "-o",
                           str(lab.dir / "got"), f"http://{host}:8000/file")
        check(done.returncode == 0, f"curl ended with {done.returncode}: {done.stderr}")
        check((lab.dir / "got").read_bytes() == wanted, "the bytes differ")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)
        shutil.rmtree(lab.dir)


def link_tap(inlet):
    """inlet run --link tap:NAME: curl on inlet, the server on the kernel"""
    tap_up("tap9")
    fetch_by_tap(inlet, "10.9.0.1", [])


def link_tap_six(inlet):
    """the same over IPv6, with an address of our choice"""
    tap_up("tap9")
    fetch_by_tap(inlet, "fd09::1", ["--addr", "fd09::2/64"])


def lab_tap(inlet):
    """`tap = NAME` in a lab file: the kernel's curl and ping, a server on a host of the lab"""
    tap_up("tap9")
    curl, ping, python = need("curl", "ping", "python3")
    text = """
[host server]
net0 = 10.9.0.2/24, fd09::2/64
[link net0]
tap = tap9
delay = 2ms
"""
    with unstarted(inlet, text) as lab:
        wanted = make_file(lab.dir)
        lab.start("server", python, "-m", "http.server", "-b", "::", "-d", str(lab.dir), "8000")
        lab.wait_listening(8000)
        for address in ("10.9.0.2", "fd09::2"):
            done = subprocess.run([ping, "-c", "2", "-i", "1", "-W", "5", address], text=True,
                                  capture_output=True, check=False)
            check(done.returncode == 0, f"ping {address}: {done.stdout}{done.stderr}")
            host = f"[{address}]" if ":" in address else address
            got = subprocess.run([curl, "-sS", "--max-time", "30", f"http://{host}:8000/file"],
                                 capture_output=True, check=False)
            check(got.returncode == 0 and got.stdout == wanted,
                  f"curl {address}: {got.returncode} {got.stderr}")


def router(inlet):
    """examples/router.ini: a file crosses the router, IPv4 and IPv6, and a wrong port is refused"""
    curl, python = need("curl", "python3")
    example = pathlib.Path(__file__).resolve().parents[2] / "examples" / "router.ini"
    with unstarted(inlet, example.read_text()) as lab:
        wanted = make_file(lab.dir)
        lab.start("right", python, "-m", "http.server", "-b", "::", "-d", str(lab.dir), "8000")
        lab.wait_listening(8000)
        for address in ("10.2.0.2", "[fd02::2]"):
            done = lab.run("left", curl, "-sS", "-o", str(lab.dir / "got"),
                           f"http://{address}:8000/file")
            check(done.returncode == 0, f"curl {address}: {done.returncode} {done.stderr}")
            check((lab.dir / "got").read_bytes() == wanted, f"{address}: the bytes differ")
        done = lab.run("left", curl, "-sS", "http://10.2.0.2:9/")
        check(done.returncode == 7, f"a closed port gave {done.returncode}: {done.stderr}")


def switch(inlet):
    """examples/switch.ini: a file crosses the switch, IPv4 and IPv6, and not by the slow cable"""
    curl, python = need("curl", "python3")
    example = pathlib.Path(__file__).resolve().parents[2] / "examples" / "switch.ini"
    with unstarted(inlet, example.read_text()) as lab:
        wanted = make_file(lab.dir)
        lab.start("files", python, "-m", "http.server", "-b", "::", "-d", str(lab.dir), "8000")
        lab.wait_listening(8000)
        for address in ("10.3.0.2", "[fd03::2]"):
            done = lab.run("desk", curl, "-sS", "-o", str(lab.dir / "got"),
                           f"http://{address}:8000/file")
            check(done.returncode == 0, f"curl {address}: {done.returncode} {done.stderr}")
            check((lab.dir / "got").read_bytes() == wanted, f"{address}: the bytes differ")


if __name__ == "__main__":
    harness.main({f.__name__: f for f in (link_tap, link_tap_six, lab_tap, router, switch)})
