#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""top - live sockets in a real terminal (tmux), and without one

    top.py INLET CASE

Each case runs in a network namespace of its own. What stands on the terminal is what tmux has in its
screen; a case asks again until it is as it should be.
"""

import ctypes
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import harness
import schema
from harness import check, need
from netstat import enter_namespace, output, pairs, until

CTRL_Z = "C-z"
SGR = r"(?:\x1b\[[\d;]*m)*"


class Terminal:
    """A program in a tmux of its own; it is gone when the case ends."""

    def __init__(self, command, columns=110, lines=24):
        (self.tmux,) = need("tmux")
        self.dir = tempfile.mkdtemp(prefix="inlet-tmux.")
        self.env = dict(os.environ, TMUX_TMPDIR=self.dir, TERM="xterm-256color", LANG="C.UTF-8")
        self.env.pop("TMUX", None)
        self.ask("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines),
                 command)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run([self.tmux, "kill-server"], env=self.env, capture_output=True, check=False)
        shutil.rmtree(self.dir)

    def ask(self, *args):
        done = subprocess.run([self.tmux, *args], env=self.env, capture_output=True, text=True,
                              timeout=harness.LIMIT_S)
        check(done.returncode == 0, f"tmux {args}: {done.stderr}")
        return done.stdout

    def screen(self, *options):
        return self.ask("capture-pane", "-p", *options)

    def keys(self, *keys):
        self.ask("send-keys", *keys)

    def until(self, *texts, without=(), options=()):
        """Waits until all these stand on the screen, and none of those. Returns it."""
        seen = [""]

        def there():
            seen[0] = self.screen(*options)
            return all(re.search(t, seen[0], re.M) for t in texts) and \
                not any(re.search(t, seen[0], re.M) for t in without)

        try:
            until(f"{texts} without {without}", there)
        except harness.Failed as fault:
            raise harness.Failed(f"{fault}\n{seen[0]}") from None
        return seen[0]


def listener(port):
    return socket.create_server(("127.0.0.1", port), backlog=50)


def live(inlet):
    """New lines are green, changed ones yellow, closed ones red for a moment; then they leave."""
    one = listener(7001)
    with Terminal(f"{inlet} top -n -d 0.2 --hold 60; read x") as term:
        term.until(r"PROGRAMv", r"python3.* tcp +127.0.0.1:7001 +0.0.0.0:\* +LISTEN")
        a = socket.create_connection(("127.0.0.1", 7001))
        b = one.accept()[0]
        port = a.getsockname()[1]
        term.until(rf"\x1b\[32m{SGR}\+ python3.*127.0.0.1:{port}", options=("-e",))
        a.shutdown(socket.SHUT_WR)
        term.until(rf"\x1b\[33m{SGR}~ python3.*CLOSE_WAIT", options=("-e",))
        b.close()
        a.close()
        term.until(rf"\x1b\[31m{SGR}x .*127.0.0.1", options=("-e",))
        term.keys("q")
        term.until(r"^[12] sockets; 2 opened, \d+ changed, \d closed in", without=("PROGRAM",))
    with Terminal(f"{inlet} top -n -d 0.2 --hold 0.2 --connected") as term:
        a = socket.create_connection(("127.0.0.1", 7001))
        b = one.accept()[0]
        port = a.getsockname()[1]
        term.until(rf"^  python3 .*127.0.0.1:{port} +127.0.0.1:7001 +ESTABLISHED")
        b.close()
        a.close()
        term.until(r"[12] closed", without=(rf"127.0.0.1:{port} +127.0.0.1:7001",))
    with Terminal(f"NO_COLOR=1 {inlet} top -n -d 0.2 --hold 60") as term:
        term.until("LISTEN")
        two = listener(7002)
        text = term.until(r"^\+ python3.*7002", options=("-e",))
        check("\x1b[32m" not in text, "colour in spite of NO_COLOR")
        two.close()
    # what a connection carries: one way, at a rate
    a = socket.create_connection(("127.0.0.1", 7001))
    b = one.accept()[0]
    b.setblocking(False)
    with Terminal(f"{inlet} top -n -d 0.2 -s rx --connected") as term:
        def flows():
            a.sendall(bytes(100_000))
            while select.select([b], [], [], 0)[0]:
                b.recv(1 << 20)
            return re.search(r"ESTABLISHED +[\d.]+[KM] +0 ", term.screen()) and \
                re.search(r"ESTABLISHED +0 +[\d.]+[KM] ", term.screen())
        until("rates", flows)


def keys(inlet):
    """Sort, filter, tree, kinds, names, pause, help, save; a line stays selected."""
    held = [listener(80), listener(7002)] + pairs(socket.AF_INET, "127.0.0.1", 2)
    directory = tempfile.mkdtemp(prefix="inlet-top.")
    with Terminal(f"cd {directory}; {os.path.abspath(inlet)} top -d 0.2") as term:
        term.until("127.0.0.1:http ", "PROGRAMv")
        term.keys("n")
        term.until("127.0.0.1:80 ", without=(":http",))
        if re.search(r"^127\.0\.0\.1\s+localhost", pathlib.Path("/etc/hosts").read_text(), re.M):
            term.keys("d")
            term.until("localhost:80 ", "localhost:7002 ", without=("127.0.0.1",))
            term.keys("d")
            term.until("127.0.0.1:80 ", without=("localhost",))
        for _ in range(3):
            term.keys("s")
        text = term.until("LOCALv", "sorted by local")
        ports = [int(p) for p in re.findall(r"tcp +127.0.0.1:(\d+)", text)]
        check(ports == sorted(ports) and len(ports) == 7, f"{ports}")
        term.keys("r")
        text = term.until(r"LOCAL\^")
        check([int(p) for p in re.findall(r"tcp +127.0.0.1:(\d+)", text)] == ports[::-1], text)
        term.keys("/")
        term.until("^filter: _")
        term.keys("LISTEN :700", "BSpace", "Enter")  # with the colon: "70" may be in a PID
        term.until("filter: LISTEN :70", "7002", without=(":80 ",))
        term.keys("Escape")
        term.until(":80 ", without=("filter: ",))
        term.keys("t")
        term.until(rf"^v python3  {os.getpid()}  7 sockets  rx ", "^    PROTO +LOCAL", without=("PID",))
        term.keys("t", "l")
        term.until("only sockets with a peer", "ESTABLISHED", without=("LISTEN", "7 sockets  rx"))
        term.keys("l")
        term.until("only listening", "LISTEN", without=("ESTABLISHED",))
        term.keys("l", "?")
        term.until("any key goes on", "tree of processes", "^q +quit")
        term.keys("x", "Space")
        term.until("PAUSED", "LISTEN")
        held.append(listener(7003))
        term.keys("Down", "Down")
        term.until("PAUSED", without=("7003",))
        term.keys("Space")
        term.until(":7003 ", without=("PAUSED",))
        for name in "a.csv", "b.json":
            term.keys("w")
            term.until("save as.*sockets.csv_")
            term.keys(*["BSpace"] * len("sockets.csv"), name, "Enter")
            term.until(f"saved in {name}")
        term.keys("w")
        term.keys(*["BSpace"] * len("sockets.csv"), "a.csv", "Enter")
        term.until("a.csv: File exists")
    rows = (pathlib.Path(directory) / "a.csv").read_text().splitlines()
    check(rows[0] == "host,program,pid,proto,local,remote,state,rx,tx,rtt,retransmissions", rows[0])
    check(len(rows) == 9 and all(row.count(",") == 10 for row in rows), f"{rows}")
    check(any(re.match(rf",python3,{os.getpid()},tcp,127.0.0.1:7003,0.0.0.0:\*,LISTEN,,,,$", row)
              for row in rows), f"{rows}")
    found = schema.validate("top", (pathlib.Path(directory) / "b.json").read_text())
    check(len(found) == 8 and {row["type"] for row in found} == {"socket"}, f"{found}")
    shutil.rmtree(directory)


def named(name, port):
    """A process that has that name, any bytes, and listens. Kill it to be rid of it."""
    code = "import ctypes, socket, sys\ns = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n" \
           "ctypes.CDLL(None).prctl(15, bytes.fromhex(sys.argv[2]), 0, 0, 0)\nprint(flush=True)\n" \
           "sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code, str(port), name.hex()],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def fold(inlet):
    """Enter folds a process, - all, + none; the cursor stays on its line. Names in UTF-8 are typed."""
    held = [named("Größe 日本".encode(), 7001), named(b"other", 7002), named(b"\x1b[31m\xff", 7003)]
    with Terminal(f"{inlet} top -n -d 0.2 --tree", 80) as term:
        term.until(r"^v Größe 日本  \d+  1 socket  rx 0B/s", r"^v other ", r"^v \\x1b\[31m\\xff ", "7002",
                   r"LOCAL.*RETR", r"^q quit  \? help")
        term.keys("Home")
        for _ in range(20):     # the line of a process stays selected while the list is made anew
            if re.search(rf"^\x1b\[[\d;]*7m{SGR}v other", term.screen("-e"), re.M):
                break
            before = term.screen("-e")
            term.keys("Down")
            until("the cursor", lambda: term.screen("-e") != before)
        text = term.until(rf"^\x1b\[[\d;]*7m{SGR}v other", options=("-e",))
        refreshed = listener(7004)      # more lines, and another refresh
        term.until(":7004 ")
        term.until(rf"^\x1b\[[\d;]*7m{SGR}v other", options=("-e",))
        term.keys("Enter")
        term.until("^> other", "7001", without=("7002",))
        term.keys("Enter")
        term.until("^v other", "7002")
        term.keys("-")
        term.until("^> other", "^> Größe", "all folded", without=("LISTEN",))
        term.keys("Enter")
        term.until("^v other", "^> Größe", "7002", without=("7001",))
        term.keys("+")
        term.until("^v Größe", "7001")
        term.keys("/")
        term.keys("öße 日本x", "BSpace", "BSpace")
        term.until("^filter: öße 日_")
        term.keys("Enter")
        term.until("^v Größe", "filter: öße 日", without=("other",))
        term.keys("/", "C-u")
        term.until("^filter: _")
        term.keys("Enter", "t", "Enter")
        term.until("^Enter folds processes", "^  Größe 日本 ")
        check(text and refreshed, "")
    for process in held:
        process.stdin.close()
        process.wait(harness.LIMIT_S)


def terminals(inlet):
    """A terminal without colours, a locale without UTF-8, a kernel without sock_diag."""
    held = [named("Größe".encode(), 7001), named(b"plain", 7002)]
    mark = r"\x1b\[3[123]m"
    with Terminal(f"LC_ALL=C TERM=vt100 {inlet} top -n -d 0.2 --hold 60; read x") as term:
        term.until(r"^  Gr\?\?\?\?e +\d+ tcp +127.0.0.1:7001 ", "^  plain +")
        one = listener(7003)
        text = term.until(r"^\+ python3.*:7003", options=("-e",))
        check(not re.search(mark, text), "colours on a vt100")
        one.close()
        term.keys("q")
        term.until("^[23] sockets;")
    denied = pathlib.Path(__file__).resolve().parent / "denied.py"
    probe = subprocess.run([denied, "true"], capture_output=True, text=True, check=False)
    if probe.returncode == 77:
        print(probe.stdout)
    else:
        with Terminal(f"{denied} {inlet} top -n -d 0.2 --hold 60; read x", 120) as term:
            term.until("by /proc: no rates", r"plain +\d+ tcp +127.0.0.1:7002 .* LISTEN")
            one = listener(7004)
            a = socket.create_connection(("127.0.0.1", 7004))
            term.until(r"^\+ python3.*:7004 +0.0.0.0:\* +LISTEN", r"ESTABLISHED +- +- +- +-$")
            term.keys("q")
            term.until(r"sock_diag \(Operation not permitted\): /proc serves")
            a.close(), one.close()
    for process in held:
        process.stdin.close()
        process.wait(harness.LIMIT_S)


def nonsense(inlet):
    """Something that is no lab answers at a lab's place."""
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(os.path.join(directory, "inlet"), 0o700)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server.bind(os.path.join(directory, "inlet", "odd.sock"))
        server.listen(8)
        for answer, words in ((b"\xff" * 400, "no lab of this version"), (b"", "the lab has ended")):
            for args in (("netstat", "-a"), ("netstat", "-i"), ("netstat", "-s"), ("top", "-1")):
                process = subprocess.Popen([inlet, *args, "--lab=odd"], text=True,
                                           env=dict(os.environ, XDG_RUNTIME_DIR=directory),
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                peer = server.accept()[0]
                peer.recv(1000)
                if answer:
                    peer.send(answer)
                peer.close()
                _, said = process.communicate(timeout=harness.LIMIT_S)
                check(process.returncode == 1 and words in said, f"{args}: {process.returncode} {said}")


def spreadsheet(inlet):
    """A program may have any name: saved as CSV it is quoted, and no formula."""
    held = listener(7001)
    with tempfile.TemporaryDirectory(prefix="inlet-top.") as directory:
        for name, field in ((b'a"b,c', '"a""b,c"'), (b"=1+2", "\"'=1+2\""), (b"@SUM", "\"'@SUM\"")):
            check(ctypes.CDLL(None).prctl(15, name, 0, 0, 0) == 0, "prctl")
            with Terminal(f"cd {directory}; {os.path.abspath(inlet)} top -n -d 0.2") as term:
                term.until("7001")
                term.keys("w")
                term.until("save as.*sockets.csv_")
                term.keys("Enter")
                term.until("saved in sockets.csv")
            path = pathlib.Path(directory) / "sockets.csv"
            row = path.read_text().splitlines()[1]
            check(row.startswith(f",{field},{os.getpid()},tcp,"), f"{name}: {row}")
            path.unlink()
    held.close()


def sizes(inlet):
    """Another size of the terminal while it runs; one that is too small; sideways."""
    held = [listener(7000 + i) for i in range(40)]
    with Terminal(f"{inlet} top -n -d 0.2; read x", 110, 24) as term:
        check(len(re.findall("LISTEN", term.until(r"LISTEN", "^q quit"))) == 21, "21 lines")
        term.ask("resize-window", "-x", "100", "-y", "12")
        until("nine lines", lambda: len(re.findall("LISTEN", term.screen())) == 9)
        term.keys("End")
        term.until(":7039 ", without=(":7000 ",))
        term.ask("resize-window", "-x", "30", "-y", "5")
        term.until("^too small: 40x6", without=("LISTEN",))
        term.ask("resize-window", "-x", "60", "-y", "12")
        term.until(":7039 ", "PROGRAM", without=("RETR", "too small"))
        term.keys("Right", "Right", "Right", "Right", "Right")
        term.until("RETR", without=("PROGRAM",))
        term.ask("resize-window", "-x", "200", "-y", "50")
        until("all lines", lambda: len(re.findall("LISTEN", term.screen())) == 40)
        term.keys("Home")
        term.keys("q")
        term.until("^40 sockets; 0 opened")
    with Terminal(f"TERM=nosuch {inlet} top; echo status $?; read x") as term:
        term.until("terminal is not known.*--plain", "status 1")
    check(len(held) == 40, "")


def end(inlet):
    """k ends the selected connection, after a question."""
    if os.geteuid() != 0:
        print("skipped: only root may end connections")
        sys.exit(77)
    made = pairs(socket.AF_INET, "127.0.0.1", 1)
    port = made[1].getsockname()[1]
    with Terminal(f"{inlet} top -n -d 0.2 --connected -f 'ESTABLISHED local:{port}'; read x") as term:
        term.until("filter")
        term.keys("Escape", "k")
        term.until(r"^end tcp 127.0.0.1:\d+ - 127.0.0.1:\d+ of python3 \(\d+\)\? y or n")
        term.keys("n")
        term.until("^not ended", "ESTABLISHED")
        term.keys("k")
        term.until("y or n")
        term.keys("y")
        text = term.until(r"^(ended|not ended: the kernel cannot)")
        if "cannot end" in text:
            print("skipped: this kernel ends no connections")
            sys.exit(77)
        broken = 0
        for s in made[1:]:
            s.settimeout(harness.LIMIT_S)
            try:
                check(s.recv(1) == b"", "data")
            except OSError:
                broken += 1
        check(broken == 2, f"{broken} of 2 ends are told")
        term.until(r"^x .*127.0.0.1", without=(r"^[ +~] .*127.0.0.1",))
        term.keys("k")
        term.until("it has ended already")


def suspend(inlet):
    """Ctrl-Z gives the terminal back, fg takes it again; Ctrl-C and SIGTERM restore it."""
    (bash,) = need("bash")
    held = listener(7001)
    with Terminal(f"PS1='$ ' {bash} --norc") as term:
        term.until(r"^\$ ?$")
        before = term.ask("display-message", "-p", "#{alternate_on} #{cursor_flag}")
        for how in (CTRL_Z, "C-c", "kill"):
            term.keys(f"clear; {inlet} top -n -d 0.2", "Enter")
            term.until("7001", "^q quit")
            check(term.ask("display-message", "-p", "#{alternate_on} #{cursor_flag}") != before, how)
            if how == "kill":
                pid = term.ask("display-message", "-p", "#{pane_pid}").strip()
                (child,) = output("ps", "-o", "pid=", "--ppid", pid).split()
                os.kill(int(child), signal.SIGTERM)
            else:
                term.keys(how)
            if how == CTRL_Z:
                term.until(r"Stopped", r"^\$ ?$", without=("^q quit",))
                term.keys("fg", "Enter")
                term.until("7001", "^q quit")
                term.keys("q")
            term.until(r"^\d sockets; ", r"^\$ ?$", without=("^q quit",))
            check(term.ask("display-message", "-p", "#{alternate_on} #{cursor_flag}") == before, how)
            term.keys("stty -a | tr ' ' '\\n'", "Enter")
            term.until("^echo;?$", "^icanon;?$")
    held.close()


def plain(inlet):
    """Text and JSON without a terminal; the summary on Ctrl-C; what is wrong."""
    held = [listener(7001)] + pairs(socket.AF_INET6, "::1", 1)
    text = output(inlet, "top", "--once", "-n")
    lines = text.splitlines()
    check(lines[0].split()[:3] == ["PROGRAM", "PID", "PROTO"] and len(lines) == 5, text)
    check(re.search(rf"^python3 +{os.getpid()} tcp6 +\[::1\]:\d+ +\[::1\]:\d+ +ESTABLISHED +- +- "
                    r"+\d", text, re.M), text)
    text = output(inlet, "top", "-n", "-c", "2", "-d", "0.1", "--tree", "-6")
    check(text.count("PROGRAM") == 2 and re.search(r"\n3 sockets; 0 opened", text), text)
    check(re.search(rf"^python3 \({os.getpid()}\): 3 sockets, rx ", text, re.M), text)
    check(output(inlet, "top", "-1nl").count("LISTEN") == 2, "-l")
    check(output(inlet, "top", "-1", "-f", "nowhere").count("\n") == 1, "-f")
    found = schema.validate("top", output(inlet, "top", "--json", "-c", "2", "-d", "0.1"))
    check([row["type"] for row in found] ==
          (["refresh"] + ["socket"] * 4) * 2 + ["summary"], f"{found}")
    with subprocess.Popen([inlet, "top", "-d", "60"], stdout=subprocess.PIPE, text=True) as running:
        check(running.stdout.readline().startswith("PROGRAM"), "the first round")
        running.send_signal(signal.SIGINT)
        check("sockets; 0 opened" in running.stdout.read(), "no summary")
        check(running.wait(harness.LIMIT_S) == 0, "status")
    for wrong in (("x",), ("-s", "size"), ("-l", "--connected"), ("-d", "0"), ("--hold", "x")):
        done = subprocess.run([inlet, "top", *wrong], capture_output=True, text=True)
        check(done.returncode == 2 and done.stdout == "", f"{wrong}: {done}")
    done = subprocess.run([inlet, "top", "--lab", "nosuch"], capture_output=True, text=True)
    check(done.returncode == 1 and "no lab named nosuch" in done.stderr, f"{done}")
    check(len(held) == 4, "")


PEER = """
import socket, sys
if sys.argv[1] == "serve":
    s = socket.create_server(("", 7001))
    print("ready", flush=True)
    c = s.accept()[0]
else:
    c = socket.create_connection(("10.0.0.2", 7001))
    c.sendall(bytes(50000))
try:
    while c.recv(65536):
        pass
    print("closed", flush=True)
except OSError as e:
    print(type(e).__name__, flush=True)
"""


def lab(inlet):
    """A lab's sockets, with what its connections say of themselves; k resets one of them."""
    (python,) = need("python3")
    with harness.Lab(inlet) as two:
        server = two.start("server", python, "-c", PEER, "serve")
        check(server.stdout.readline() == "ready\n", "not ready")
        client = two.start("client", python, "-c", PEER, "ask")

        def rows():
            return [r for r in schema.validate("netstat", two.netstat("-ti", "--json"))
                    if "tcp" in r]

        until("50,000 bytes", lambda: sorted(r["tcp"]["bytes_received"] for r in rows()) == [0, 50000])
        (tcp,) = [r["tcp"] for r in rows() if r["host"] == "client"]
        check(tcp["congestion"] == "cubic" and 9 < tcp["rtt_ms"] < 60_000 and
              tcp["bytes_acked"] == 50000 and tcp["mss_bytes"] > 1000 and tcp["sack"] and
              tcp["cwnd_bytes"] >= 10 * tcp["mss_bytes"], f"{tcp}")
        check(" bytes_received:50000 " in two.netstat("-ti"), "text")
        text = two.command("top", "--lab", "-1", "-n").stdout
        check(re.search(r"^client +python3.* 10.0.0.1:\d+ +10.0.0.2:7001 +ESTABLISHED +- +- +\d",
                        text, re.M) and text.startswith("HOST"), text)
        run = f"XDG_RUNTIME_DIR={two.dir} {inlet} top --host client -d 0.2 -n; read x"
        with Terminal(run) as term:
            term.until(r"^  client +python3 .* ESTABLISHED +0 +0 ")
            term.keys("k")
            term.until("^end tcp 10.0.0.1:.* - 10.0.0.2:7001 of python3")
            term.keys("y")
            term.until("^ended")
            for process in client, server:
                said = process.stdout.readline()
                check(said == "ConnectionResetError\n", f"{said!r}")
            term.until("0 sockets, 0 opened, 1 closed")


def crowd(inlet):
    """10,000 sockets at a refresh a second; the share of a processor that takes is printed."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 10_100:
        print("skipped: too few descriptors")
        sys.exit(77)
    resource.setrlimit(resource.RLIMIT_NOFILE, (10_100, hard))
    held = pairs(socket.AF_INET, "127.0.0.1", 5000)
    with Terminal(f"{inlet} top -n -c 6; echo; read x", 120, 24) as term:
        screen = term.until(r"10001 sockets", r"ESTABLISHED +0 +0 ", "RETR")
        pid = term.ask("display-message", "-p", "#{pane_pid}").strip()
        (child,) = output("ps", "-o", "pid=", "--ppid", pid).split()
        clock = os.sysconf("SC_CLK_TCK")
        spent = [0.0, 0.0]

        def ended():
            try:
                stat = pathlib.Path(f"/proc/{child}/stat").read_text()
                words = stat.rsplit(")", 1)[1].split()
                spent[:] = [int(words[11]) / clock, int(words[12]) / clock]
                return words[0] == "Z"
            except OSError:
                return True

        until("six refreshes", ended)
        term.until(r"10001 sockets; 0 opened, 0 changed, 0 closed in (\d+) s")
    print(screen)
    print(f"user {spent[0]:.2f} s, system {spent[1]:.2f} s for 6 refreshes: "
          f"{100 * sum(spent) / 6:.1f}% of a processor at one a second")
    check(len(held) == 10001, "")


if __name__ == "__main__":
    enter_namespace()
    harness.main({f.__name__: f for f in (live, keys, spreadsheet, fold, terminals, nonsense, sizes, end, suspend, plain, lab, crowd)})
