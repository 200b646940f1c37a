# SPDX-License-Identifier: BSD-2-Clause
"""dns - a nameserver for tests in namespaces (nets.py)

It knows a name for each address of IPv4 whose third number is odd, one with an escape sequence for
10.0.2.2, names for IPv6, and autonomous systems: 64500 and 64501 of IPv4, 64502 of IPv6.
"""

import atexit
import pathlib
import subprocess
import sys

import nets
from harness import check

SERVER = """
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
print("up", flush=True)
while True:
    q, who = s.recvfrom(2000)
    labels, at = [], 12
    while q[at]:
        labels.append(q[at + 1:at + 1 + q[at]].decode()); at += 1 + q[at]
    name, kind = ".".join(labels), struct.unpack("!H", q[at + 1:at + 3])[0]
    if kind == 12:
        first = b"gw\\x1b[31m" if labels[1] == "2" else b"gw" + labels[1].encode()
        data = b"".join(bytes([len(x)]) + x for x in (first, b"example")) + b"\\0"
    elif kind == 16 and name.endswith(("origin.asn.cymru.com", "origin6.asn.cymru.com")):
        text = b"64502 | fd00::/8 | ZZ" if "origin6" in name else b"64500 64501 | 10.0.0.0/8 | ZZ | test | 2026"
        data = bytes([len(text)]) + text
    else:
        s.sendto(q[:2] + b"\\x81\\x83" + q[4:6] + b"\\0" * 6 + q[12:at + 5], who)
        continue
    s.sendto(q[:2] + b"\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0" + q[12:at + 5] + b"\\xc0\\x0c" +
             struct.pack("!HHIH", kind, 1, 60, len(data)) + data, who)
"""


def use(address, options=""):
    """All hosts ask there. To be called behind chain()."""
    conf = pathlib.Path("/run/resolv.conf")
    fresh = not conf.exists()
    conf.write_text(f"nameserver {address}\n{options}\n")
    if fresh:
        subprocess.run(["mount", "--bind", str(conf), "/etc/resolv.conf"], check=True)


def start(host):
    """Starts the nameserver; it ends with the test."""
    use("127.0.0.1")
    server = nets.start(host, sys.executable, "-c", SERVER)
    atexit.register(server.kill)
    check(server.stdout.readline() == "up\n", "no nameserver")
