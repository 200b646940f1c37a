#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""programs - real programs, nobody changed them, over two hosts of a lab

usage: programs.py INLET CASE [CALLS_PROGRAM]
"""

import errno
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import xml.etree.ElementTree

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

import harness
import schema
from harness import Lab, check, need


def make_file(lab, size):
    data = os.urandom(size)
    (lab.dir / "www").mkdir(exist_ok=True)
    (lab.dir / "www" / "file").write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def serve(lab):
    (python,) = need("python3")
    server = lab.start("server", python, "-m", "http.server", "-d", str(lab.dir / "www"), "8000")
    lab.wait_listening(8000)
    return server


def same(lab, want):
    got = hashlib.sha256((lab.dir / "got").read_bytes()).hexdigest()
    check(got == want, "the bytes differ")


def curl(inlet):
    (program,) = need("curl")
    with Lab(inlet) as lab:
        want = make_file(lab, 3_000_000)
        serve(lab)
        done = lab.run("client", program, "-sS", "-o", str(lab.dir / "got"),
                       "http://10.0.0.2:8000/file")
        check(done.returncode == 0, done.stderr)
        same(lab, want)
        done = lab.run("client", program, "-sS", "http://10.0.0.2:8001/")
        check(done.returncode == 7, f"refused connection: {done.returncode} {done.stderr}")


def wget_static(inlet):
    (program,) = need("busybox")
    with Lab(inlet) as lab:
        want = make_file(lab, 1_000_000)
        serve(lab)
        done = lab.run("client", program, "wget", "-q", "-O", str(lab.dir / "got"),
                       "http://10.0.0.2:8000/file")
        check(done.returncode == 0, done.stderr)
        same(lab, want)


def httpd_static(inlet):
    program, client = need("busybox", "curl")
    with Lab(inlet) as lab:
        want = make_file(lab, 1_000_000)
        lab.start("server", program, "httpd", "-f", "-p", "80", "-h", str(lab.dir / "www"))
        lab.wait_listening(80)
        done = lab.run("client", client, "-sS", "-o", str(lab.dir / "got"),
                       "http://10.0.0.2/file")
        check(done.returncode == 0, done.stderr)
        same(lab, want)


def curl_six(inlet):
    program, python = need("curl", "python3")
    with Lab(inlet) as lab:
        want = make_file(lab, 100_000)
        lab.start("server", python, "-m", "http.server", "-b", "::", "-d", str(lab.dir / "www"),
                  "8000")
        lab.wait_listening(8000)
        done = lab.run("client", program, "-sS", "-g", "-o", str(lab.dir / "got"),
                       "http://[fd00::2]:8000/file")
        check(done.returncode == 0, done.stderr)
        same(lab, want)


ASYNC_SERVER = """
import asyncio
async def serve(r, w):
    while data := await r.read(65536):
        w.write(data)
        await w.drain()
    w.close()
async def main():
    s = await asyncio.start_server(serve, "10.0.0.2", 9000)
    await s.serve_forever()
asyncio.run(main())
"""

ASYNC_CLIENT = """
import asyncio, os
async def one(n):
    r, w = await asyncio.open_connection("10.0.0.2", 9000)
    data = os.urandom(100_000)
    async def send():
        w.write(data)
        await w.drain()
        w.write_eof()
    sending = asyncio.create_task(send())
    got = await r.read(-1)
    await sending
    w.close()
    return got == data
async def main():
    results = await asyncio.gather(*[one(n) for n in range(20)])
    try:
        await asyncio.open_connection("10.0.0.2", 9001)
    except ConnectionRefusedError:
        results.append(True)
    print(all(results), len(results))
asyncio.run(main())
"""


def asyncio_both(inlet):
    (python,) = need("python3")
    with Lab(inlet) as lab:
        lab.start("server", python, "-c", ASYNC_SERVER)
        lab.wait_listening(9000)
        done = lab.run("client", python, "-c", ASYNC_CLIENT)
        check(done.stdout == "True 21\n", f"{done.stdout} {done.stderr}")


# The routes of both ends lead to nobody. There is a router, which the client names.
BY_ROUTER = """
[host client]
source-routes = yes
near = 10.0.1.1/24
route = default via 10.0.1.9
[host router]
forward = yes
source-routes = yes
near = 10.0.1.2/24
far = 10.0.2.2/24
[host server]
source-routes = yes
far = 10.0.2.1/24
route = default via 10.0.2.9
[link near]
[link far]
"""

ROUTED_SERVER = """
import socket
s = socket.create_server(("10.0.2.1", 9000))
c, peer = s.accept()
c.sendall(c.recv(100)[::-1])
print(peer[0], c.getsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, 40).hex())
"""

ROUTED_CLIENT = """
import socket
s = socket.socket()
s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\\1\\x83\\7\\4" + socket.inet_aton("10.0.1.2"))
s.connect(("10.0.2.1", 9000))
s.sendall(b"there")
print(s.recv(100), s.getsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, 40).hex())
"""


def source_route(inlet):
    (python,) = need("python3")
    with Lab(inlet, BY_ROUTER) as lab:
        server = lab.start("server", python, "-c", ROUTED_SERVER)
        lab.wait_listening(9000)
        done = lab.run("client", python, "-c", ROUTED_CLIENT)
        check(done.stdout == "b'ereht' 018307040a000102\n", f"{done.stdout} {done.stderr}")
        text = server.stdout.readline()
        check(text.startswith("10.0.1.1 ") and "8307040a000202" in text, text)


def nc_tcp(inlet):
    (nc,) = need("nc")
    with Lab(inlet) as lab:
        server = lab.start("server", nc, "-N", "-l", "9000")
        lab.wait_listening(9000)
        client = lab.start("client", nc, "-N", "10.0.0.2", "9000")
        server.stdin.write("from server\n")
        server.stdin.close()
        client.stdin.write("from client\n")
        client.stdin.close()
        check(server.stdout.read() == "from client\n", "the server got something else")
        check(client.stdout.read() == "from server\n", "the client got something else")
        check(server.wait(60) == 0 and client.wait(60) == 0, "status")


def nc_udp(inlet):
    (nc,) = need("nc")
    with Lab(inlet) as lab:
        server = lab.start("server", nc, "-u", "-l", "9000")
        lab.wait_listening(9000, "-u")
        client = lab.start("client", nc, "-u", "10.0.0.2", "9000")
        client.stdin.write("there\n")
        client.stdin.flush()
        check(server.stdout.readline() == "there\n", "the server got something else")
        server.stdin.write("and back\n")
        server.stdin.flush()
        check(client.stdout.readline() == "and back\n", "the client got something else")


def calls(inlet, program, case):
    with Lab(inlet) as lab:
        done = lab.run("client", program, case)
        check(done.returncode == 0, f"{done.returncode} {done.stderr}")


def connecting(inlet, program):
    with Lab(inlet, harness.TWO_HOSTS.replace("5ms", "200ms")) as lab:
        make_file(lab, 10)
        serve(lab)
        done = lab.run("client", program, "connecting", "10.0.0.2", "8000")
        check(done.returncode == 0, f"{done.returncode} {done.stderr}")


def status(inlet):
    inlet = os.path.abspath(inlet)
    (shell,) = need("sh")
    with Lab(inlet) as lab:
        for text, want in (("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)):
            got = lab.run("client", shell, "-c", text).returncode
            check(got == want, f"{text}: {got}, not {want}")
        check(lab.run("client", "/nonexistent").returncode == 127, "not found")
        check(lab.run("client", str(lab.dir)).returncode == 126, "not a program")
        check(lab.run("nobody", shell, "-c", "exit 0").returncode == 125, "no such host")
        check(lab.command("run", "--loss", "2", "true").returncode == 2, "bad option value")
        # a supervisor under a supervisor is refused, and leaves nobody waiting
        done = lab.run("client", inlet, "run", "--host", "client", "--", shell, "-c", "exit 0")
        check(done.returncode == 125, f"nested: {done.returncode} {done.stderr}")
        check("inlet run inside inlet run" in done.stderr, f"nested: {done.stderr}")
        # a background child keeps its network until it ends
        done = lab.run("client", shell, "-c", "(read x; echo late) & exit 3", input="x\n")
        check(done.returncode == 3, f"background: {done.returncode}")


def netstat(inlet, program):
    with Lab(inlet) as lab:
        server = lab.start("server", program, "wait")
        check(server.stdout.readline() == "ready\n", "not ready")
        pid = None
        for line in lab.netstat("-l", "--json").splitlines():
            entry = json.loads(line)
            if entry["local"] == "0.0.0.0:7777":
                pid = entry["pid"]
                check(entry["program"].startswith("calls") and entry["state"] == "LISTEN"
                      and entry["proto"] == "tcp" and entry["host"] == "server", line)
        check(pid is not None, "the listener is not listed")
        check(os.readlink(f"/proc/{pid}/exe") == os.path.realpath(program), "another PID")
        check(f"{pid}/calls" in lab.netstat("-lt"), "no PID/Program in the table")
        check("7777" not in lab.netstat("-lu") and "7777" not in lab.netstat(), "filters")
        # bound, but not listening: not among the listeners, yet among all
        (python,) = need("python3")
        bound = lab.start("server", python, "-c", "import socket\ns = socket.socket()\n"
                          "s.bind(('', 7778))\nprint('ready', flush=True)\ninput()")
        check(bound.stdout.readline() == "ready\n", "not ready")
        check("7778" in lab.netstat("-at") and "7778" not in lab.netstat("-lt"), "bound socket")
        # killed in a blocking accept(): the port is free again
        os.kill(pid, signal.SIGKILL)
        check(server.wait(60) == 137, "status of a killed program")
        lab.wait("the port to be free", lambda: ":7777 " not in lab.netstat("-a"))


def counters(inlet, program):
    """netstat -s: one datagram to nobody is seen by its counters on both hosts and links"""
    with Lab(inlet) as lab:
        (python,) = need("python3")

        def values(*args):
            lines = [json.loads(line) for line in lab.netstat("-s", "--json", *args).splitlines()]
            return {(e["host"], e["link"], e["name"]): e["value"] for e in lines}

        check(all(values().values()), "a counter that is 0 without -a")
        check(values("-a")["server", None, "udpNoPorts"] == 0, "nothing was sent yet")
        done = lab.run("client", python, "-c", "import socket\n"
                       "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                       "s.sendto(b'12345', ('10.0.0.2', 9))")
        check(done.returncode == 0, done.stderr)
        lab.wait("the answer", lambda: ("client", None, "icmpMsgStatsInPkts.1.3") in values())
        v = values()
        for host, name, value in (("client", "udpHCOutDatagrams", 1), ("server", "udpNoPorts", 1),
                                  ("server", "drop.no-socket", 1), ("server", "sent.icmp-port", 1),
                                  ("client", "icmpMsgStatsInPkts.1.3", 1),
                                  ("server", "ipSystemStatsHCInReceives.1", 1),
                                  ("server", "ipSystemStatsHCInOctets.1", 33)):
            check(v.get((host, None, name)) == value, f"{host} {name}: {v}")
        link = values("-i", "--host", "server")
        check(len({key[1] for key in link}) == 1 and all(key[0] == "server" for key in link),
              f"links: {link}")
        check([n for (_, _, name), n in link.items() if name == "ipIfStatsHCInOctets.1.1"] == [33],
              f"octets of the link: {link}")
        text = lab.netstat("-s", "--host", "server")
        check(text.startswith("server:\n") and "client" not in text, text)
        check(any(line.split() == ["udpNoPorts", "1"] for line in text.splitlines()), text)
        for wrong in (("-s", "-t"), ("-s", "-r")):
            check(lab.command("netstat", *wrong).returncode == 2, f"{wrong}")


def checksums(inlet, program):
    """UDP-Lite, and UDP without checksums, as Linux programs ask for them"""
    receiver = ("import socket, sys\n"
                "six, lite = sys.argv[1] == '6', sys.argv[2] == 'lite'\n"
                "s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM,"
                " 136 if lite else 0)\n"
                "s.setsockopt(*((136, 11, 12) if lite else (17, 102, 1)))\n"
                "s.bind(('', 7000))\nprint('ready', flush=True)\n"
                "data, (host, *_) = s.recvfrom(100)\n"
                "print(data.decode(), s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE),"
                " s.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL))\n")
    sender = ("import socket, sys\n"
              "six, lite = sys.argv[1] == '6', sys.argv[2] == 'lite'\n"
              "s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM,"
              " 136 if lite else 0)\n"
              "for o in ((136, 10, 12),) if lite else ((1, 11, 1), (17, 101, 1)):\n"
              "  s.setsockopt(*o); assert s.getsockopt(*o[:2]) == o[2]\n"
              "if lite: s.setsockopt(136, 11, 3); assert s.getsockopt(136, 11) == 8\n"
              "s.sendto(b'some text', ('fd00::2' if six else '10.0.0.2', 7000))\n")
    with Lab(inlet) as lab:
        (python,) = need("python3")
        for args in (("4", "lite"), ("6", "lite"), ("4", "udp"), ("6", "udp")):
            server = lab.start("server", python, "-c", receiver, *args)
            check(server.stdout.readline() == "ready\n", f"{args}: not ready")
            if args[1] == "lite":
                check("udpl" in lab.netstat("-lu"), "not listed")
            done = lab.run("client", python, "-c", sender, *args)
            check(done.returncode == 0, f"{args}: {done.stderr}")
            want = f"some text 2 {136 if args[1] == 'lite' else 17}\n"
            said = server.stdout.readline()
            check(said == want, f"{args}: {said!r}")
            check(server.wait(60) == 0, "status")
        text = lab.netstat("-s", "--host", "server").split()
        for name, value in (("udpliteInDatagrams", "2"), ("udpliteInPartialCov", "2"),
                            ("udpHCInDatagrams", "2")):
            check(text[text.index(name) + 1] == value, f"{name}: {text}")


# Says what a call that waited when the lab went has got.
WAITS = '''
import errno, socket, sys
s = socket.socket(socket.AF_INET, socket.%s)
s.bind(("", 0))
if s.type == socket.SOCK_STREAM:
    s.listen()
print("ready", flush=True)
try:
    s.%s
except OSError as fault:
    print(errno.errorcode[fault.errno], flush=True)
'''


def lab_dies(inlet, program):
    (python,) = need("python3")
    with Lab(inlet) as lab:
        waiting = [lab.start("client", python, "-c", WAITS % what)
                   for what in (("SOCK_STREAM", "accept()"), ("SOCK_DGRAM", "recvfrom(10)"),
                                ("SOCK_DGRAM", "recv(10)"))]
        for process in waiting:
            check(process.stdout.readline() == "ready\n", "not ready")
        make_file(lab, 10)
        server = serve(lab)
        client = lab.start("client", program, "until-end", "10.0.0.2", "8000")
        check(client.stdout.readline() == "connected\n", "not connected")
        check(lab.command("lab", "down").returncode == 0, "lab down")
        check(client.stdout.readline() == "Connection reset by peer\n", "no reset")
        check(client.wait(60) == 0, "status")
        check("the lab has gone" in client.stderr.read(), "not told")
        for process, ends in zip(waiting, (("ECONNRESET", "ENETDOWN"), ("ENETDOWN",), ("ENETDOWN",))):
            said = process.stdout.readline().strip()
            check(said in ends, f"a call that waited: {said}")
            check(process.wait(60) == 0, "status")
        harness.end(server)


def count_sockets(pid):
    count = 0
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += os.readlink(fd).startswith("socket:")
        except FileNotFoundError:
            pass    # closed since
    return count


WAITS_TO_CALL = """
import os, select, socket
s = socket.socket(socket.AF_INET, socket.%s)
%s
print(os.getpid(), flush=True)
input()
try:
    print(%s, flush=True)
except OSError as fault:
    print(fault.errno, flush=True)
"""

HAS_AN_ERROR = """
s.connect(("10.0.0.2", 9))
s.send(b"x")
p = select.poll()
p.register(s, select.POLLIN)
p.poll()
"""


def stopped(inlet, _):
    """Programs that are stopped inside a call, as by Ctrl-Z, get its result when they go on.

    connect() says once what has become of it, and an error that SO_ERROR has asked for is not lost.
    """
    (nc, python) = need("nc", "python3")
    lab = Lab(inlet)
    daemon = subprocess.Popen([inlet, "lab", "up", str(lab.file), "--foreground"], env=lab.env,
                              stdout=subprocess.DEVNULL)
    lab.running.append(daemon)
    lab.wait("the lab", lambda: lab.command("lab", "status").returncode == 0)
    lab.start("server", nc, "-l", "9000")
    lab.wait_listening(9000)
    for kind, before, call, result in (
            ("SOCK_STREAM", "", "s.connect(('10.0.0.2', 9000))", None),
            ("SOCK_STREAM", "", "s.connect(('10.0.0.2', 9001))", errno.ECONNREFUSED),
            ("SOCK_DGRAM", HAS_AN_ERROR, "s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)", errno.ECONNREFUSED)):
        client = lab.start("client", python, "-c", WAITS_TO_CALL % (kind, before, call))
        pid = int(client.stdout.readline())
        lab.wait("the supervisor", lambda: sleeps(client.pid))    # it closes its copies behind its answers
        sockets = count_sockets(client.pid)
        # the lab is held up until the supervisor has given the call up
        os.kill(daemon.pid, signal.SIGSTOP)
        client.stdin.write("\n")
        client.stdin.flush()
        lab.wait("the call", lambda: count_sockets(client.pid) > sockets)
        os.kill(pid, signal.SIGSTOP)
        lab.wait("the sweep", lambda: count_sockets(client.pid) == sockets)
        os.kill(daemon.pid, signal.SIGCONT)
        lab.wait("its end", lambda: "SYN-SENT" not in lab.netstat("-a", "-t", "--json"))
        os.kill(pid, signal.SIGCONT)
        said = client.stdout.readline()
        check(said == f"{result}\n", f"{call}: {said}")
    lab.__exit__()


def sleeps(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def peer_killed(inlet, program):
    with Lab(inlet) as lab:
        (nc,) = need("nc")
        server = lab.start("server", nc, "-l", "9000")
        lab.wait_listening(9000)
        client = lab.start("client", program, "until-end", "10.0.0.2", "9000")
        check(client.stdout.readline() == "connected\n", "not connected")
        entries = [json.loads(line) for line in lab.netstat("-a", "--json").splitlines()]
        pids = {e["pid"] for e in entries if e["host"] == "server" and e["pid"]}
        check(len(pids) == 1, f"processes on the server: {pids}")
        (pid,) = pids
        # killed before it accepts, it would be a closed listener: a RST
        lab.wait("nc to accept", lambda: count_sockets(pid) == 2)
        os.kill(pid, signal.SIGKILL)
        check(client.stdout.readline() == "end\n", "the kernel closes for a killed program: FIN")
        check(server.wait(60) == 137, "status")


def check_events(lab):
    """Every line is JSON, both ends tell of the whole connection, and the plot is good XML."""
    events = schema.validate("events", (lab.dir / "events").read_text(), first="time")
    states = {(e["host"], e["data"]["new"]) for e in events if e["name"] == "tcp:state_updated"}
    check(("client", "ESTABLISHED") in states and ("server", "ESTABLISHED") in states, str(states))
    causes = {e["data"]["cause"] for e in events if e["name"] == "tcp:packet_sent"}
    check({"syn", "syn-ack", "handshake-ack", "fin"} <= causes, str(causes))
    check(any(e["data"].get("text") == "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28" for e in events), "ARP")
    check(any(e["name"] == "recovery:metrics_updated" and e["data"]["cwnd"] > 0 for e in events), "metrics")
    check(all(a["time"] <= b["time"] for a, b in zip(events, events[1:])), "order of time")
    plot = pathlib.Path(__file__).resolve().parents[2] / "examples/plot-events"
    done = subprocess.run([sys.executable, plot, lab.dir / "events", "--host", "server"], capture_output=True,
                          text=True, timeout=60, check=False)
    check(done.returncode == 0, done.stderr)
    check(len(xml.etree.ElementTree.fromstring(done.stdout).findall("{*}path")) >= 5, "paths in the plot")


def watching(inlet):
    curl_program, _ = need("curl", "python3")
    with Lab(inlet) as lab:
        make_file(lab, 1000)
        serve(lab)
        capture = lab.dir / "out.pcapng"
        done = lab.command("run", "--host", "client", "--dump", "--write", str(capture),
                           "--events", str(lab.dir / "events"), "--",
                           curl_program, "-sS", "-o", "/dev/null", "http://10.0.0.2:8000/file")
        check(done.returncode == 0, done.stderr)
        for text in ("Flags [S]", "handshake: the application connects", "Flags [S.]"):
            check(text in done.stderr, f"{text} is not in the dump:\n{done.stderr}")
        check_events(lab)
        data = capture.read_bytes()
        check(data[:4] == b"\x0a\x0d\x0d\x0a" and b"server: handshake: answers a SYN" in data, "pcapng")
        env = {**lab.env, "TERM": "xterm", "NO_COLOR": ""}
        seen, _ = harness.on_terminal([inlet, "dump", "--why", "-nn", "-r", capture], env)
        check(b"\033[2m" in seen and b"  <- server: handshake" in seen, seen)
        seen, _ = harness.on_terminal([inlet, "run", "--host", "client", "--dump", "--", curl_program, "-s",
                                       "http://10.0.0.2:81/"], env)
        check(b"\033[36mclient\033[0m   IP 10.0.0.1." in seen, seen)


def private_file(inlet, program):
    """--lab FILE with no such lab running: a lab for this run only."""
    lab = Lab(inlet)
    done = lab.command("run", "--lab", str(lab.file), "--host", "client", "--", program, "names")
    check(done.returncode == 0, done.stderr)
    check(lab.command("lab", "status").returncode == 1, "a lab is left over")
    lab.__exit__()


# Two routers with a narrow link between them, which no end of a connection sees.
NARROW = """
[host client]
net0 = 10.0.0.1/24, fd00::1/64
route = default via 10.0.0.254
route = default via fd00::fe
[host r1]
forward = yes
%s
net0 = 10.0.0.254/24, fd00::fe/64
net1 = 10.1.0.1/24, fd01::1/64
route = default via 10.1.0.2
route = default via fd01::2
[host r2]
forward = yes
net1 = 10.1.0.2/24, fd01::2/64
net2 = 10.2.0.254/24, fd02::fe/64
route = default via 10.1.0.1
route = default via fd01::1
[host server]
net2 = 10.2.0.2/24, fd02::2/64
route = default via 10.2.0.254
route = default via fd02::fe
[link net0]
[link net1]
mtu = 1400
[link net2]
"""


def mss_clamp(inlet):
    """What r1 passes on, SYN and SYN-ACK, offers what its narrow link carries; without mss-clamp
    what the ends themselves have said."""
    (python,) = need("python3")
    ask = "import socket, sys\nsocket.create_connection((sys.argv[1], 9000)).close()"
    for key, four, six in (("mss-clamp = yes", 1360, 1340), ("mss-clamp = no", 1460, 1440)):
        with Lab(inlet, NARROW % key) as lab:
            lab.start("server", python, "-m", "http.server", "-b", "::", "9000")
            lab.wait_listening(9000)
            for address, mss in (("10.2.0.2", four), ("fd02::2", six)):
                done = lab.command("run", "--host", "client", "--dump", "--", python, "-c", ask,
                                   address)
                check(done.returncode == 0, done.stderr)
                for flags in ("Flags [S],", "Flags [S.],"):
                    lines = [line for line in done.stderr.splitlines()
                             if flags in line and line.split()[1] == "r1"]
                    check(lines and all(f"[mss {mss}," in line for line in lines),
                          f"{key}: {flags} without mss {mss}:\n{done.stderr}")


def lab_commands(inlet):
    with Lab(inlet) as lab:
        check(lab.command("lab", "up", str(lab.file)).returncode == 1, "up twice")
        done = lab.command("lab", "status")
        for text in ("host client:", "10.0.0.2/24", "link net0:", "delay 5.000ms", "totals:"):
            check(text in done.stdout, f"{text} is not in the status:\n{done.stdout}")
        check(lab.command("lab", "down", "two").returncode == 0, "down")
        check(lab.command("lab", "status").returncode == 1, "status of no lab")
        check(lab.command("lab", "down").returncode == 1, "down twice")
        check(lab.command("lab", "up", str(lab.file)).returncode == 0, "up again")


def foreground(inlet, program):
    """A lab in the foreground ends well, and in a sanitizer build without a leak: `lab down` comes
    while one connection is open, another program was killed, and a listener waits."""
    lab = Lab(inlet)
    make_file(lab, 300_000)
    daemon = subprocess.Popen([inlet, "lab", "up", str(lab.file), "--foreground"], env=lab.env,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lab.wait("the lab", lambda: lab.command("lab", "status").returncode == 0)
    (curl_program,) = need("curl")
    serve(lab)
    for _ in range(3):
        done = lab.run("client", curl_program, "-sS", "-o", str(lab.dir / "got"),
                       "http://10.0.0.2:8000/file")
        check(done.returncode == 0, done.stderr)
    for end in (signal.SIGKILL, None):
        client = lab.start("client", program, "until-end", "10.0.0.2", "8000")
        check(client.stdout.readline() == "connected\n", "not connected")
        if end is not None:
            client.send_signal(end)
    check(lab.command("lab", "down").returncode == 0, "lab down")
    _, text = daemon.communicate(timeout=60)
    check(daemon.returncode == 0, f"the lab ended with {daemon.returncode}: {text}")
    lab.__exit__()


if __name__ == "__main__":
    harness.main({name: value for name, value in list(globals().items()) if callable(value)})
