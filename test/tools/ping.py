#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ping - against the ping of iputils in namespaces, and on a lab with known losses

usage: ping.py INLET CASE
"""

import pathlib
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import dns
import harness
import nets
import schema
from harness import Lab, check, need
from top import Terminal

SUMMARY = re.compile(r"\d+ packets transmitted.*packet loss")


def same_words(inlet, ours, theirs, *args):
    """Both say the same, apart from times."""
    def plain(done):
        text = re.sub(r"time=?\s?[\d.]+\s?ms", "time", done.stdout)
        text = re.sub(r", pipe \d+", "", re.sub(r"^\[\d+\.\d{6}\]", "[date]", text, flags=re.M))
        return re.sub(r"rtt min.*", "rtt", text).strip()

    a, b = nets.on("h1", inlet, "ping", *args), nets.on("h1", theirs, *args)
    check(plain(a) == plain(b) and a.returncode == b.returncode,
          f"{ours} {args}: {a.returncode}\n{a.stdout}{a.stderr}\nping: {b.returncode}\n{b.stdout}{b.stderr}")
    return a


def namesake(inlet):
    """The same words, counts and statuses as iputils' ping."""
    (ping,) = need("ping")
    far = nets.chain(2)
    fast = ("-c", "3", "-i", "0.05")
    for family, host in far.items():
        same_words(inlet, "replies", ping, *fast, host)
        same_words(inlet, "size", ping, *fast, "-s", "1000", "-Q", "0x20", "-p", "ff00", host)
        same_words(inlet, "quiet", ping, *fast, "-q", host)
        same_words(inlet, "interface", ping, *fast, "-I", "n1", family, host)
        done = same_words(inlet, "ttl", ping, "-c", "2", "-i", "0.05", "-t", "2", family, host)
        check("+2 errors, 100% packet loss" in done.stdout and done.returncode == 1, done.stdout)
    same_words(inlet, "record route", ping, "-n", "-q", "-R", *fast, far["-4"])
    done = nets.on("h1", inlet, "ping", "-R", "-c", "1", far["-4"])
    check(re.search(r"RR: \t10.0.1.1\n\t10.0.2.1\n\t10.0.3.1\n\t10.0.3.2", done.stdout), done.stdout)
    done = nets.on("h1", inlet, "ping", "-M", "do", "-s", "3000", "-c", "1", "-W", "0.1", far["-4"])
    check("local error: message too long, mtu=1500" in done.stderr and done.returncode == 1,
          f"{done}")
    done = nets.on("h1", inlet, "ping", "-R", "-n", "-c", "2", "-i", "0.05", far["-4"])
    check(done.stdout.count("RR:") == 1 and done.stdout.count("(same route)") == 1, done.stdout)
    done = nets.on("h1", inlet, "ping", "-D", "-a", "-c", "2", "-i", "0.05", far["-4"])
    check(len(re.findall(r"^\a?\[\d{10}\.\d{6}\] 64 bytes", done.stdout.replace("\a", ""), re.M)) == 2 and
          done.stdout.count("\a") == 2, done.stdout)
    times = re.findall(r"time=([\d.]+) ms", done.stdout)
    check(all(len(t.replace(".", "").lstrip("0")) <= 3 or "." not in t for t in times), f"{times}")
    done = nets.on("h1", inlet, "ping", "-l", "3", "-c", "3", "-i", "9", far["-4"])
    check("3 received" in done.stdout and int(re.search(r"time (\d+)ms", done.stdout)[1]) < 5000, done.stdout)
    done = nets.on("h1", inlet, "ping", "-c", "1", "-W", "0.1", "10.0.1.77")    # nobody, as ARP knows after 3 s
    check("1 packets transmitted, 0 received, 100%" in done.stdout and done.returncode == 1, f"{done}")
    done = nets.on("h1", inlet, "ping", "-c", "1", "-W", "0.1", "10.0.1.77", "10.0.1.2")
    check(done.returncode == 1 and "1 received" in done.stdout, f"the worst of two: {done}")
    done = nets.on("h1", inlet, "ping", "-c", "1", "192.0.2.1")
    check("Network is unreachable" in done.stderr and done.stdout == "" and done.returncode == 2, f"{done}")
    for args in (("-R",), ("-B",), ("-U", "-n"), ("-D",), ("-l", "3"), ("-A",), ("-s", "20000"), ("-M", "do", "-s", "3000"),
                 ("-O", "-W", "0.1")):
        to = "10.0.2.77" if "-O" in args else far["-4"]
        same_words(inlet, "option", ping, *args, "-c", "2", "-i", "0.05", to)


ODD = """import socket, struct, sys
v6 = sys.argv[1] == "6"
raw = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_RAW, 58 if v6 else 1)
def csum(b):
    b += b"\\0" * (len(b) % 2)
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
held = []
def send(who, ident, seq, data, spoil=0):
    m = struct.pack("!BBHHH", 129 if v6 else 0, 0, 0, ident, seq) + data
    if not v6: m = m[:2] + struct.pack("!H", csum(m) ^ spoil) + m[4:]
    raw.sendto(m, (who[0], 0))
print("up", flush=True)
while True:
    b, who = raw.recvfrom(70000)
    m = b if v6 else b[(b[0] & 15) * 4:]
    if m[0] != (128 if v6 else 8): continue
    ident, seq = struct.unpack("!HH", m[4:8]); d = m[8:]
    if seq == 2: send(who, ident, seq, d); send(who, ident, seq, d)
    elif seq == 3: send(who, ident, seq, d[:20] + b"\\xff\\xfe" + d[22:])
    elif seq == 4: send(who, ident, seq, d, 1)
    elif seq == 5: send(who, ident, seq, d[:30])
    elif seq == 6: send(who, ident, seq, d + b"xyz")
    elif seq == 7: pass
    elif seq == 8: held.append((who, ident, seq, d))
    elif seq == 9:
        send(who, ident, seq, d)
        for h in held: send(*h)
        held = []
    elif seq == 11: send(who, ident, 777, d); send(who, ident, seq, d)
    else: send(who, ident, seq, d)
"""


def replies(inlet):
    """What is odd about replies is said in iputils' words: twice, changed, damaged, cut, long, late, or none."""
    (ping,) = need("ping")
    far = nets.chain(1)
    nets.setting("h2", **{"net.ipv4.icmp_echo_ignore_all": "1", "net.ipv6.icmp.echo_ignore_all": "1"})
    for family, host in far.items():
        odd = nets.start("h2", sys.executable, "-c", ODD, family[1])
        try:
            check(odd.stdout.readline() == "up\n", "nobody replies")
            for more in (), ("-f",), ("-q",), ("-O", "-s", "100", "-p", "0a0b"):
                for left in range(9, -1, -1):   # who replies is a program, and may be late
                    try:
                        done = same_words(inlet, "odd replies", ping, *more, "-c", "9", "-i", "0.05", host)
                        break
                    except harness.Failed:
                        if left == 0:
                            raise
                if not more:
                    plain = done
            done = plain
            check(done.stdout.count("(DUP!)") == done.stdout.count("(truncated)") == 1, done.stdout)
            check("should be 0x14 but was 0xff\n#16\t10 11 12 13 ff fe" in done.stdout, done.stdout)
            # iputils takes a reply to number 777, which was never sent, for one to something
            done = nets.on("h1", inlet, "ping", "-c", "12", "-i", "0.2", "-q", host)
            check(f"12 packets transmitted, {10 if family == '-4' else 11} received, +1 duplicates" in done.stdout,
                  done.stdout)
        finally:
            odd.kill()
            odd.communicate()
    # iputils has no times where its clock has no room in the data; ours does not travel
    done = nets.on("h1", inlet, "ping", "-c", "1", "-s", "0", "127.0.0.1")
    check(re.search(r"^8 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=", done.stdout, re.M), done.stdout)


def names(inlet):
    """Who answers has a name where the target was given by one: of the DNS, cleaned, and never waited for long."""
    (ping,) = need("ping")
    far = nets.chain(2)
    hosts = pathlib.Path("/run/hosts")
    hosts.write_text(f"127.0.0.1 localhost\n{far['-6']} far.test\n{far['-4']} far.test\n")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)
    dns.start("h1")
    once = ("-c", "2", "-i", "0.05")
    for more in (), ("-n",), ("-t", "1"), ("-n", "-t", "1"), ("-q",):
        same_words(inlet, "names", ping, *more, *once, "far.test")
    hosts.write_text(f"127.0.0.1 localhost\n{far['-4']} other.test\n")
    done = nets.on("h1", inlet, "ping", "-H", "-R", *once, far["-4"])
    check(f"64 bytes from other.test ({far['-4']}): icmp_seq=1" in done.stdout, f"{done}")
    check("RR: \tgw1.example (10.0.1.1)\n\t10.0.2.1\n\tgw3.example (10.0.3.1)\n\tother.test (10.0.3.2)\n" in
          done.stdout, done.stdout)
    done = nets.on("h1", inlet, "ping", "-H", "--json", "-t", "1", "-c", "1", far["-4"])
    check(schema.validate("ping", done.stdout)[1]["name"] == "gw1.example", done.stdout)
    done = nets.on("h1", inlet, "ping", "-H", "-t", "2", "-c", "1", far["-4"])
    check("(10.0.2.2) icmp_seq=1 Time to live exceeded" in done.stdout.replace("From 10.0.2.2", "(10.0.2.2)") and
          "\033" not in done.stdout, f"{done}")
    dns.use("192.0.2.53")     # nobody is there, and there is no way to it
    done = nets.on("h1", inlet, "ping", "-H", "-t", "1", *once, far["-4"])
    check(done.stdout.count("From 10.0.1.2 icmp_seq=") == 2, f"{done}")
    hosts.write_text("127.0.0.1 localhost\n")
    dns.use("10.0.2.77")      # questions vanish
    done = nets.on("h1", inlet, "ping", "-H", *once, far["-4"])
    rtt = [float(t) for t in re.findall(r"time=([\d.]+) ms", done.stdout)]
    check("no nameserver answers yet" in done.stderr, f"{done}")
    check(len(rtt) == 2 and max(rtt) < 900, f"a question was part of a round trip: {done}")


def everybody(inlet):
    """A broadcast address is refused without -b, as iputils does; groups of IPv6."""
    (ping,) = need("ping")
    nets.chain(0)
    for host in "h1", "h2":
        nets.setting(host, **{"net.ipv4.icmp_echo_ignore_broadcasts": "0"})
    theirs = nets.on("h1", ping, "-c", "1", "10.0.1.255")
    done = nets.on("h1", inlet, "ping", "-c", "1", "10.0.1.255")
    check("broadcast" in done.stderr and "-b" in done.stderr and done.stdout == "", f"{done}")
    check(done.returncode == theirs.returncode == 2 and "-b" in theirs.stderr, f"{done} {theirs}")
    done = nets.on("h1", inlet, "ping", "-b", "-c", "2", "-i", "0.05", "10.0.1.255")
    check("64 bytes from 10.0.1.2: icmp_seq=1" in done.stdout and "warning" in done.stderr, f"{done}")
    for more in (), ("-L",):
        done = nets.on("h1", inlet, "ping", *more, "-c", "3", "-i", "0.05", "ff02::1%n1")
        check(done.returncode == 0 and "icmp_seq=1" in done.stdout, f"{more} {done}")
        check("DUP!" not in done.stdout if more else "icmp_seq=1" in done.stdout, f"{more}: {done}")
    # one that cannot be asked does not keep the others from being asked
    done = nets.on("h1", inlet, "ping", "-c", "1", "10.9.9.9", "10.0.1.2", "no.such.host.invalid", "fd01::2")
    check(done.returncode == 2 and len(SUMMARY.findall(done.stdout)) == 2, f"{done}")
    check("10.9.9.9: Network is unreachable" in done.stderr and "no.such.host.invalid: " in done.stderr, f"{done}")


def wire(inlet):
    """What -s, -p, -t and -Q ask for is in the packets: here, as it comes to a program."""
    nets.enter()
    nets.ip("link", "set", "lo", "up")
    for family, host, level, ttl, tos in ((socket.AF_INET, "127.0.0.1", socket.IPPROTO_IP, 12, socket.IP_RECVTOS),
                                          (socket.AF_INET6, "::1", socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT,
                                           socket.IPV6_RECVTCLASS)):
        with socket.socket(family, socket.SOCK_DGRAM) as receiver:
            receiver.bind((host, 0))
            receiver.setsockopt(level, ttl, 1)
            receiver.setsockopt(level, tos, 1)
            port = str(receiver.getsockname()[1])
            subprocess.run([inlet, "ping", "--udp", port, "-c", "1", "-W", "0.1", "-s", "40", "-p", "abc", "-t", "7", "-Q", "0x20",
                            host], capture_output=True, timeout=harness.LIMIT_S, check=False)
            data, extra, _, _ = receiver.recvmsg(2000, 200)
            found = sorted(int.from_bytes(value[:4], sys.byteorder) for _, _, value in extra)
            check(len(data) == 40 and data[8:] == (b"\xab\x0c" * 20)[8:], f"{host}: {data}")
            check(found == [7, 32], f"{host}: {extra}")


def lossy(inlet):
    """Every third packet is dropped: both find it, and -O names it."""
    ping, nft = need("ping", "nft")
    far = nets.chain(1)["-4"]
    rules = "add table ip t; add chain ip t c {type filter hook forward priority 0;}; " \
            "add rule ip t c ip daddr 10.0.2.2 numgen inc mod 3 == 2 drop"
    done = nets.on("r1", nft, rules)
    if done.returncode != 0:
        print(f"skipped: nft cannot drop every third packet: {done.stderr}")
        sys.exit(77)
    args = ("-c", "9", "-i", "0.02", "-O", far)
    ours, theirs = nets.on("h1", inlet, "ping", *args), nets.on("h1", ping, *args)
    for done in ours, theirs:
        check("9 packets transmitted, 6 received, 33.3333% packet loss" in done.stdout, done.stdout)
    check(re.findall("no answer yet for .*", ours.stdout) ==
          re.findall("no answer yet for .*", theirs.stdout) != [], f"{ours.stdout}{theirs.stdout}")
    done = nets.on("h1", inlet, "ping", "-c", "6", "-i", "0.02", far)
    check("no answer" not in done.stdout, f"without -O: {done.stdout}")
    check(nets.on("h1", inlet, "ping", "-w", "1", "-c", "3", "-i", "0.05", far).returncode == 0,
          "-w goes on until three came")
    flood = nets.on("h1", inlet, "ping", "-f", "-c", "30", far)
    check("30 packets transmitted, 20 received" in flood.stdout, flood.stdout)
    body = flood.stdout.split("\n", 1)[1].split("\n---")[0]
    check((body.count("."), body.count("\b \b")) == (30, 20), f"dots are what is missing: {body!r}")
    done = nets.on("h1", inlet, "ping", "-w", "0.3", "-c", "9", "-i", "0.1", far)
    check(done.returncode == 1, f"nine replies did not come: {done}")


def unprivileged(inlet):
    """Without capabilities: by datagram sockets; and where the group may not, what to do is said."""
    far = nets.chain(2)
    nobody = nets.without_privileges()
    for family, host in far.items():
        done = nets.on("h1", *nobody, inlet, "ping", "-v", "-c", "2", "-i", "0.05", host)
        check("2 received" in done.stdout and "datagram" in done.stderr, f"{done}")
        done = nets.on("h1", *nobody, inlet, "ping", "-c", "1", "-t", "1", host)
        check("icmp_seq=1 Time" in done.stdout and done.returncode == 1, f"{done}")
    nets.setting("h1", **{"net.ipv4.ping_group_range": "1 0"})
    done = nets.on("h1", *nobody, inlet, "ping", "-c", "1", far["-4"])
    check(done.returncode == 2 and "ping_group_range" in done.stderr, f"{done}")
    done = nets.on("h1", inlet, "ping", "-v", "-c", "1", far["-4"])
    check("1 received" in done.stdout and "raw" in done.stderr, f"{done}")


def ports(inlet):
    """TCP and UDP: open, closed, on the way; with JSON as its schema says."""
    far = nets.chain(1)
    server = nets.start("h2", sys.executable, "-c",
                        "import socket\ns = socket.create_server(('::', 8080), family=socket.AF_INET6,"
                        " dualstack_ipv6=True)\nprint('up', flush=True)\nwhile True: s.accept()")
    try:
        check(server.stdout.readline() == "up\n", "no server")
        for host in far.values():
            for args, word in ((("--tcp", "8080"), "open"), (("--tcp", "81"), "closed"),
                               (("--udp", "9"), "closed")):
                done = nets.on("h1", inlet, "ping", *args, "-c", "2", "-i", "0.05", host)
                check(done.stdout.count(f"{word} from {host} port") == 2, f"{args}: {done}")
                check("2 received, 0% packet loss" in done.stdout and done.returncode == 0, done.stdout)
                done = nets.on("h1", inlet, "ping", *args, "--json", "-c", "1", host)
                found = schema.validate("ping", done.stdout)
                check([o["type"] for o in found] == ["start", "reply", "summary"], done.stdout)
                check(found[1]["state"] == word and found[1]["rtt_ms"] > 0, done.stdout)
                done = nets.on("h1", inlet, "ping", *args, "--json", "-t", "1", "-c", "1", host)
                found = schema.validate("ping", done.stdout)
                check(found[1]["type"] == "error" and "xceeded" in found[1]["error"], done.stdout)
    finally:
        server.kill()
        server.communicate()


LAB = """
[lab]
seed = 3
[host a]
net0 = 10.0.0.1/24, fd00::1/64
[host b]
net0 = 10.0.0.2/24, fd00::2/64
[link net0]
delay = 3ms
loss = 20%
duplicate = 20%
"""


def lab(inlet):
    """Under `inlet run`: loss and duplicates of a lab's link; what the lab says was dropped."""
    with Lab(inlet, LAB) as two:
        for host in "10.0.0.2", "fd00::2":    # the first that arrives shows that the neighbour is known
            two.wait(f"a reply of {host}", lambda: two.run("a", inlet, "ping", "-c", "1", "-W", "1", host).returncode == 0)
            done = two.run("a", inlet, "ping", "--json", "-c", "40", "-i", "0.01", "-W", "1", host)
            found = schema.validate("ping", done.stdout)
            total = found[-1]
            replies = [o for o in found if o["type"] == "reply"]
            check(total["sent"] == 40 and 1 <= total["received"] <= 39, f"{total}")
            check(total["duplicates"] == sum("duplicate" in o for o in replies) > 0, f"{total}")
            check(total["received"] == len({o["seq"] for o in replies}), f"{total}")
            check(min(o["rtt_ms"] for o in replies) >= 6 and replies[0]["ttl"] == 64, f"{total}")
        done = two.run("a", inlet, "ping", "-c", "40", "-i", "0.01", "-W", "1", "10.0.0.2").stdout
        check(re.search(r", \+\d+ duplicates, ", done) and "(DUP!)" in done, done)
        check(not re.search(r"time=[1-9]\d*\.\d{3} ms", done), f"more than three digits: {done}")


def stops(inlet):
    """SIGINT: the summary; SIGQUIT: a word in between."""
    with subprocess.Popen([inlet, "ping", "-i", "0.1", "::1"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGQUIT)
        process.stderr.readline()   # a return stands before it, so it is a line of its own
        check("packets, 0% loss, min/avg" in process.stderr.readline(), "no word in between")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=harness.LIMIT_S)
        check(SUMMARY.search(out) and process.returncode == 0, out)


def live(inlet):
    """Several targets on a terminal: rows with figures and curve, keys, any size; then rows and summaries."""
    nets.chain(1)
    (nft,) = need("nft")
    dns.use("192.0.2.53")
    hosts = " ".join(["10.0.2.2", "fd02::2", "10.0.1.2", "fd01::2"])
    nets.on("h2", nft, "add table ip t; add chain ip t c {type filter hook input priority 0;}; "
            "add rule ip t c icmp type echo-request numgen inc mod 2 == 1 drop")
    with Terminal(f"ip netns exec h1 {inlet} ping -i 0.1 {hosts}; echo status $?; read x", 80, 24) as term:
        term.until("^host +sent +loss +last +min +avg +max +curve$", r"^10\.0\.2\.2 .*%.*[▁-█]!.*[▁-█]!",
                   r"^fd02::2 .* 0\.0% .*[▁-█]{5}", r"^10\.0\.1\.2 ", "^fd01::2 ", "^q quit")
        term.until(r"\x1b\[31m!", r"\x1b\[36mfd02::2", options=("-e",))
        term.keys("s")
        term.until("curve, one scale")
        term.ask("resize-window", "-x", "44", "-y", "4")
        term.until(r"^10\.0\.2\.2 .*%.*!", "^fd02::2", "^1 to 2 of 4", without=(r"^10\.0\.1\.2", "last"))
        term.keys("Down")
        term.until("^2 to 3 of 4", r"^10\.0\.1\.2", without=(r"^10\.0\.2\.2",))
        term.keys("End")
        term.until("^3 to 4 of 4", "^fd01::2", without=("^fd02",))
        term.ask("resize-window", "-x", "30", "-y", "4")
        term.until("^too small: 40x4 needed")
        term.ask("resize-window", "-x", "120", "-y", "40")
        term.until(r"^10\.0\.2\.2 ", "^fd01::2 ", "max +curve, one scale")
        term.keys("q")
        text = term.until("^status 0", r"^10\.0\.2\.2 +\d+ +[\d.]+% +[\d.]+ ", "^fd01::2 ", without=("^q quit",))
        check(len(SUMMARY.findall(text)) == 4, text)
    with Terminal(f"ip netns exec h1 {inlet} ping --graph -i 0.05 -c 20 fd02::2; read x", 80, 24) as term:
        term.until("^20 packets transmitted, 20 received, 0% packet loss", r"^fd02::2 +20 +0\.0%")
    with Terminal(f"ip netns exec h1 {inlet} ping -i 0.1 {hosts}; echo status $?; read x", 80, 24) as term:
        term.until(r"^fd02::2 .* 0\.0% .*[▁-█]{3}")
        term.keys("C-c")
        term.until("^status 0", without=("^q quit",))
    for more in "TERM=nosuch", "TERM=dumb":
        with Terminal(f"{more} ip netns exec h1 {inlet} ping -c 1 fd01::2 fd02::2; read x", 80, 24) as term:
            term.until("^64 bytes from fd01::2", "^64 bytes from fd02::2")


def mistakes(inlet):
    """Status 2, and what was expected."""
    for args, words in (((), "host is missing"), (("-c", "0", "::1"), "number"),
                        (("-M", "maybe", "::1"), "do, want"), (("-p", "xyz", "::1"), "hexadecimal"),
                        (("-I", "nosuch0", "::1"), "interface"), (("-4", "-6", "::1"), "exclude"),
                        (("no.such.host.invalid",), "no.such.host.invalid"),
                        (("--tcp", "0", "::1"), "port"), (("-R", "::1"), "-4"), (("-p", "0z", "::1"), "hexadecimal"),
                        (("-p", "0" * 33, "::1"), "hexadecimal"), (("fe80::1",), "as in fe80::1%eth0"),
                        (("::1",) * 257, "at most 256")):
        done = subprocess.run([inlet, "ping", *args], capture_output=True, text=True,
                              timeout=harness.LIMIT_S)
        check(done.returncode == 2 and words in done.stderr and done.stdout == "", f"{args}: {done}")


if __name__ == "__main__":
    harness.main({f.__name__: f for f in (namesake, replies, names, everybody, lossy, unprivileged, ports, lab, stops, live,
                                          mistakes, wire)})
