#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""labfiles - every mistake in a lab file is told with its line, what was found and what is expected

usage: labfiles.py INLET
"""

import pathlib
import subprocess
import sys
import tempfile

GOOD = "[host a]\nnet0 = 10.0.0.1/24\n[link net0]\n"

ROUTER = "[host r]\nforward = yes\nadvertise = yes\nnet0 = fd00::9/64, 10.0.0.9/24\n"

# text, line of the mistake, parts of the message
BAD = (
    ("", 1, "no host", "[host NAME]"),
    ("seed = 1\n" + GOOD, 1, "seed", "a section first"),
    ("[lab]\nseed = x\n" + GOOD, 2, '"x"', "a number"),
    ("[lab]\nseed = 18446744073709551616\n" + GOOD, 2, "18446744073709551616", "a number"),
    ("[lab]\nname = x\n" + GOOD, 2, '"name"', "seed"),
    ("[lab]\nnameserver = x\n" + GOOD, 2, '"x"', "nameserver to be machine, or an address"),
    ("[net]\n" + GOOD, 1, '"net"', "[lab], [host NAME], [link NAME] or [switch NAME]"),
    ("[host]\n" + GOOD, 1, '"host"', "[host NAME]"),
    ("[host a b]\n" + GOOD, 1, '"a b"', "a name"),
    ("[host " + "a" * 32 + "]\n" + GOOD, 1, "aaaa", "at most 31"),
    ("[host a\n" + GOOD, 1, "[host a", "[section]"),
    (GOOD + "just words\n", 4, "just words", "key = value"),
    (GOOD + "= 5\n", 4, "= 5", "key = value"),
    (GOOD + "delay = 20\n", 4, '"20"', "20ms"),
    (GOOD + "delay = 20 ms\n", 4, '"20 ms"', "20ms"),
    (GOOD + "delay = -1ms\n", 4, '"-1ms"', "20ms"),
    (GOOD + "delay = 2h\n", 4, '"2h"', "20ms"),
    (GOOD + "delay =\n", 4, '""', "20ms"),
    (GOOD + "jitter = 1\n", 4, '"1"', "jitter to be a time"),
    (GOOD + "loss = 101%\n", 4, '"101%"', "1%"),
    (GOOD + "loss = 0.5\n", 4, '"0.5"', "1%"),
    (GOOD + "duplicate = 1\n", 4, '"1"', "duplicate"),
    (GOOD + "reorder = x\n", 4, '"x"', "reorder"),
    (GOOD + "reorder-by = 3\n", 4, '"3"', "reorder-by"),
    (GOOD + "loss-burst = 0\n", 4, '"0"', "loss-burst"),
    (GOOD + "aqm = red\n", 4, '"red"', "aqm"),
    (GOOD + "corrupt = 2.5ppm\n", 4, '"2.5ppm"', "corrupt"),
    (GOOD + "rate = 100\n", 4, '"100"', "100mbit"),
    (GOOD + "rate = 100mb\n", 4, '"100mb"', "100mbit"),
    (GOOD + "queue = 1gb\n", 4, '"1gb"', "256kb"),
    (GOOD + "ecn-mark = 1gb\n", 4, '"1gb"', "256kb"),
    (GOOD + "black-hole = big\n", 4, '"big"', "256kb"),
    (GOOD + "mtu = 67\n", 4, '"67"', "68"),
    (GOOD + "mtu = 70000\n", 4, '"70000"', "65535"),
    (GOOD + "tap = a/b\n", 4, '"a/b"', "TAP"),
    (GOOD + "speed = 5\n", 4, '"speed"', "delay, jitter"),
    ("[host a]\nnet0 = 10.0.0.1\n[link net0]\n", 2, '"10.0.0.1"', "10.0.0.1/24"),
    ("[host a]\nnet0 = 10.0.0.1/33\n[link net0]\n", 2, '"10.0.0.1/33"', "prefix"),
    ("[host a]\nnet0 = 10.0.0/24\n[link net0]\n", 2, '"10.0.0/24"', "prefix"),
    ("[host a]\nnet0 = fd00::1/129\n[link net0]\n", 2, '"fd00::1/129"', "prefix"),
    ("[host a]\nnet0 = 10.0.0.1/24,\n[link net0]\n", 2, '""', "prefix"),
    ("[host a]\nnet0 = 10.0.0.1/24\nnet0 = 10.0.0.2/24\n[link net0]\n", 3, "net0", "once"),
    ("[host a]\nnet1 = 10.0.0.1/24\n[link net0]\n", 2, '"net1"', "name of a link"),
    ("[host a]\ndhcp-server = 10.0.0.5\n" + GOOD, 2, '"10.0.0.5"', "10.0.0.100-10.0.0.199"),
    ("[host a]\ndhcp-server = 10.0.0.9-10.0.0.5\n" + GOOD, 2, '"10.0.0.9-10.0.0.5"', "dhcp-server"),
    ("[host a]\ndhcp-server = 10.0.0.9-fd00::1\n" + GOOD, 2, "fd00::1", "dhcp-server"),
    ("[host a]\ndhcp-server = 10.0.0.0-10.1.0.0\n" + GOOD, 2, "10.1.0.0", "at most 4096"),
    ("[host b]\nnet0 = 10.0.0.2/24\ndhcp-server = 10.1.0.5-10.1.0.9\n" + GOOD, 3, '"10.1.0.5"', "prefix"),
    ("[host b]\nnet0 = 10.0.0.2/24\ndhcp-server = 10.0.0.5-10.0.0.9\ndhcp-server = 10.0.0.15-10.0.0.19\n" + GOOD,
     4, '"10.0.0.15"', "one range"),
    ("[host b]\nnet0 = dhcp4\n" + GOOD, 2, '"dhcp4"', "auto, dhcp, dhcp6, slaac, link-local"),
    ("[lab]\nwait = 2\n" + GOOD, 2, '"2"', "wait to be a time"),
    # a host takes
    ("[host r]\nforward = yes\nnet0 = slaac\n" + GOOD, 3, "slaac or auto", "does not forward"),
    ("[host r]\nforward = yes\nnet0 = auto\n" + GOOD, 3, "slaac or auto", "does not forward"),
    ("[host b]\nnet0 = slaac\n" + GOOD + "mtu = 1000\n", 2, '"net0"', "mtu of 1280"),
    ("[host b]\nnet0 = fd00::1/64\n" + GOOD + "mtu = 1279\n", 2, '"net0"', "mtu of 1280"),
    ("[host b]\ntemporary-addresses = 1\n" + GOOD, 2, '"1"', "temporary-addresses to be yes or no"),
    ("[host b]\ninterface-ids = eui\n" + GOOD, 2, '"eui"', "stable or mac"),
    # a router gives
    (ROUTER.replace("forward = yes", "forward = no") + GOOD, 3, "advertise", "only a router"),
    ("[host r]\nforward = yes\nadvertise = yes\nnet0 = 10.0.0.9/24\n" + GOOD, 3, '"yes"', "IPv6 address"),
    (ROUTER.replace("advertise = yes", "advertise = net1") + GOOD, 3, '"links"', "IPv6 address"),
    (ROUTER.replace("advertise = yes", "advertise = net0,") + GOOD, 3, '""', "names of links"),
    (ROUTER + "ra-interval = 3s\n" + GOOD, 5, '"3s"', "from 4s to 1800s"),
    (ROUTER + "ra-lifetime = 9001s\n" + GOOD, 5, '"9001s"', "from 0s to 9000s"),
    (ROUTER + "ra-lifetime = 599s\n" + GOOD, 5, "ra-lifetime", "not less than ra-interval"),
    (ROUTER + "ra-prefix-lifetime = 1h 2h\n" + GOOD, 5, '"1h 2h"', "not longer"),
    (ROUTER + "ra-prefix-lifetime = 1\n" + GOOD, 5, '"1"', "1d 4h"),
    (ROUTER + "ra-preference = best\n" + GOOD, 5, '"best"', "high, medium or low"),
    (ROUTER + "ra-flags = m\n" + GOOD, 5, '"m"', "managed, other"),
    (ROUTER + "ra-route = 10.1.0.0/16\n" + GOOD, 5, "10.1.0.0/16", "fd00:9::/48"),
    (ROUTER + "ra-route = fd00:9::1/48\n" + GOOD, 5, "fd00:9::1/48", "behind the prefix"),
    (ROUTER + "ra-route = fd00:9::/48 best\n" + GOOD, 5, "best", "medium, low"),
    (ROUTER + "ra-route = fe80::/64\n" + GOOD, 5, "fe80::/64", "ra-route"),
    (ROUTER + "ra-route = fd00:9::/48\n" * 9 + GOOD, 13, "fd00:9::/48", "at most 8"),
    (ROUTER + "offer-dns = 10.0.0.1, x\n" + GOOD, 5, '"x"', "up to 4 addresses"),
    (ROUTER + "offer-dns = ff02::1\n" + GOOD, 5, '"ff02::1"', "up to 4 addresses"),
    (ROUTER + "offer-dns = fd00::1, fd00::2, fd00::3, fd00::4, fd00::5\n" + GOOD, 5, '"fd00::5"', "up to 4"),
    (ROUTER + "offer-search = a..b\n" + GOOD, 5, '"a..b"', "domains"),
    (ROUTER + "offer-search = " + "a" * 60 + ".test\n" + GOOD, 5, "aaa", "domains"),
    (ROUTER + "offer-mtu = 1279\n" + GOOD, 5, '"1279"', "from 1280"),
    (ROUTER + "offer-mtu = 1501\n" + GOOD, 5, "offer-mtu", "mtu of the links"),
    (ROUTER + "dhcp-lease = 9s\n" + GOOD, 5, '"9s"', "from 10s"),
    ("[host b]\nnet0 = fd00::1/120\ndhcp-server = yes\n" + GOOD, 3, '"yes"', "room for others"),
    ("[host b]\nnet0 = 10.0.0.1/31\ndhcp-server = yes\n" + GOOD, 3, '"yes"', "room for others"),
    ("[host a]\nname-server = 1\n" + GOOD, 2, '"1"', "yes or no"),
    ("[host a]\nforward = maybe\n" + GOOD, 2, '"maybe"', "yes or no"),
    ("[host a]\nmss-clamp = 1400\n" + GOOD, 2, '"1400"', "mss-clamp to be yes or no"),
    ("[host a]\nroute = 10.1.0.0/24\n" + GOOD, 2, "10.1.0.0/24", "via"),
    ("[host a]\nroute = 10.1.0.5/24 via 10.0.0.9\n" + GOOD, 2, "10.1.0.5/24", "behind the prefix"),
    ("[host a]\nroute = 10.1.0.0/24 via fd00::1\n" + GOOD, 2, "fd00::1", "via"),
    ("[host a]\nroute = default via 10.9.0.1\n" + GOOD, 2, "10.9.0.1", "own links"),
    ("[host a]\nroute = 10.1.0.0/24 nowhere\n" + GOOD, 2, "nowhere", "blackhole"),
    ("[host a]\nroute = 10.1.0.1/24 prohibit\n" + GOOD, 2, "10.1.0.1", "behind the prefix"),
    ("[host a]\nroute = default via 10.0.0.9 weight 33\n" + GOOD, 2, "weight 33", "weight 2"),
    ("[host a]\nreverse-path = yes\n" + GOOD, 2, '"yes"', "strict, loose or off"),
    ("[host b]\nnet0 = 10.0.0.9/24, reverse-path\n" + GOOD, 2, '"reverse-path"', "link-local or reverse-path-"),
    ("[host a]\nsource-routes = strict\n" + GOOD, 2, '"strict"', "yes or no"),
    ("[switch s]\nlinks = net0, net1\n" + GOOD, 2, '"net1"', "name of a link"),
    ("[switch s]\nlinks = net0, net0\n" + GOOD, 2, '"net0"', "circle"),
    ("[switch s]\nports = net0\n" + GOOD, 2, '"ports"', "links"),
    ("[switch s]\nlinks = net0,\n" + GOOD, 2, '""', "names of links"),
    (GOOD + "# " + "x" * 600 + "\n", 4, "very long line", "510"),
)


def up(inlet, folder, text):
    path = folder / "bad.ini"
    path.write_text(text)
    return path, subprocess.run([inlet, "lab", "up", str(path)], text=True, capture_output=True,
                                timeout=60, env={"XDG_RUNTIME_DIR": str(folder)})


def main(inlet):
    failed = 0
    with tempfile.TemporaryDirectory(prefix="inlet-test.") as name:
        folder = pathlib.Path(name)
        for text, line, *parts in BAD:
            path, done = up(inlet, folder, text)
            want = [f"{path}:{line}: ", *parts]
            if done.returncode != 1 or not all(part in done.stderr for part in want):
                print(f"--- {text!r}\n    wanted {want}\n    got {done.returncode} {done.stderr}")
                failed += 1
        # several mistakes are told at once, and a file that is not there is no lab
        _, done = up(inlet, folder, GOOD + "delay = 1\nloss = 1\n")
        failed += done.stderr.count("expected") != 2
        done = subprocess.run([inlet, "lab", "up", str(folder / "none.ini")], text=True,
                              capture_output=True, timeout=60)
        failed += done.returncode != 1 or "No such file" not in done.stderr
        # and the good file is good
        env = {"XDG_RUNTIME_DIR": str(folder)}
        path, done = up(inlet, folder, GOOD)
        failed += done.returncode != 0
        failed += subprocess.run([inlet, "lab", "down"], env=env, timeout=60).returncode != 0
    print(f"{len(BAD)} bad files, {failed} wrong")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
