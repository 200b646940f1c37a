#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""names - programs that nobody changed find the hosts of a lab by their names

usage: names.py INLET CASE
"""
import socket
import struct
import threading

import harness
from harness import Lab, check, need
from nat_test import Tcp, dns_answer

RESOLVE = """
import socket, sys
for name in sys.argv[1:]:
    try:
        print(name, *sorted({a[4][0] for a in socket.getaddrinfo(name, 80)}))
    except socket.gaierror as fault:
        print(name, fault.errno == socket.EAI_NONAME and 'unknown' or fault)
"""

ASK = """
import socket, struct, sys
server, name, tcp = sys.argv[1], sys.argv[2], len(sys.argv) > 3
labels = b''.join(bytes([len(l)]) + l.encode() for l in name.split('.')) + b'\\0'
query = struct.pack('>HHHHHH', 7, 0x100, 1, 0, 0, 0) + labels + struct.pack('>HH', 1, 1)
s = socket.socket(socket.AF_INET6 if ':' in server else socket.AF_INET,
                  socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
s.settimeout(30)
s.connect((server, 53))
if tcp:
    for half in (query[:5], query[5:]):
        s.sendall((struct.pack('>H', len(query)) if half == query[:5] else b'') + half)
    f = s.makefile('rb')
    answer = f.read(struct.unpack('>H', f.read(2))[0])
else:
    s.send(query)
    answer = s.recv(4096)
id, flags, _, n = struct.unpack('>HHHH', answer[:8])
assert id == 7 and flags & 0x8000
print(flags & 15, n, socket.inet_ntoa(answer[-4:]) if n else '-', 'cut' if flags & 0x200 else '')
"""


def python(lab, host, *args):
    done = lab.run(host, "python3", "-c", *map(str, args))
    check(done.returncode == 0, f"{args[1:]}: {done.stderr}")
    return done.stdout


def resolver(inlet):
    need("python3")
    with Lab(inlet) as lab:
        out = python(lab, "client", RESOLVE, "server", "server.lab", "CLIENT", "nobody", "x.test")
        check(out == "server 10.0.0.2 fd00::2\nserver.lab 10.0.0.2 fd00::2\n"
                     "CLIENT 10.0.0.1 fd00::1\nnobody unknown\nx.test unknown\n", out)
        out = python(lab, "client", "import socket\n"
                     "print(socket.gethostbyaddr('10.0.0.2')[0], socket.gethostbyaddr('fd00::1')[0])")
        check(out == "server.lab client.lab\n", out)
        shown = lab.netstat("-a")
        check(":53 " not in shown, f"the lab's own sockets are shown: {shown}")


def by_name(inlet):
    """curl asks for a page by the server's name."""
    need("curl", "python3")
    with Lab(inlet) as lab:
        lab.start("server", "python3", "-m", "http.server", "80", "--directory", str(lab.dir))
        lab.wait_listening(80)
        done = lab.run("client", "curl", "-sS", "http://server/two.ini")
        check(done.returncode == 0 and done.stdout == lab.file.read_text(), done.stderr)


MANY = "[host many]\n" + "".join(
    f"net{i} = " + ", ".join(f"10.{i}.0.{k}/24" for k in range(1, 9)) + "\n" for i in range(5)) + \
    "".join(f"[link net{i}]\n" for i in range(5)) + "[host client]\nnet0 = 10.0.0.99/24\n"


def by_stream(inlet):
    """An answer that UDP does not hold is fetched by TCP."""
    need("python3")
    with Lab(inlet, MANY) as lab:
        server = python(lab, "client", "import re\n"
                        "found = re.findall(r'^nameserver\\s+([0-9.]+)', open('/etc/resolv.conf').read(), re.M)\n"
                        "print(found[0] if found else '127.0.0.1')").strip()
        check(python(lab, "client", ASK, server, "many") == "0 0 - cut\n", "not cut")
        out = python(lab, "client", ASK, server, "many", "tcp")
        check(out.startswith("0 40 10.4.0.8"), out)
        out = python(lab, "client", RESOLVE, "many")
        check(len(out.split()) == 41, out)


def served(inlet):
    """A name server for other hosts answers from the address that was asked."""
    need("python3")
    text = harness.TWO_HOSTS.replace("[host server]\n", "[host server]\nname-server = yes\n")
    with Lab(inlet, text) as lab:
        for server in ("10.0.0.2", "fd00::2"):
            for how in ((), ("tcp",)):
                out = python(lab, "client", ASK, server, "client", *how)
                check(out.split() == ["0", "1", "10.0.0.1"], out)


def nameserver():
    """Answers like dns_stub(), after some false answers; the port, and what was asked by UDP."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    asked = []

    def serve():
        while True:
            query, peer = sock.recvfrom(4096)
            answer = dns_answer(query)
            asked.append(query)
            for false in (bytes([answer[0] ^ 1]) + answer[1:-1] + b"c",  # another id
                          answer[:-1].replace(b"\4test", b"\4tast") + b"c",
                          answer[:9]):
                sock.sendto(false, peer)
            sock.sendto(answer, peer)

    def serve_stream(connection):
        length = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))[0]
        answer = dns_answer(connection.recv(length, socket.MSG_WAITALL))
        connection.sendall(struct.pack(">H", len(answer)) + answer)

    threading.Thread(target=serve, daemon=True).start()
    port = sock.getsockname()[1]
    Tcp(serve_stream, port=port)
    return port, asked


def forwarding(port):
    return harness.TWO_HOSTS.replace("seed = 7", f"seed = 7\nnameserver = 127.0.0.1:{port}") \
        .replace("[host server]\n", "[host server]\nname-server = yes\n")


def forwarded(inlet):
    """Names outside of the lab are asked elsewhere, by UDP and TCP; false answers do not count."""
    need("python3")
    port, asked = nameserver()
    with Lab(inlet, forwarding(port)) as lab:
        for how in ((), ("tcp",)):
            out = python(lab, "client", ASK, "10.0.0.2", "name.test", *how)
            check(out.split() == ["0", "1", "10.0.2.2"], f"{how} {out}")
        out = python(lab, "client", ASK, "10.0.0.2", "client")
        check(out.split() == ["0", "1", "10.0.0.1"], f"the lab's own names: {out}")
        check(len(asked) == 1, f"{asked} was asked")


def forward_refused(inlet):
    """Nobody at the nameserver's port: a failure is told at once."""
    need("python3")
    with Lab(inlet, forwarding(1)) as lab:
        for how in ((), ("tcp",)):
            out = python(lab, "client", ASK, "10.0.0.2", "name.test", *how)
            check(out.split() == ["2", "0", "-"], out)


# A name server on several addresses: says who asked for what where. On the one that ends in 53 it
# leaves questions about silent.test unanswered.
SERVER = """
import socket, struct, sys, threading
def answer(addr, peer, query):
    end = query.index(b"\\0", 12) + 5
    kind, = struct.unpack(">H", query[end - 4:end - 2])
    silent = query[13:19] == b"silent" and addr.endswith("53")
    print(addr, peer[0], "no" if silent else kind, flush=True)
    found = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([10, 9, 9, 9])
    return not silent and query[:2] + struct.pack(">HHHHH", 0x8180, 1, kind == 1, 0, 0) + \\
        query[12:end] + (found if kind == 1 else b"")
def datagrams(addr, s):
    while True:
        query, peer = s.recvfrom(4096)
        if reply := answer(addr, peer, query):
            s.sendto(reply, peer)
def streams(addr, s):
    while True:
        c, peer = s.accept()
        f = c.makefile("rb")
        reply = answer(addr, peer, f.read(struct.unpack(">H", f.read(2))[0]))
        c.sendall(struct.pack(">H", len(reply)) + reply)
for addr in sys.argv[1:]:
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    for kind, serve in ((socket.SOCK_DGRAM, datagrams), (socket.SOCK_STREAM, streams)):
        s = socket.socket(family, kind)
        s.bind((addr, 53))
        if serve is streams:
            s.listen()
        threading.Thread(target=serve, args=(addr, s)).start()
print("ready", flush=True)
"""

TOLD = """
[lab]
seed = 7
[host router]
forward = yes
net0 = 10.0.0.1/24, fd00::1/64
advertise = yes
dhcp-server = 10.0.0.100 - 10.0.0.109
offer-dns = 10.0.0.1, 10.0.0.53, 10.0.0.54
[host six]
net0 = slaac
[host four]
net0 = dhcp
name-server = yes
[host dns]
net0 = 10.0.0.53/24, 10.0.0.54/24, fd00::53/64, fd00::54/64
[link net0]
delay = 1ms
"""


def door():
    """Where the machine's programs look for a name server."""
    with open("/etc/resolv.conf", encoding="utf8") as f:
        found = [line.split()[1] for line in f if line.startswith("nameserver ")]
    return found[0] if found else "127.0.0.1"


def learned(inlet):
    """What the lab does not know is asked of the servers that the host was told about: one refuses,
    one does not answer in time, the next one does. Only for the host's own programs."""
    need("python3")
    for host, offer, ends in (("four", "10.0.0.1, 10.0.0.53, 10.0.0.54", ("10.0.0.53", "10.0.0.54")),
                              ("six", "fd00::1, fd00::53, fd00::54", ("fd00::53", "fd00::54"))):
        text = TOLD.replace("10.0.0.1, 10.0.0.53, 10.0.0.54", offer)
        with Lab(inlet, text) as lab:
            server = lab.start("dns", "/usr/bin/python3", "-c", SERVER, *ends)
            check(server.stdout.readline() == "ready\n", "the server is not ready")
            out = python(lab, host, ASK, door(), "name.test")
            check(out.split() == ["0", "1", "10.9.9.9"], out)
            to, by, kind = server.stdout.readline().split()
            check(to == ends[0] and kind == "1", f"{to} was asked for {kind}")
            check(by.startswith("fd00::" if host == "six" else "10.0.0.10"), f"by {by}")
            out = python(lab, host, ASK, door(), "name.test", "tcp")
            check(out.split() == ["0", "1", "10.9.9.9"], f"by TCP: {out}")
            check(server.stdout.readline().split()[0] == ends[0], "another server was asked")
            out = python(lab, host, ASK, door(), "silent.test")
            check(out.split() == ["0", "1", "10.9.9.9"], f"no second server: {out}")
            check([server.stdout.readline().split()[0] for _ in range(2)] == list(ends), "order")
            out = python(lab, host, ASK, door(), "router.lab")
            check(out.split() == ["0", "1", "10.0.0.1"], f"the lab's own names: {out}")
            if host == "four":
                out = python(lab, "dns", ASK, "10.0.0.100", "name.test")
                check(out.split() == ["3", "0", "-"], f"for others, too: {out}")
            harness.end(server)
            out = python(lab, host, ASK, door(), "name.test")
            check(out.split() == ["2", "0", "-"], f"nobody is left: {out}")


def port_yields(inlet):
    """A program that wants the port for its own name server gets it."""
    need("python3")
    with Lab(inlet) as lab:
        out = python(lab, "server", "import socket\n"
                     "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                     "u.bind(('0.0.0.0', 53))\n"
                     "t = socket.socket()\n"
                     "t.bind(('0.0.0.0', 53))\n"
                     "t.listen()\n"
                     "print('mine')\n")
        check(out == "mine\n", out)
        check(python(lab, "client", RESOLVE, "server").startswith("server 10.0.0.2"), "others stay")


if __name__ == "__main__":
    harness.main({case.__name__: case for case in
                  (resolver, by_name, by_stream, served, forwarded, forward_refused, learned,
                   port_yields)})
