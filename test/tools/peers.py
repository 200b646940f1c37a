# SPDX-License-Identifier: BSD-2-Clause
"""peers - two network namespaces with a cable between them, for tests of what scans and probes

The test itself runs in one (enter() starts it anew inside), its peer in the other: a process that
opens ports as it is told and lives as long as its standard input. Nothing outside is seen or touched.
"""

import errno
import os
import pathlib
import socket
import subprocess
import time

from harness import LIMIT_S, check, need
from harness import enter_namespaces as enter

HERE4, PEER4 = "10.9.0.1", "10.9.0.2"
HERE6, PEER6 = "fd09::1", "fd09::2"

# Opens the ports it is told to, says "ready", takes what comes and greets with a banner.
PROGRAM = """
import selectors, socket, sys
sel = selectors.DefaultSelector()
keep = []
banners = eval(sys.argv[3])
for word in sys.argv[1].split(','):
    if word:
        s = socket.create_server(('::', int(word)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
        s.setblocking(False)
        sel.register(s, selectors.EVENT_READ, 'tcp')
for word in sys.argv[2].split(','):
    if word:
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.bind(('::', int(word)))
        sel.register(s, selectors.EVENT_READ, 'udp')
sel.register(sys.stdin, selectors.EVENT_READ, 'end')
print('ready', flush=True)
while True:
    for key, _ in sel.select():
        if key.data == 'end':
            sys.exit()
        if key.data == 'udp':
            data, who = key.fileobj.recvfrom(2048)
            key.fileobj.sendto(b'yes', who)
            continue
        try:
            if key.data == 'tcp':
                c, _ = key.fileobj.accept()
                port = c.getsockname()[1]
                if port in banners and not banners[port].startswith(b'HTTP'):
                    c.sendall(banners[port])
                keep.append(c)
                if len(keep) > 200:
                    keep.pop(0).close()
                if port in banners:
                    sel.register(c, selectors.EVENT_READ, 'said')
            else:
                data = key.fileobj.recv(2048)
                port = key.fileobj.getsockname()[1]
                if data and banners[port].startswith(b'HTTP'):
                    key.fileobj.sendall(banners[port])
                if not data:
                    sel.unregister(key.fileobj)
        except OSError:
            if key.data == 'said':
                sel.unregister(key.fileobj)
"""


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT_S, **more)
    check(done.returncode == 0, f"{' '.join(words)}: {done.stderr}")
    return done.stdout


def reachable(addr):
    """Somebody at the address says something, be it that the port is closed."""
    with socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET) as s:
        s.settimeout(0.2)
        try:
            return s.connect_ex((addr, 9)) in (0, errno.ECONNREFUSED)
        except OSError:
            return False


class Peer:
    """with Peer(tcp=[22], udp=[53]) as peer: ..."""

    def __init__(self, tcp=(), udp=(), banners=None):
        self.words = [",".join(map(str, tcp)), ",".join(map(str, udp)), repr(banners or {})]

    def __enter__(self):
        enter()
        python, unshare, _ = need("python3", "unshare", "nsenter")
        self.process = subprocess.Popen([unshare, "-n", python, "-c", "import os,sys\n"
                                         "os.read(0, 1)\nos.execv(sys.argv[1], sys.argv[1:])", python, "-c",
                                         PROGRAM, *self.words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        pid = str(self.process.pid)
        # the namespace is there as soon as it differs from ours
        while os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            check(self.process.poll() is None, "the peer has ended")
        pathlib.Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0")
        self.run("sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
        run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns", pid)
        for addr in (f"{HERE4}/24", f"{HERE6}/64"):
            run("ip", "addr", "add", addr, "dev", "here")
        run("ip", "link", "set", "here", "up")
        run("ip", "link", "set", "lo", "up")
        for addr in (f"{PEER4}/24", f"{PEER6}/64"):
            self.run("ip", "addr", "add", addr, "dev", "there")
        self.run("ip", "link", "set", "there", "up")
        self.run("ip", "link", "set", "lo", "up")
        self.process.stdin.write("x")
        self.process.stdin.flush()
        check(self.process.stdout.readline() == "ready\n", "the peer is not ready")
        for addr in (PEER4, PEER6):
            end = time.monotonic() + LIMIT_S
            while not reachable(addr):
                check(time.monotonic() < end, f"{addr} is out of reach")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=LIMIT_S)
        self.process.stdout.close()

    def run(self, *words):
        """A program in the peer's namespace."""
        return run("nsenter", "-t", str(self.process.pid), "-n", *words)

    def filter(self, *rules):
        """Rules of nft for what comes in to the peer."""
        (nft,) = need("nft")
        text = "table inet f {\nchain i {\ntype filter hook input priority 0;\n" + "\n".join(rules) + "\n}\n}"
        self.run(nft, text)
