#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""gen - IANA's registry of service names and port numbers, as constant tables in C

    gen.py OUT.c [REGISTRY.csv]

The tables are those of tools/common/registry.h: rows in order of ports, a bitmap of the ports that
have any with a running count, so that a port's rows are found in one step, and the order of the
rows by name. Texts stand in pools and rows hold offsets: nothing has to be relocated when the
program starts. Without a registry the tables are empty.
"""

import csv
import sys

TRANSPORTS = {"tcp": 1, "udp": 2, "sctp": 4, "dccp": 8}
NO_PORT = 0x80
PORTS = 65536


def read(path):
    """Rows (low, high, name, text, reference, mask), those of equal meaning joined."""
    rows = {}
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        for line in csv.DictReader(file):
            name = line["Service Name"].strip()
            text = " ".join(line["Description"].split())
            reference = " ".join(line["Reference"].split())
            number = line["Port Number"].strip()
            if not name and (text.lower() == "unassigned" or not number):
                continue
            low, _, high = number.partition("-")
            key = (int(low or 0), int(high or low or 0), name, text, reference, bool(number))
            rows[key] = rows.get(key, 0) | TRANSPORTS.get(line["Transport Protocol"].strip(), 0)
    return [(low, high, name, text, reference, mask | (0 if has_port else NO_PORT))
            for (low, high, name, text, reference, has_port), mask in rows.items()]


class Pool:
    """Strings one behind the other, each once, each with its end. Offset 0 is the empty one."""

    def __init__(self):
        self.data = bytearray(b"\0")
        self.known = {"": 0}

    def add(self, text):
        if text not in self.known:
            self.known[text] = len(self.data)
            self.data += text.encode() + b"\0"
        return self.known[text]

    def write(self, out, name):
        out.write(f"const char {name}[] =\n")
        for at in range(0, len(self.data), 64):
            piece = "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}"
                            for b in self.data[at:at + 64])
            out.write(f'    "{piece}"\n')
        out.write("    ;\n")


def write_numbers(out, kind, name, numbers):
    out.write(f"const {kind} {name}[] = {{\n")
    numbers = list(numbers) or [0]
    for at in range(0, len(numbers), 12):
        out.write("    " + " ".join(f"{n}," for n in numbers[at:at + 12]) + "\n")
    out.write("};\n")


def main(out_path, csv_path=None):
    rows = sorted(read(csv_path), key=lambda r: (r[5] & NO_PORT, r[0])) if csv_path else []
    if len(rows) >= 0xffff:
        sys.exit(f"gen.py: {len(rows)} rows: their numbers do not fit 16 bits")
    texts, references = Pool(), Pool()
    lines = [f"    {{{texts.add(name)}, {texts.add(text)}, {references.add(reference)}, "
             f"{low}, {high}, {mask}}},\n" for low, high, name, text, reference, mask in rows]
    by_port = {}
    for i, (low, high, *_, mask) in enumerate(rows):
        for port in range(low, high + 1) if not mask & NO_PORT else ():
            by_port.setdefault(port, []).append(i)
    bitmap = [sum(1 << bit for bit in range(64) if at + bit in by_port) for at in range(0, PORTS, 64)]
    counts = [0]
    for word in bitmap:
        counts.append(counts[-1] + bin(word).count("1"))
    starts, members = [], []
    for port in sorted(by_port):
        starts.append(len(members))
        members += by_port[port]
    starts.append(len(members))
    named = sorted((i for i in range(len(rows)) if rows[i][2]), key=lambda i: (rows[i][2].lower(), i))
    with open(out_path, "w", encoding="ascii") as out:
        out.write("/* SPDX-License-Identifier: BSD-2-Clause */\n/* Made by tools/services/gen.py. */\n"
                  '#include "tools/common/registry_tables.h"\n'
                  '#pragma GCC diagnostic ignored "-Woverlength-strings"\n')
        out.write(f"const unsigned registry_rows_n = {len(rows)};\n"
                  f"const unsigned registry_names_n = {len(named)};\n")
        texts.write(out, "registry_texts")
        references.write(out, "registry_references")
        out.write("const struct registry_row registry_rows[] = {\n"
                  + ("".join(lines) or "    {0, 0, 0, 0, 0, 0},\n") + "};\n")
        write_numbers(out, "uint64_t", "registry_bitmap", (f"{word}u" for word in bitmap))
        write_numbers(out, "uint16_t", "registry_counts", counts)
        write_numbers(out, "uint16_t", "registry_starts", starts)
        write_numbers(out, "uint16_t", "registry_members", members)
        write_numbers(out, "uint16_t", "registry_by_name", named)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
