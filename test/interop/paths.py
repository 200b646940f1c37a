#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What lies between inlet and Linux: small MTUs, fragments, and a packet filter.

Usage: paths.py INLET CASE

A lab is joined to the kernel at two TAP devices, in a network namespace of its own (scene.py):

    near --1500-- kernel --1500-- router --1400-- end

Programs on near and end are ordinary ones, on inlet's TCP/IP. All that crosses the devices is captured,
and tshark must find nothing malformed, and no bad checksum in what inlet sent. Waiting is for
conditions, with a bound. Exit status 77: skipped, with the reason.
"""
import contextlib
import pathlib
import re
import socket
import subprocess
import sys
import threading

import scene
from scene import BOUND_S, check_output, end, enter_namespace, exchange, ip, need, next_line, run, sysctl, wait

LAB = """
[host near]
net0 = 10.8.0.2/24, fd08::2/64
route = default via 10.8.0.1
route = default via fd08::1
[host router]
forward = yes
net1 = 10.9.0.2/24, fd09::2/64
net2 = 10.10.0.1/24, fd10::1/64
route = default via 10.9.0.1
route = default via fd09::1
[host end]
net2 = 10.10.0.2/24, fd10::2/64
route = default via 10.10.0.1
route = default via fd10::1
[link net0]
tap = tap8
[link net1]
tap = tap9
[link net2]
mtu = 1400
"""
KERNEL = ("10.8.0.1", "fd08::1")
NEAR = ("10.8.0.2", "fd08::2")
ROUTER = ("10.9.0.2", "fd09::2")
END = ("10.10.0.2", "fd10::2")
DATA = bytes(range(251)) * 800

# A program on inlet: a socket that obeys lines, and says what came of each.
CLIENT = """
import errno, socket, sys, threading
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if sys.argv[3] == "tcp" else socket.SOCK_DGRAM)
try:
    s.connect((sys.argv[1], int(sys.argv[2])))
    print("connected", flush=True)
    threading.Thread(target=lambda: [s.send(line.encode()) for line in sys.stdin], daemon=True).start()
    while data := s.recvfrom(1000)[0]:  # recv() of inlet's programs has no errors of datagrams
        print(data.decode().strip(), flush=True)
except OSError as fault:
    print(errno.errorcode.get(fault.errno, fault), flush=True)
"""

ECHO = """
import socket, sys
s = socket.create_server(("::", 7), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    c, _ = s.accept()
    while data := c.recv(65536):
        c.sendall(data)
    c.close()
"""

# Sends a pattern and FIN while it reads to the end; says how much came back, and whether it is the same.
TRANSFER = """
import socket, sys, threading
data = bytes(range(251)) * 800
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
threading.Thread(target=lambda: (s.sendall(data), s.shutdown(1))).start()
got = b""
while piece := s.recv(65536):
    got += piece
print(len(got), got == data)
"""


class Lab(scene.Lab):
    """The lab, the kernel as its middle."""

    def __enter__(self):
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            sysctl(name, 1)
        for name in ("ipv4/icmp_ratelimit", "ipv6/icmp/ratelimit"):
            sysctl(name, 0)
        # While the kernel still checks its link-local addresses, it asks for no neighbour.
        sysctl("ipv6/conf/default/accept_dad", 0)
        ip("link set lo up")
        for name, net in (("tap8", "8"), ("tap9", "9")):
            ip(f"tuntap add {name} mode tap")
            ip(f"addr add 10.{net}.0.1/24 dev {name}")
            ip(f"-6 addr add fd0{net}::1/64 dev {name} nodad")
            ip(f"link set {name} up")
        ip(f"route add 10.10.0.0/24 via {ROUTER[0]}")
        ip(f"-6 route add fd10::/64 via {ROUTER[1]}")
        self.up("tap8", "tap9")
        return self

    def run(self, host, *argv):
        return self.command("run", "--host", host, "--", *argv)

    def program(self, host, *argv):
        child = subprocess.Popen([self.inlet, "run", "--host", host, "--", *argv], env=self.env, bufsize=1,
                                 text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.children.append(child)
        return child

    def stop(self, child):
        self.children.remove(child)
        end(child)

    def client(self, address, port, kind):
        return self.program("near", "/usr/bin/python3", "-c", CLIENT, address, str(port), kind)

    def judge(self):
        """tshark: nothing malformed. The kernel leaves checksums to its device, which is no device: only
        those of ours are looked at."""
        end(self.children.pop(0))
        bad = " || ".join(f"{p}.checksum.status == 0" for p in ("ip", "tcp", "udp", "icmp", "icmpv6"))
        out = check_output("tshark", "-n", "-r", str(self.pcap), "-o", "ip.check_checksum:TRUE", "-o",
                           "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-d", "udp.port==1-65535,data",
                           "-d", "tcp.port==1-65535,data", "-Y",
                           f"eth.src[0:3] == 02:00:00 && (_ws.malformed || {bad})")
        assert out == "", out
        ours = check_output("tshark", "-n", "-r", str(self.pcap), "-Y", "eth.src[0:3] == 02:00:00")
        assert ours.count("\n") > 10, f"nothing was captured: {ours}"


def ping(*args):
    done = run("ping", "-n", "-c", "1", "-W", "20", *args)
    return done.returncode == 0, done.stdout + done.stderr


def counter(name):
    """Of the kernel's statistics: Ip... of IPv4, Ip6... of IPv6."""
    if name.startswith("Ip6"):
        text = pathlib.Path("/proc/net/snmp6").read_text()
        return int(re.search(rf"^{name}\s+(\d+)", text, re.M)[1])
    names, values = (line.split() for line in pathlib.Path("/proc/net/snmp").read_text().splitlines()[:2])
    return int(values[names.index(name.removeprefix("Ip"))])


# ---- sizes ----


def too_big(lab):
    """inlet's router says what fits; Linux' ping shows it, and Linux' routes know it from then on."""
    for target, router, fits, words in ((END[0], ROUTER[0], 1400 - 28, "Frag needed and DF set (mtu = 1400)"),
                                        (END[1], ROUTER[1], 1400 - 48, "Packet too big: mtu=1400")):
        good, out = ping("-M", "do", "-s", str(fits), target)
        assert good, out
        assert "mtu" not in ip(f"route get {target}"), "known before"
        good, out = ping("-M", "do", "-s", str(fits + 1), target)
        assert not good and words in out and f"From {router} " in out, out
        assert "mtu 1400" in ip(f"route get {target}"), ip(f"route get {target}")
        good, out = ping("-M", "do", "-s", str(fits + 1), target)
        assert not good and re.search("message too long, mtu[=:] ?1400", out), out
        good, out = ping("-M", "do", "-s", str(fits), target)
        assert good, out


def fragments(lab):
    """5000 bytes, and the most there can be: cut and put together by both, and cut on the way (IPv4)."""
    for family, more, most in ((0, ["-M", "dont"], 65507), (1, [], 65487)):
        for target in (NEAR[family], END[family]):
            for size in (5000, most):
                # An IPv6 router does not cut: the first one teaches the kernel the MTU.
                wait(f"an answer of {size} bytes from {target}", lambda: ping(*more, "-s", str(size), target)[0])
        name = ("IpReasmOKs", "Ip6ReasmOKs")[family]
        for host in ("near", "end"):
            for size in (5000, most):
                before = counter(name)
                out = lab.run(host, "ping", "-n", "-c", "1", "-W", "20", "-s", str(size), KERNEL[family])
                assert "1 received" in out and counter(name) > before, f"{host}, {size}: {out}"


def kernel_echo(port):
    """TCP and UDP echo on the kernel, until this script ends."""
    tcp = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp.bind(("::", port))

    def serve_one(s):
        with s, contextlib.suppress(OSError):
            while data := s.recv(65536):
                s.sendall(data)

    def serve_tcp():
        while True:
            threading.Thread(target=serve_one, args=[tcp.accept()[0]], daemon=True).start()

    def serve_udp():
        while True:
            data, peer = udp.recvfrom(65536)
            udp.sendto(data, peer)

    for fn in (serve_tcp, serve_udp):
        threading.Thread(target=fn, daemon=True).start()


def small_routes(lab):
    """A route of the kernel with a small MTU, that is locked: TCP of both, and over the kernel as a router."""
    server = lab.program("end", "/usr/bin/python3", "-c", ECHO)
    assert next_line(server, "server") == "ready"
    for family, mtu in ((0, 576), (0, 1280), (1, 1280)):
        taught = ("IpFragFails", "Ip6FragFails")[family]
        bits = (32, 128)[family]
        # Between inlet and inlet, the kernel as a router says what fits; from then on they know.
        ip(f"route replace {END[family]}/{bits} via {ROUTER[family]} mtu lock {mtu}")
        ip(f"route replace {NEAR[family]}/{bits} dev tap8 mtu lock {mtu}")
        before = counter(taught)
        out = lab.run("near", "/usr/bin/python3", "-c", TRANSFER, END[family], "7")
        assert out.split() == [str(len(DATA)), "True"], f"{END[family]}, MTU {mtu}: {out}"
        assert mtu == 1280 and family == 0 or counter(taught) > before, f"{END[family]}, MTU {mtu}: nothing was too big"
        # The kernel as the client, and as the server.
        with socket.create_connection((END[family], 7), timeout=BOUND_S) as s:
            assert exchange(s, DATA) == DATA, f"{END[family]}, MTU {mtu}"
        out = lab.run("near", "/usr/bin/python3", "-c", TRANSFER, KERNEL[family], "7")
        assert out.split() == [str(len(DATA)), "True"], f"{KERNEL[family]}, MTU {mtu}: {out}"


# ---- filters ----


# Each has a port of its own, 7 and on. What a connection attempt and a datagram become of it; None: nothing
# is said.
FILTERS = [
    ("drop", None, None),
    ("reject with icmpx port-unreachable", "ECONNREFUSED", "ECONNREFUSED"),
    ("reject with icmpx admin-prohibited", "EACCES", "EACCES"),
    ("reject with icmpx host-unreachable", None, "EHOSTUNREACH"),
    ("reject with icmpx no-route", None, "ENETUNREACH"),
    ("reject with tcp reset", "ECONNREFUSED", ""),
]


class Filters:
    """The rules, for what comes to the kernel, and how often they were hit."""

    def __init__(self, kind):
        rules = "".join(f"add rule inet t in {kind} dport {port} counter {words};"
                        for port, (words, _, _) in enumerate(FILTERS, 7) if kind == "tcp" or "tcp" not in words)
        check_output("nft", f"add table inet t; add chain inet t in {{ type filter hook input priority 0; }}; {rules}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        check_output("nft", "delete table inet t")

    def hits(self, port):
        return int(re.search(rf"dport {port} counter packets (\d+)", check_output("nft", "list table inet t"))[1])


def expect(client, wanted, where):
    said = next_line(client, "client")
    assert said == wanted, f"{where}: {said}, not {wanted}"


def clients(lab, address, kind):
    """One a filter: client, port, filter."""
    return [(lab.client(address, port, kind), port, row) for port, row in enumerate(FILTERS, 7)]


def filtered_attempts(lab):
    """Of a filter that refuses, a connection attempt is told; what may pass, or is silent, it outlasts
    (RFC 1122 4.2.3.9, RFC 5461 2.1)."""
    for address in KERNEL:
        with Filters("tcp") as rules:
            all_clients = clients(lab, address, "tcp")
            for client, port, (words, wanted, _) in all_clients:
                if wanted:
                    expect(client, wanted, f"{address}, {words}")
                else:
                    wait(f"a SYN again: {address}, {words}", lambda: rules.hits(port) >= 2)
        for client, port, (words, wanted, _) in all_clients:
            if not wanted:
                expect(client, "connected", f"{address}, {words}")
            lab.stop(client)


def filtered_connections(lab):
    """No ICMP ends a connection that stands (RFC 5927 4.2); a reset does."""
    for address in KERNEL:
        all_clients = clients(lab, address, "tcp")
        for client, _, _ in all_clients:
            expect(client, "connected", address)
        with Filters("tcp") as rules:
            for client, _, _ in all_clients:
                client.stdin.write("hello\n")
            for client, port, (words, _, _) in all_clients:
                if "reset" in words:
                    expect(client, "ECONNRESET", f"{address}, {words}")
                else:
                    wait(f"a retransmission: {address}, {words}", lambda: rules.hits(port) >= 2)
        for client, _, (words, _, _) in all_clients:
            if "reset" not in words:
                expect(client, "hello", f"{address}, {words}")
            lab.stop(client)


def filtered_datagrams(lab):
    """A sender of datagrams is told what came back."""
    for address in KERNEL:
        all_clients = clients(lab, address, "udp")
        with Filters("udp") as rules:
            for client, port, (words, _, wanted) in all_clients:
                expect(client, "connected", address)
                client.stdin.write("hello\n")
                if wanted:
                    expect(client, wanted, f"{address}, {words}")
                elif wanted is None:
                    wait(f"the datagram: {address}, {words}", lambda: rules.hits(port) >= 1)
        for client, _, (words, _, wanted) in all_clients:
            if wanted is None:  # the next one passes, and is the first that is answered
                client.stdin.write("again\n")
                expect(client, "again", f"{address}, {words}")
            lab.stop(client)


CASES = {
    "sizes": (too_big, fragments),
    "routes": (small_routes,),
    "filters": (filtered_attempts, filtered_connections, filtered_datagrams),
}


def main():
    inlet, case = sys.argv[1:]
    need("unshare", "ip", "ping", "dumpcap", "tshark", *(["nft"] if case == "filters" else []))
    enter_namespace(root="routes, filters and captures want root")
    with Lab(inlet, LAB) as lab:
        for port in range(7, 7 + len(FILTERS)):
            kernel_echo(port)
        for fn in CASES[case]:
            fn(lab)
            print(f"ok   {fn.__name__}", flush=True)
        lab.judge()


if __name__ == "__main__":
    main()
