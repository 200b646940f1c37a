#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""nat_test - unmodified programs speak to this machine through a private lab's gateway

usage: nat_test.py INLET CASE

Servers are threads of the test (or an unmodified http.server) on the loopback, which programs
reach as 10.0.2.2. Nothing leaves the machine: names are only asked of a stub, by --dns. Each wait
is for a condition, and has a bound.
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

LIMIT_S = 60
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
NOBODY = 65534


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


def need(*programs):
    for name in programs:
        if shutil.which(name) is None:
            skip(f"{name} is missing")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Private:
    """Starts programs in private labs, and looks at what sanitizers say."""

    def __init__(self, inlet):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="inlet-nat."))
        self.dir.chmod(0o755)
        self.inlet = str(shutil.copy(inlet, self.dir / "inlet"))
        self.env = dict(os.environ, PYTHONUNBUFFERED="1")
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            self.env.pop(name, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir)

    def argv(self, program, options=(), prefix=()):
        return [*prefix, self.inlet, "run", *options, "--", *map(str, program)]

    def run(self, *program, options=(), prefix=(), **more):
        text = more.pop("text", True)
        done = subprocess.run(self.argv(program, options, prefix), env=self.env, text=text,
                              capture_output=True, timeout=LIMIT_S, cwd=self.dir, **more)
        said = done.stderr if text else done.stderr.decode(errors="replace")
        check("Sanitizer" not in said and "runtime error" not in said, said)
        return done

    def good(self, *program, **more):
        done = self.run(*program, **more)
        check(done.returncode == 0, f"exit {done.returncode}: {done.stderr}")
        return done.stdout

    def python(self, code, *args, **more):
        return self.good(PYTHON, "-c", code, *args, **more)

    @contextlib.contextmanager
    def start(self, *program, options=()):
        process = subprocess.Popen(self.argv(program, options), env=self.env, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, cwd=self.dir)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def cpu_ticks(self):
        """Processor time that the lab and the supervisor have taken."""
        total = 0
        for proc in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(proc / "exe") == self.inlet:
                    total += sum(map(int, (proc / "stat").read_text().split(")")[1].split()[11:13]))
            except OSError:
                pass
        return total


class Tcp:
    """A server on the loopback: serve(connection) runs in a thread for each connection."""

    def __init__(self, serve, address="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sock = socket.socket(family)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, port))
        self.sock.listen(128)
        self.port = self.sock.getsockname()[1]
        self.serve = serve
        self.result = None
        self.done = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.sock.accept()
            connection.settimeout(LIMIT_S)
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        with connection:
            try:
                self.result = self.serve(connection)
            except OSError as fault:
                self.result = fault
        self.done.set()

    def wait(self):
        check(self.done.wait(LIMIT_S), "the server waited in vain")
        return self.result


def read_all(connection):
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def web(directory, address="127.0.0.1"):
    """python3's own web server; yields its port."""
    server = subprocess.Popen([PYTHON, "-u", "-m", "http.server", "-b", address, "-d", directory,
                               "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield int(server.stdout.readline().split(" port ")[1].split()[0])
    finally:
        server.kill()
        server.communicate()


def make_file(lab, size):
    data = os.urandom(size)
    (lab.dir / "file").write_bytes(data)
    (lab.dir / "file").chmod(0o644)
    return sha(data)


# ---- curl ----


def fetch(inlet, size, options=(), prefix=(), there="10.0.2.2", address="127.0.0.1"):
    need("curl")
    with Private(inlet) as lab:
        want = make_file(lab, size)
        with web(lab.dir, address) as port:
            got = lab.good("curl", "-sS", "-g", f"http://{there}:{port}/file", options=options,
                           prefix=prefix, text=False)
        check(sha(got) == want, f"{len(got)} bytes came, not those {size}")


def curl(inlet):
    fetch(inlet, 10_000_000)


def curl_user(inlet):
    if os.getuid() != 0:
        skip("the other tests run as an ordinary user already")
    need("setpriv")
    fetch(inlet, 1_000_000, prefix=("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                                    "--clear-groups"))


def curl_lossy(inlet):
    fetch(inlet, 1_000_000, options=("--loss", "2%", "--delay", "5ms", "--seed", "3"))


def curl_six(inlet):
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError:
        skip("no ::1")
    fetch(inlet, 1_000_000, there="[fd00:2::2]", address="::1")


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def refused(inlet):
    need("curl")
    with Private(inlet) as lab:
        for url in (f"http://10.0.2.2:{closed_port()}/", "http://10.0.2.3:80/"):
            done = lab.run("curl", "-sS", url)
            check(done.returncode == 7, f"{url}: exit {done.returncode}: {done.stderr}")


def parallel(inlet):
    need("curl")
    with Private(inlet) as lab:
        want = make_file(lab, 200_000)
        body = (lab.dir / "file").read_bytes()
        gate = threading.Barrier(50)

        def serve(connection):
            connection.recv(1 << 16)
            gate.wait(LIMIT_S)  # all are open at once
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

        server = Tcp(serve)
        lab.good("curl", "-sS", "-Z", "--parallel-max", "50", "--parallel-immediate", "-o",
                 f"{lab.dir}/got.#1", f"http://10.0.2.2:{server.port}/[1-50]")
        for i in range(1, 51):
            got = (lab.dir / f"got.{i}").read_bytes()
            check(sha(got) == want, f"download {i}: {len(got)} bytes")


def upload(inlet):
    need("curl")
    with Private(inlet) as lab:
        want = make_file(lab, 20_000_000)

        def serve(connection):
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(1 << 16)
            head, body = head.split(b"\r\n\r\n", 1)
            if b"100-continue" in head.lower():
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            while len(body) < 20_000_000:
                body += connection.recv(1 << 20)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" +
                               sha(body).encode())

        server = Tcp(serve)
        got = lab.good("curl", "-sS", "-T", str(lab.dir / "file"),
                       f"http://10.0.2.2:{server.port}/x")
        check(got == want, f"the server got {got}")


# ---- ends ----


def half_close(inlet):
    need("nc")
    with Private(inlet) as lab:
        def serve(connection):
            connection.sendall(sha(read_all(connection)).encode())

        server = Tcp(serve)
        data = os.urandom(3_000_000)
        got = lab.good("nc", "-N", "10.0.2.2", server.port, input=data, text=False)
        check(got.decode() == sha(data), f"nc got {got}")


def half_close_peer(inlet):
    """The real peer ends first, and still hears all that the program says."""
    with Private(inlet) as lab:
        def serve(connection):
            connection.sendall(b"bye")
            connection.shutdown(socket.SHUT_WR)
            return sha(read_all(connection))

        server = Tcp(serve)
        lab.python("import socket, sys\n"
                   "s = socket.create_connection(('10.0.2.2', int(sys.argv[1])))\n"
                   "assert s.makefile('rb').read() == b'bye'\n"
                   "s.sendall(b'x' * 2000000)\n", server.port)
        check(server.wait() == sha(b"x" * 2_000_000), f"the server got {server.result}")


def peer_resets(inlet):
    """The program gets what came before the reset, over a slow line, and then the reset."""
    with Private(inlet) as lab:
        def serve(connection):
            connection.recv(1)
            connection.sendall(b"y" * 50_000)
            connection.recv(1)
            reset(connection)

        server = Tcp(serve)
        out = lab.python("import socket, sys\n"
                         "s = socket.create_connection(('10.0.2.2', int(sys.argv[1])))\n"
                         "s.sendall(b'12')\n"
                         "n = 0\n"
                         "try:\n"
                         "    while True:\n"
                         "        data = s.recv(65536)\n"
                         "        if not data: print(n, 'end')\n"
                         "        if not data: break\n"
                         "        n += len(data)\n"
                         "except ConnectionResetError:\n"
                         "    print(n, 'reset')\n", server.port,
                         options=("--delay", "10ms", "--rate", "20mbit"))
        check(out.split() == ["50000", "reset"], out)


def peer_closes_early(inlet):
    """A server that answers and closes without reading: the program's upload fails, and ends."""
    with Private(inlet) as lab:
        def serve(connection):
            connection.recv(1)
            connection.sendall(b"too much")

        server = Tcp(serve)
        out = lab.python("import socket, sys\n"
                         "s = socket.create_connection(('10.0.2.2', int(sys.argv[1])))\n"
                         "try:\n"
                         "    while True: s.sendall(b'z' * 65536)\n"
                         "except (ConnectionResetError, BrokenPipeError) as e:\n"
                         "    print('stopped')\n", server.port)
        check(out == "stopped\n", out)


KILLED = """
import os, socket, sys
s = socket.create_connection(('10.0.2.2', int(sys.argv[1])))
s.sendall(b'hello')
assert s.recv(1) == b'!'
print(os.getpid())
s.recv(1)
"""


def program_killed(inlet):
    with Private(inlet) as lab:
        def serve(connection):
            connection.sendall(b"!")
            return read_all(connection)

        server = Tcp(serve)
        with lab.start(PYTHON, "-c", KILLED, str(server.port)) as process:
            os.kill(int(process.stdout.readline()), signal.SIGKILL)
            check(server.wait() == b"hello", f"the server got {server.result}")
            check(process.wait(LIMIT_S) == 128 + signal.SIGKILL, f"exit {process.returncode}")


FULL = """
import select, socket, sys
s = socket.create_connection(('10.0.2.2', int(sys.argv[1])))
s.setblocking(False)
n = 0
while select.select([], [s], [], 1)[1]:
    n += s.send(b'z' * 65536)
print(n)
select.select([], [s], [], 1)
print('still')
sys.stdin.readline()
s.setblocking(True)
s.shutdown(socket.SHUT_WR)
assert s.recv(1) == b''
"""


def back_pressure(inlet):
    """A server that does not read stops the program, at no cost, and nothing is lost."""
    with Private(inlet) as lab:
        go = threading.Event()

        def serve(connection):
            go.wait(LIMIT_S)
            return len(read_all(connection))

        server = Tcp(serve)
        with lab.start(PYTHON, "-c", FULL, str(server.port)) as process:
            sent = int(process.stdout.readline())
            before = lab.cpu_ticks()
            check(process.stdout.readline() == "still\n", "it did not stay full")
            spent = (lab.cpu_ticks() - before) / os.sysconf("SC_CLK_TCK")
            check(0 < sent < 32 << 20, f"{sent} bytes were taken")
            check(spent < 0.3, f"{spent} s of processor time while nothing moves")
            go.set()
            process.stdin.write("\n")
            process.stdin.flush()
            check(server.wait() == sent, f"{server.result} of {sent} bytes arrived")
            check(process.wait(LIMIT_S) == 0, process.stderr.read())


# ---- datagrams ----


def udp_server(answer):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve():
        while True:
            data, peer = sock.recvfrom(65536)
            reply = answer(data)
            if reply is not None:
                sock.sendto(reply, peer)

    threading.Thread(target=serve, daemon=True).start()
    return sock.getsockname()[1]


def udp(inlet):
    """Connected and not, two sockets at once, empty and full datagrams, from the right address."""
    with Private(inlet) as lab:
        port = udp_server(lambda data: data)
        lab.python("import socket, sys\n"
                   "there = ('10.0.2.2', int(sys.argv[1]))\n"
                   "a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                   "b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                   "a.settimeout(20)\n"
                   "b.settimeout(20)\n"
                   "b.connect(there)\n"
                   "for i in range(20):\n"
                   "    a.sendto(b'a%d' % i, there)\n"
                   "    b.send(b'b%d' % i)\n"
                   "    assert a.recvfrom(100) == (b'a%d' % i, there)\n"
                   "    assert b.recv(100) == b'b%d' % i\n"
                   "b.send(b'')\n"
                   "assert b.recv(100) == b''\n"
                   "b.send(b'm' * 1472)\n"
                   "assert b.recv(2000) == b'm' * 1472\n", port)


def udp_error(inlet):
    """A closed port is told by SO_ERROR, and waits in the error queue, too."""
    with Private(inlet) as lab:
        lab.python("import errno, socket\n"
                   "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                   "IP_RECVERR = 11\n"
                   "s.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)\n"
                   "assert s.getsockopt(socket.IPPROTO_IP, IP_RECVERR) == 1\n"
                   "s.connect(('127.0.0.1', 9))\n"
                   "s.send(b'x')\n"
                   "error = 0\n"
                   "for _ in range(100000):\n"
                   "    error = error or s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)\n"
                   "    if error: break\n"
                   "assert error == errno.ECONNREFUSED, error\n"
                   "assert s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0\n"
                   "data, _, flags, to = s.recvmsg(9, 100, socket.MSG_ERRQUEUE)\n"
                   "assert data == b'x' and flags & socket.MSG_ERRQUEUE and to == ('127.0.0.1', 9)\n"
                   "try:\n"
                   "    s.recvmsg(9, 100, socket.MSG_ERRQUEUE)\n"
                   "    assert False\n"
                   "except BlockingIOError:\n"
                   "    pass\n")


def udp_nc(inlet):
    need("nc")
    with Private(inlet) as lab:
        port = udp_server(lambda data: data.upper())
        got = lab.good("nc", "-u", "-W", "1", "10.0.2.2", port, input="datagram")
        check(got == "DATAGRAM", got)


# ---- names ----


def dns_answer(query):
    """10.0.2.2 for every A question, nothing for others."""
    end = query.index(b"\0", 12) + 5
    kind = struct.unpack(">H", query[end - 4:end - 2])[0]
    found = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([10, 0, 2, 2])
    return query[:2] + struct.pack(">HHHHH", 0x8180, 1, kind == 1, 0, 0) + query[12:end] + \
        (found if kind == 1 else b"")


def dns_stub():
    """Answers over UDP and, on the same port, over TCP; returns the --dns option."""
    port = udp_server(dns_answer)

    def serve(connection):
        length = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))[0]
        answer = dns_answer(connection.recv(length, socket.MSG_WAITALL))
        connection.sendall(struct.pack(">H", len(answer)) + answer)

    Tcp(serve, port=port)
    return ("--dns", f"127.0.0.1:{port}")


QUERY = """
import socket, struct, sys
server = (sys.argv[1], 53)
query = struct.pack('>HHHHHH', 7, 0x100, 1, 0, 0, 0) + b'\\4name\\4test\\0' + struct.pack('>HH', 1, 1)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(20)
u.sendto(query, server)
answer, peer = u.recvfrom(512)
assert peer == server, peer
t = socket.create_connection(server)
t.sendall(struct.pack('>H', len(query)) + query)
over_tcp = t.makefile('rb').read()
assert over_tcp[2:] == answer
print(socket.inet_ntoa(answer[-4:]))
"""


def dns(inlet):
    with Private(inlet) as lab:
        out = lab.python(QUERY, "10.0.2.3", options=dns_stub())
        check(out == "10.0.2.2\n", out)


def names(inlet):
    """An unmodified resolver asks the machine's nameservers, for whom the stub stands in."""
    need("curl")
    with Private(inlet) as lab:
        want = make_file(lab, 1000)
        stub = dns_stub()
        out = lab.python("import socket\n"
                         "print(socket.getaddrinfo('name.test', 80, socket.AF_INET)[0][4][0])\n",
                         options=stub)
        check(out == "10.0.2.2\n", out)
        with web(lab.dir) as port:
            got = lab.good("curl", "-sS", f"http://name.test:{port}/file", options=stub, text=False)
        check(sha(got) == want, f"{len(got)} bytes came")


def names_loopback(inlet):
    """The same when resolv.conf names a server on the loopback, or none at all."""
    flags = "-m" if os.getuid() == 0 else "-rm"
    need("unshare", "mount")
    if subprocess.run(["unshare", flags, "true"], capture_output=True).returncode != 0:
        skip("no mount namespaces")
    with Private(inlet) as lab:
        stub = dns_stub()
        for text, server in (("nameserver 127.0.0.53\n", "127.0.0.53"), ("# none\n", "127.0.0.1")):
            (lab.dir / "resolv.conf").write_text(text)
            inside = f"mount --bind {lab.dir}/resolv.conf /etc/resolv.conf && exec \"$@\""
            prefix = ("unshare", flags, "sh", "-c", inside, "sh")
            out = lab.python(QUERY, server, options=stub, prefix=prefix)
            check(out == "10.0.2.2\n", out)
            out = lab.python("import socket\n"
                             "print(socket.gethostbyname('name.test'))\n", options=stub,
                             prefix=prefix)
            check(out == "10.0.2.2\n", out)


def dns_option(inlet):
    with Private(inlet) as lab:
        for bad in ("", "name", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "[::1", "[::1]53",
                    "1.2.3.4:5:6"):
            done = lab.run("true", options=("--dns", bad))
            check(done.returncode == 2 and "expected an address" in done.stderr,
                  f"{bad}: {done.returncode} {done.stderr}")
        done = lab.run("true", options=("--dns", "127.0.0.1", "--link", "tap:x"))
        check(done.returncode == 2 and "--dns" in done.stderr, done.stderr)


CASES = [curl, curl_user, curl_lossy, curl_six, refused, parallel, upload, half_close,
         half_close_peer, peer_resets, peer_closes_early, program_killed, back_pressure, udp, udp_error,
         udp_nc, dns, names, names_loopback, dns_option]


def main():
    inlet, name = sys.argv[1:]
    signal.alarm(LIMIT_S * 2)
    try:
        {case.__name__: case for case in CASES}[name](inlet)
    except Failed as fault:
        print(f"{name}: {fault}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
