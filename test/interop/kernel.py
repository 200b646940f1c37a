#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""An inlet host on a TAP device against the Linux kernel and its programs.

Usage: kernel.py TAP_HOST [--offload] [CHECK...]

In a network namespace of its own (scene.py). The kernel's end of the TAP is 10.9.0.1 and fd09::1, inlet's
is 10.9.0.2 and fd09::2. Each check is a function; all run, failures are counted. At the end
tshark looks at everything that crossed the device: no bad checksum, no malformed packet from
inlet, and each packet that inlet sent says why. With --offload both ends hand over TCP segments
larger than the MTU, and the capture shows them cut.

Waiting is always for a condition, with a bound. Exit status 77: skipped, with the reason.
"""
import contextlib
import errno
import hashlib
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile

from scene import (BOUND_S, INLET4, INLET6, KERNEL4, KERNEL6, OURS, TAP, Host, attempt, check_output, device_up,
                   enter_namespace, exchange, host_ended_well, need, next_line, ping, program, sent_well, tshark)

OFFLOAD = "--offload" in sys.argv[2:]


def pattern(n):
    period = bytes(range(251))
    return (period * (n // 251 + 1))[:n]


# ---- the kernel asks, inlet answers ----


def ping4(host, tmp):
    ping(INLET4)


def ping6(host, tmp):
    ping("-6", INLET6)


def ping_sizes(host, tmp):
    for size in (0, 1, 8, 1471, 1472):
        check_output("ping", "-c", "1", "-M", "do", "-s", str(size), INLET4)
    for size in (0, 1, 8, 1451, 1452):
        check_output("ping", "-6", "-c", "1", "-M", "do", "-s", str(size), INLET6)


def curl(url, out):
    check_output("curl", "-sS", "--noproxy", "*", "--max-time", "25", "-o", out, url)
    with open(out, "rb") as f:
        return f.read()


def curl_sizes(host, tmp):
    for addr in (INLET4, f"[{INLET6}]"):
        for size in (0, 1, 1447, 1448, 1449, 65536, 3_000_000):
            got = curl(f"http://{addr}/{size}", f"{tmp}/curl")
            assert got == pattern(size), f"{addr}/{size}: {len(got)} bytes came"


def curl_many(host, tmp):
    urls = [f"http://{INLET4}/{10000 + i}" for i in range(20)]
    args = [a for i, u in enumerate(urls) for a in ("-o", f"{tmp}/m{i}", u)]
    check_output("curl", "-sS", "--noproxy", "*", "-Z", "--max-time", "25", *args)
    for i in range(20):
        with open(f"{tmp}/m{i}", "rb") as f:
            assert f.read() == pattern(10000 + i), f"transfer {i}"


def tcp_echo(host, tmp):
    data = os.urandom(1_000_000)
    for addr in (INLET4, INLET6):
        with socket.create_connection((addr, 7), timeout=BOUND_S) as s:
            got = exchange(s, data)
        assert got == data, f"{addr}: {len(got)} of {len(data)} bytes came back"


def tcp_closed_port(host, tmp):
    for addr in (INLET4, INLET6):
        try:
            socket.create_connection((addr, 81), timeout=BOUND_S)
        except ConnectionRefusedError:
            continue
        raise AssertionError(f"{addr}: port 81 is not refused")


def tcp_abort(host, tmp):
    """A reset by the kernel in the middle of a transfer does not disturb the next one."""
    s = socket.create_connection((INLET4, 80), timeout=BOUND_S)
    s.send(b"GET /50000000 HTTP/1.0\r\n\r\n")
    assert s.recv(1000)
    s.close()  # with unread data: RST
    assert curl(f"http://{INLET4}/1000", f"{tmp}/curl") == pattern(1000)


def udp_echo(host, tmp):
    for addr, family in ((INLET4, socket.AF_INET), (INLET6, socket.AF_INET6)):
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(BOUND_S)
            s.connect((addr, 7))
            for size in (0, 1, 100, 1452 if family == socket.AF_INET6 else 1472):
                data = os.urandom(size)
                s.send(data)
                assert s.recv(2000) == data, f"{addr}, {size} bytes"


def udp_closed_port(host, tmp):
    for addr, family in ((INLET4, socket.AF_INET), (INLET6, socket.AF_INET6)):
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(BOUND_S)
            s.connect((addr, 9))
            s.send(b"x")
            try:
                s.recv(10)
            except ConnectionRefusedError:
                continue
            raise AssertionError(f"{addr}: no port unreachable")


# ---- inlet asks, the kernel answers ----


@contextlib.contextmanager
def http_server(addr, folder):
    with program(sys.executable, "-u", "-m", "http.server", "8000", "--bind", addr, "-d", folder,
                 stderr=subprocess.DEVNULL) as child:
        assert "Serving" in next_line(child, "http.server")
        yield


def get_from_kernel(host, tmp):
    os.mkdir(f"{tmp}/www")
    for size in (0, 1, 1460, 3_000_000):
        with open(f"{tmp}/www/{size}", "wb") as f:
            f.write(os.urandom(size))
    for addr in (KERNEL4, KERNEL6):
        with http_server(addr, f"{tmp}/www"):
            for size in (0, 1, 1460, 3_000_000):
                said = host.ask(f"get {addr} 8000 /{size} {tmp}/got")
                assert said == f"get {size}", f"{addr}, {size}: {said}"
                assert digest(f"{tmp}/got") == digest(f"{tmp}/www/{size}"), f"{addr}, {size}"


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def get_refused(host, tmp):
    for addr in (KERNEL4, KERNEL6):
        said = host.ask(f"get {addr} 8001 / {tmp}/got")
        assert said == f"get {-errno.ECONNREFUSED}", said


def asks_nobody(host, tmp):
    """A host that is not there. A datagram's sender is told. (A connection attempt goes on
    trying: RFC 9293 MUST-56.)"""
    for addr in ("10.9.0.77", "fd09::77"):
        said = host.ask(f"udp {addr} 7000 hello")
        assert said == f"udp {-errno.EHOSTUNREACH}", f"{addr}: {said}"
    for addr in ("192.0.2.1", "2001:db8::1"):
        said = host.ask(f"get {addr} 80 / {tmp}/got")
        assert said == f"get {-errno.ENETUNREACH}", f"{addr}: {said}"


def udp_to_kernel(host, tmp):
    for addr, family in ((KERNEL4, socket.AF_INET), (KERNEL6, socket.AF_INET6)):
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(BOUND_S)
            s.bind((addr, 7000))
            host.say(f"udp {addr} 7000 hello")
            data, peer = s.recvfrom(100)
            assert data == b"hello", data
            s.sendto(b"answer", peer)
            said = host.answer()
            assert said == "udp answer", said
        said = host.ask(f"udp {addr} 7000 hello")
        assert said == f"udp {-errno.ECONNREFUSED}", f"{addr}: {said}"  # nobody is bound any more


# ---- both, over a line that loses every 50th frame of each direction ----


def lossy(host, tmp):
    every = 20 if OFFLOAD else 50  # a super-frame is one frame
    assert host.ask(f"lose {every}") == f"lose {every}"
    try:
        for addr in (INLET4, f"[{INLET6}]"):
            assert curl(f"http://{addr}/500000", f"{tmp}/curl") == pattern(500000), addr
        os.makedirs(f"{tmp}/lossy")
        with open(f"{tmp}/lossy/f", "wb") as f:
            f.write(os.urandom(500000))
        with http_server(KERNEL4, f"{tmp}/lossy"):
            said = host.ask(f"get {KERNEL4} 8000 /f {tmp}/got")
            assert said == "get 500000", said
            assert digest(f"{tmp}/got") == digest(f"{tmp}/lossy/f")
        data = os.urandom(300_000)
        with socket.create_connection((INLET4, 7), timeout=BOUND_S) as s:
            assert exchange(s, data) == data
    finally:
        assert host.ask("lose 0") == "lose 0"


CHECKS = [
    ping4, ping6, ping_sizes, curl_sizes, curl_many, tcp_echo, tcp_closed_port, tcp_abort,
    udp_echo, udp_closed_port, get_from_kernel, get_refused, asks_nobody, udp_to_kernel, lossy,
]


# ---- what crossed the device ----


def capture_is_clean(pcapng):
    sent_well(pcapng, at_least=3000)
    repairs = tshark(pcapng, "-Y", f'{OURS} && frame.comment contains "retransmi"')
    assert repairs, "nothing was retransmitted: lossy() lost nothing"


def judge_is_not_blind(pcapng, tmp):
    """The same capture with one letter of a datagram changed is called bad."""
    with open(pcapng, "rb") as f:
        whole = f.read()
    assert b"hello" in whole
    with open(f"{tmp}/broken.pcapng", "wb") as f:
        f.write(whole.replace(b"hello", b"jello"))
    try:
        capture_is_clean(f"{tmp}/broken.pcapng")
    except AssertionError as e:
        assert "bad checksum" in str(e), e
        return
    raise AssertionError("a wrong checksum went unnoticed")


def supers_crossed(host):
    """Both ends have handed over segments larger than the MTU: nothing fell back in silence."""
    name, into, out = host.ask("supers").split()
    assert name == "supers" and int(into) > 100 and int(out) > 100, (into, out)


def main():
    tap_host = os.path.abspath(sys.argv[1])
    wanted = [arg for arg in sys.argv[2:] if arg != "--offload"]
    need("ip", "ping", "curl", "tshark", "unshare")
    enter_namespace()
    failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        pcapng = f"{tmp}/inlet.pcapng"
        with Host(tap_host, "--write", pcapng, *(["--offload"] if OFFLOAD else [])) as host:
            device_up()
            for fn in CHECKS:
                if not wanted or fn.__name__ in wanted:
                    failed += attempt(fn.__name__, fn, host, tmp)
            if OFFLOAD and not wanted:
                failed += attempt("supers_crossed", supers_crossed, host)
            failed += attempt("tap_host ends well", host_ended_well, host)
        if not wanted:
            failed += attempt("capture_is_clean", capture_is_clean, pcapng)
            failed += attempt("judge_is_not_blind", judge_is_not_blind, pcapng, tmp)
        if os.environ.get("KEEP_CAPTURE"):
            shutil.copy(pcapng, os.environ["KEEP_CAPTURE"])
    print(f"{failed} failed")
    return 1 if failed else 0


sys.exit(main())
