#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""options - options as programs set them, judged by what programs see, the dump and netstat

usage: options.py INLET CASE

Nothing depends on speed: the dump says why a segment was sent, and netstat how full a queue is.
"""

import json
import re

import harness
from harness import Lab, check, need

# Says what came of each connection; a line on stdin goes before the first read.
SERVER = """
import socket, sys
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
ALL
l.bind(("10.0.0.2", 9000))
l.listen(5)
print("ready", flush=True)
while True:
    s, n = l.accept()[0], 0
    EACH
    while data := s.recv(65536):
        n += len(data)
        BACK
    s.close()
    print(n, flush=True)
"""

CLIENT = """
import socket, sys
T = socket.IPPROTO_TCP
there = ("10.0.0.2", 9000)
s = socket.socket()
"""


def serve(lab, listener="", each="", back="pass"):
    (python,) = need("python3")
    text = SERVER.replace("ALL", listener).replace("EACH", each).replace("BACK", back)
    server = lab.start("server", python, "-c", text)
    check(server.stdout.readline() == "ready\n", "the server is not ready")
    return server


def segments(lines, host):
    """What a host sent: flags, length and cause of each TCP segment."""
    found = [re.match(rf"\S+ {host} .*: Flags \[(\S+)\],.* length (\d+)  <- (.*)", line)
             for line in lines]
    return [(m[1], int(m[2]), m[3]) for m in found if m]


def client(lab, text):
    """Runs a client to its end: what it printed, and the lab's packets meanwhile."""
    (python,) = need("python3")
    done = lab.command("run", "--host", "client", "--dump", "--", python, "-c", CLIENT + text)
    check(done.returncode == 0, done.stderr)
    return done.stdout, done.stderr.splitlines()


CORKED = """
s.connect(there)
s.setsockopt(T, socket.TCP_CORK, %d)
assert s.getsockopt(T, socket.TCP_CORK) == %d
for n in range(5):
    s.send(b"x" * 100)
while n < 500:
    n += len(s.recv(500))
"""


def cork(inlet):
    """Small writes wait for the cork's time, even with nothing in flight; without it none does."""
    with Lab(inlet) as lab:
        serve(lab, back="s.send(data)")
        for on in (1, 0):
            _, lines = client(lab, CORKED.replace("n < 500", "n < 504") % (on, on))
            data = [s for s in segments(lines, "client") if s[1] > 0]
            check(sum(s[1] for s in data) == 500, f"data: {data}")
            corked = [s for s in data if "corked" in s[2]]
            check(corked == (data if on else []), f"TCP_CORK {on}: {data}")


def quickack(inlet):
    """One small segment is acknowledged by a timer, or at once."""
    (python,) = need("python3")
    text = CLIENT + "s.connect(there)\ns.recv(1)\ns.send(b'x')\nsys.stdin.read()"
    for on, cause in ((0, "delayed-ACK timer"), (1, "at once (quick-ACK)")):
        with Lab(inlet) as lab:
            serve(lab, each=f"s.send(b'g'); T = socket.IPPROTO_TCP\n"
                  f"    s.setsockopt(T, socket.TCP_QUICKACK, {on})\n"
                  f"    assert s.getsockopt(T, socket.TCP_QUICKACK) == {on}")
            process = lab.start("client", python, "-c", text, options=["--dump"])
            sent = False
            for line in process.stderr:
                sent = sent or any(s[1] == 1 for s in segments([line], "client"))
                acks = [s for s in segments([line], "server") if s[:2] == (".", 0)]
                if sent and acks:
                    break
            check(cause in acks[0][2], f"TCP_QUICKACK {on}: {acks}")


def queues(lab, host):
    """Bytes in the receive and the send queue of the only connection of a host."""
    for line in lab.netstat("-a", "--json").splitlines():
        entry = json.loads(line)
        if entry["host"] == host and entry["state"] == "ESTABLISHED":
            return entry["recv_q"], entry["send_q"]
    return 0, 0


def notsent_lowat(inlet):
    """Of what a program writes to a peer that does not read, the host takes as much as may be
    unsent, or as the send buffer holds. Nothing is lost: it goes on when the peer reads."""
    (python,) = need("python3")
    text = CLIENT + """
s.connect(there)
s.setsockopt(T, socket.TCP_NOTSENT_LOWAT, int(sys.argv[1]))
assert s.getsockopt(T, socket.TCP_NOTSENT_LOWAT) == int(sys.argv[1])
s.sendall(bytes(5_000_000))
"""
    for lowat, is_full in ((1000, lambda unsent: unsent < 3000), (0, lambda unsent: unsent > 50_000)):
        with Lab(inlet) as lab:
            server = serve(lab, each="sys.stdin.readline()")
            process = lab.start("client", python, "-c", text, str(lowat))
            lab.wait("the window to close", lambda: queues(lab, "server")[0] > 60_000)
            lab.wait(f"the queue of {lowat}", lambda: is_full(queues(lab, "client")[1]))
            check(process.poll() is None, "5 MB have vanished")
            server.stdin.write("read\n")
            server.stdin.flush()
            check(server.stdout.readline() == "5000000\n", "the server got something else")


REUSE = "l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)"


def reuseport(inlet):
    """Two programs listen on one port, and both are given connections; not without the option."""
    (python,) = need("python3")
    with Lab(inlet) as lab:
        both = [serve(lab, REUSE), serve(lab, REUSE)]
        done = lab.run("server", python, "-c", SERVER.replace("ALL", "").replace("EACH", "")
                       .replace("BACK", "pass"))
        check("Address already in use" in done.stderr, f"a third, without the option: {done.stderr}")
        client(lab, "s.close()\nfor n in range(64):\n    socket.create_connection(there).close()")
        for server in both:
            check(server.stdout.readline() == "0\n", "one server had no connection")


# Three ways to open fast: the first of two connections gets the cookie, the second uses it.
FAST = (
    "n = s.sendto(b'hello', socket.MSG_FASTOPEN, there)",
    "n = s.sendmsg([b'he', b'llo'], [], socket.MSG_FASTOPEN, there)",
    "s.setsockopt(T, 30, 1); assert s.getsockopt(T, 30) == 1; s.connect(there); n = s.send(b'hello')",
)
FAST_END = """
assert n == 5, n
s.shutdown(socket.SHUT_WR)
assert s.recv(10) == b"hello" and s.recv(1) == b""
"""


def fastopen(inlet):
    """The first connection asks for a cookie, the next ones' data goes with the SYN."""
    with Lab(inlet) as lab:
        serve(lab, "l.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)", back="s.send(data)")
        with_syn = 0
        for text in FAST[:1] + FAST:
            _, lines = client(lab, text + FAST_END)
            syns = [s for s in segments(lines, "client") if s[0] == "S"]
            check([s[1] for s in syns] == [with_syn], f"{text}: {syns}")
            with_syn = 5


def fastopen_silent(inlet):
    """Who opens fast and then ends without a word is connected for all that; who is refused is
    told when he reads."""
    with Lab(inlet) as lab:
        server = serve(lab, "l.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)")
        fast = "s.setsockopt(T, 30, 1); s.connect(there);"
        for text, got in ((fast + "s.send(b'x'); s.close()", "1\n"),
                          (fast + "s.shutdown(socket.SHUT_WR); assert s.recv(1) == b''", "0\n"),
                          (fast + "s.close()", "0\n")):
            client(lab, text)
            check(server.stdout.readline() == got, f"{text}: the server got something else")
        harness.end(server)
        lab.wait("the port to be free", lambda: " 10.0.0.2:9000 " not in lab.netstat("-l", "-t"))
        client(lab, fast + """
s.send(b"x")
try:
    s.recv(1)
    sys.exit("nobody is there")
except ConnectionResetError:
    pass""")


def fastopen_waits(inlet):
    """Without a cookie, MSG_FASTOPEN that does not wait says EINPROGRESS and takes nothing. A
    server that does not know Fast Open gets the data after the handshake. Not twice."""
    with Lab(inlet) as lab:
        serve(lab, back="s.send(data)")
        _, lines = client(lab, """
import select
s.setblocking(False)
try:
    s.sendto(b"hello", socket.MSG_FASTOPEN, there)
    sys.exit("no error")
except BlockingIOError:
    pass
select.select([], [s], [])
s.setblocking(True)
n = s.send(b"hello")""" + FAST_END)
        check([s[1] for s in segments(lines, "client") if s[0] == "S"] == [0], "data in the SYN")
        client(lab, """
n = s.sendto(b"hello", socket.MSG_FASTOPEN, there)
try:
    s.sendto(b"again", socket.MSG_FASTOPEN, there)
    sys.exit("connected twice")
except OSError as fault:
    assert fault.errno == 106, fault  # EISCONN""" + FAST_END)
        client(lab, """
try:
    s.sendto(b"hello", socket.MSG_FASTOPEN, ("10.0.0.2", 9001))
    sys.exit("nobody is there")
except ConnectionRefusedError:
    pass""")


DATAGRAMS = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
%s
"""


def in_turn(inlet):
    """each datagram has the TTL, and the peer, that were set before it"""
    (python,) = need("python3")
    with Lab(inlet) as lab:
        server = lab.start("server", python, "-c", DATAGRAMS % """
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
s.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
s.bind(("10.0.0.2", 9000))
print("ready", flush=True)
n = 0
while n < 500:
    data, told = s.recvmsg(99, 99)[:2]
    ttl = int.from_bytes(told[0][2], "little")
    assert (int(data), int(data) % 200 + 1) == (n, ttl), (data, n, ttl)
    n += 1
    s.sendto(data, ("10.0.0.1", 9001))
print("in turn", flush=True)
""")
        check(server.stdout.readline() == "ready\n", "the server is not ready")
        done = lab.run("client", python, "-c", DATAGRAMS % """
back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
back.bind(("10.0.0.1", 9001))
back.settimeout(10)
for n in range(500):
    s.connect(("10.0.0.2", 9000))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, n % 200 + 1)
    s.send(str(n).encode())
    s.connect(("10.0.0.77", 9))
    if n % 50 == 49:  # no more than the receiver has room for
        while int(back.recv(99)) < n:
            pass
""")
        check(done.returncode == 0, done.stderr + (server.stderr.read() if server.poll() else ""))
        check(server.stdout.readline() == "in turn\n", "out of turn")


EXT = """
import socket, sys
I, HOP, RTHDST, RTH, DST = socket.IPPROTO_IPV6, 54, 55, 57, 59
hop = bytes.fromhex("0000050200000100")    # router alert
dst = bytes.fromhex("00001e0401020304")
dst2 = bytes.fromhex("00011e0c0102030405060708090a0b0c")
rth = bytes.fromhex("0000040000000000")    # type 4, no segments left
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
"""


def extension_headers(inlet):
    """RFC 3542: headers of a socket and of a message arrive, in order; what must not be sent is
    refused. A stream's go with all that it sends."""
    (python,) = need("python3")
    with Lab(inlet) as lab:
        server = lab.start("server", python, "-c", EXT + """
for name in (49, 53, 56, 58):  # IPV6_RECVPKTINFO, _RECVHOPOPTS, _RECVRTHDR, _RECVDSTOPTS
    s.setsockopt(I, name, 1)
    assert s.getsockopt(I, name) == 1
s.setsockopt(I, 49, 0)
s.bind(("::", 9000))
listener = socket.create_server(("fd00::2", 9001), family=socket.AF_INET6)
print("ready", flush=True)
wanted = ([(HOP, hop), (DST, dst2)], [(HOP, hop), (DST, dst), (RTH, rth), (DST, dst2)],
          [(DST, dst)], [])
for want in wanted:
    data, told = s.recvmsg(99, 500)[:2]
    assert told == [(I, *w) for w in want], told
print("in order", flush=True)
s = listener.accept()[0]
while data := s.recv(99):
    s.send(data)
""")
        check(server.stdout.readline() == "ready\n", "the server is not ready")
        done = lab.command("run", "--host", "client", "--dump", "--", python, "-c", EXT + """
def refused(name, value):
    try:
        s.setsockopt(I, name, value)
    except OSError as fault:
        assert fault.errno == 22, fault  # EINVAL
    else:
        sys.exit(f"{name}: {value.hex()} was taken")
there = ("fd00::2", 9000)
assert s.getsockopt(I, HOP, 99) == b""
s.setsockopt(I, HOP, hop)
s.setsockopt(I, DST, dst2)
s.setsockopt(I, RTHDST, dst)
assert s.getsockopt(I, DST, 99) == dst2
refused(RTH, bytes(8))                             # RFC 5095
refused(RTH, bytes.fromhex("0002040100000000") + bytes(16))
refused(DST, dst2[:8])
refused(DST, bytes(256))
s.sendto(b"a", there)
s.sendmsg([b"b"], [(I, RTH, rth)], 0, there)
s.sendmsg([b"c"], [(I, DST, dst), (I, HOP, b"")], 0, there)
for name in (HOP, DST, RTHDST):
    s.setsockopt(I, name, b"")
s.sendto(b"d", there)
for twice in ([(I, DST, dst)] * 2, [(I, DST, dst[:7])]):
    try:
        s.sendmsg([b"e"], twice, 0, there)
        sys.exit("sent")
    except OSError as fault:
        assert fault.errno == 22, fault
s = socket.socket(socket.AF_INET6)
s.setsockopt(I, DST, dst2)
s.connect(("fd00::2", 9001))
s.send(b"stream")
assert s.recv(99) == b"stream" and s.getsockopt(I, DST, 99) == dst2
""")
        check(done.returncode == 0, done.stderr + (server.stderr.read() if server.poll() else ""))
        check(server.stdout.readline() == "in order\n", "the headers are others")


MODES = """
import errno, socket
for family, level, name, there in ((socket.AF_INET, socket.IPPROTO_IP, 10, ("10.0.0.2", 9000)),
                                   (socket.AF_INET6, socket.IPPROTO_IPV6, 23, ("fd00::2", 9000))):
    for mode in range(-1, 7):
        s = socket.socket(family, socket.SOCK_DGRAM)
        try:
            s.setsockopt(level, name, mode)
        except OSError as fault:
            assert fault.errno == errno.EINVAL, fault
            print(mode, "refused")
            continue
        assert s.getsockopt(level, name) == mode % 5
        s.connect(there)
        s.settimeout(10)
        s.send(b"y" * 3000)
        try:
            print(mode, len(s.recv(9999)))
        except OSError as fault:
            assert fault.errno == errno.EMSGSIZE, fault
            print(mode, "too long")
        s.close()
"""


def mtu_discover(inlet):
    """What becomes of a datagram that is too long for the link, by IP_MTU_DISCOVER's value."""
    (python,) = need("python3")
    with Lab(inlet) as lab:
        server = lab.start("server", python, "-c", """
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 9000))
print("ready", flush=True)
while True:
    data, there = s.recvfrom(9999)
    s.sendto(data, there)
""")
        check(server.stdout.readline() == "ready\n", "the server is not ready")
        done = lab.run("client", python, "-c", MODES)
        check(done.returncode == 0, done.stderr)
        each = ["-1 refused", "0 3000", "1 3000", "2 too long", "3 too long", "4 refused", "5 3000", "6 refused"]
        check(done.stdout.splitlines() == 2 * each, done.stdout)


# One process waits for 4 ms at a time, the other sends what is too long when that is over.
HASTY = """
import errno, os, socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER: _DO
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 4000))
s.connect(("10.0.0.2", 9))
there, here = os.pipe()
if os.fork() == 0:
    os.close(here)
    while order := os.read(there, 8):
        due, = struct.unpack("d", order)
        while time.monotonic() < due:
            pass
        s.send(b"x" * 3000)
    sys.exit(0)
os.close(there)
for n in range(100):
    start = time.monotonic()
    os.write(here, struct.pack("d", start + 0.0038 + 0.00001 * (n % 50)))
    while True:
        try:
            s.recv(9)
        except BlockingIOError:
            assert time.monotonic() < start + 10, f"round {n}: the error is lost"
        except OSError as fault:
            assert fault.errno == errno.EMSGSIZE, fault
            break
"""


def errors_and_timeouts(inlet):
    """An error that comes when the call that waits for it gives up is told by the next one."""
    (python,) = need("python3")
    with Lab(inlet) as lab:
        done = lab.run("client", python, "-c", HASTY)
        check(done.returncode == 0, done.stderr)


if __name__ == "__main__":
    harness.main({f.__name__: f for f in (cork, errors_and_timeouts, extension_headers, fastopen, fastopen_silent, fastopen_waits, in_turn,
                                          mtu_discover, notsent_lowat, quickack, reuseport)})
