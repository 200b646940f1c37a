#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""every - what holds for each command of inlet, whatever it does

The commands are asked from the program, so that a new one is tested from its first day.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "host"))

import harness
from harness import check

NO_MANUAL = {"help", "version"}     # they stand in inlet(1)


def call(*args, **more):
    return subprocess.run(args, capture_output=True, text=True, timeout=harness.LIMIT_S, **more)


def commands(inlet):
    lines = call(inlet, "help", "--list").stdout.splitlines()
    check(len(lines) > 4, f"help --list names {len(lines)} commands")
    return [line.split("\t")[0] for line in lines]


def options(inlet, command):
    """[(letter, name, value, text)], and what operands are."""
    done = call(inlet, command, "--list-options")
    check(done.returncode == 0, f"{command} --list-options: status {done.returncode}")
    first, *rest = done.stdout.splitlines()
    check(first.startswith("operands\t"), f"{command} --list-options: begins with {first!r}")
    for line in rest:
        check(line.count("\t") == 3, f"{command}: {line!r} has not four fields")
    return [line.split("\t") for line in rest], first.split("\t")[1]


def manual(command):
    page = "inlet.1" if command in NO_MANUAL else f"inlet-{command}.1"
    path = ROOT / "man" / page
    check(path.exists(), f"{command} has no manual page")
    return re.sub(r"\\f[BIRP]", "", path.read_text().replace("\\-", "-"))


def helps(inlet):
    """--help ends with 0, on stdout, and tells of each option; -h too, unless it means something."""
    for short, full in (("--help", "help"), ("-h", "help"), ("--version", "version")):
        check(call(inlet, short).stdout == call(inlet, full).stdout != "", f"inlet {short}")
    for command in commands(inlet):
        done = call(inlet, command, "--help")
        check(done.returncode == 0 and done.stderr == "", f"{command} --help: {done}")
        check(done.stdout.startswith(f"usage: inlet {command}"), f"{command} --help: no usage")
        check(max(map(len, done.stdout.splitlines())) <= 100, f"{command} --help: long lines")
        rows, _ = options(inlet, command)
        for letter, name, _, text in rows:
            check(text in done.stdout and text, f"{command} --help does not tell {letter} {name}")
        if not any(letter == "h" for letter, *_ in rows):
            check(call(inlet, command, "-h").stdout == done.stdout, f"{command} -h")
        check(call(inlet, "help", command).stdout == done.stdout, f"inlet help {command}")


def manuals(inlet):
    """A manual page with examples and each option in it; the schema of its JSON where it has any."""
    for command in commands(inlet):
        text = manual(command)
        rows, _ = options(inlet, command)
        for letter, name, *_ in rows:
            if name:
                check(re.search(rf"--{name}(?![\w-])", text), f"{command}: the page lacks --{name}")
            else:
                check(f"-{letter}" in text, f"{command}: the page lacks -{letter}")
        if command not in NO_MANUAL:
            for section in ("EXIT STATUS", "EXAMPLES"):
                check(f".SH {section}" in text, f"{command}: the page has no {section}")
        if any(name == "json" for _, name, *_ in rows):
            schema = ROOT / "docs" / "schema" / f"{command}.json"
            check(schema.exists(), f"{command} --json has no schema")
            json.loads(schema.read_text())


def mistakes(inlet):
    """Exit status 2, nothing on stdout, and stderr says what was wrong and where to look."""
    for command in commands(inlet):
        for wrong in ("--no-such-option", "--help=3", "-\x01"):
            done = call(inlet, command, wrong)
            check(done.returncode == 2 and done.stdout == "", f"{command} {wrong!r}: {done}")
            check(f"inlet {command}: " in done.stderr, f"{command} {wrong!r}: {done.stderr}")
            check(f"inlet {command} --help" in done.stderr, f"{command} {wrong!r}: no hint")
        rows, _ = options(inlet, command)
        for letter, name, value, _ in rows:
            word = f"--{name}" if name else f"-{letter}"
            if value and not value.startswith("["):
                done = call(inlet, command, word)
                check(done.returncode == 2 and "needs a value" in done.stderr, f"{command} {word}")
            elif not value and name:
                done = call(inlet, command, word + "=1")
                check(done.returncode == 2 and "takes no value" in done.stderr, f"{command} {word}")
    for wrong, right in (("pign", "ping"), ("netstaat", "netstat"), ("sevrices", "services")):
        for args in ((wrong,), ("help", wrong)):
            done = call(inlet, *args)
            check(done.returncode == 2 and f"; did you mean {right}?" in done.stderr, f"{args}: {done}")
    for args in ((), ("no-such-command",)):
        done = call(inlet, *args)
        check(done.returncode == 2 and done.stdout == "" and done.stderr, f"inlet {args}: {done}")


def outputs(inlet):
    """A full disk is told; a reader that left is no reason for words."""
    for command in commands(inlet):
        with open("/dev/full", "w") as full:
            done = subprocess.run([inlet, command, "--help"], stdout=full, stderr=subprocess.PIPE,
                                  text=True, timeout=harness.LIMIT_S)
        check(done.returncode != 0 and "cannot write the output" in done.stderr,
              f"{command} on a full disk: {done}")
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([inlet, command, "--help"], stdout=writer, stderr=subprocess.PIPE,
                              text=True, timeout=harness.LIMIT_S, restore_signals=True)
        os.close(writer)
        check(done.returncode == -13 and done.stderr == "", f"{command} without a reader: {done}")


def bash(inlet):
    """Commands, and each option of each command, by the function that bash would call."""
    (program,) = harness.need("bash")
    script = f"""
        source {ROOT}/completion/inlet.bash
        ask() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _inlet; echo "${{COMPREPLY[@]}}"; }}
        ask {inlet} ''
    """
    names = commands(inlet)
    script += "".join(f"ask {inlet} {name} -\n" for name in names)
    done = call(program, "--norc", "-c", script)
    check(done.stderr == "", done.stderr)
    first, *rest = [set(line.split()) for line in done.stdout.splitlines()]
    check(first == {*names, "--help", "--version"}, f"bash completes {first}")
    check(len(rest) == len(names), f"bash answers {len(rest)} times")
    for name, answer in zip(names, rest):
        check(answer == words_of(inlet, name), f"bash completes {name} {answer}")


def words_of(inlet, command):
    rows, _ = options(inlet, command)
    letters = {f"-{letter}" for letter, *_ in rows if letter}
    return letters | {f"--{name}" for _, name, *_ in rows if name} | {"--help"}


def on_path(inlet):
    return dict(os.environ, PATH=f"{pathlib.Path(inlet).resolve().parent}:{os.environ['PATH']}")


def fish(inlet):
    (program,) = harness.need("fish")
    env = dict(on_path(inlet), HOME=os.devnull)

    def ask(line):
        done = call(program, "--no-config", "-c",
                    f"source {ROOT}/completion/inlet.fish; complete -C '{line}'", env=env)
        check(done.returncode == 0, done.stderr)
        return {answer.split("\t")[0] for answer in done.stdout.splitlines()}

    check(set(commands(inlet)) <= ask("inlet "), f"fish completes {ask('inlet ')}")
    for command in commands(inlet):
        found = ask(f"inlet {command} -")
        check(words_of(inlet, command) <= found, f"fish completes {command} {found}")


def zsh(inlet):
    """What the function hands to zsh's own, which shows it."""
    (program,) = harness.need("zsh")
    for command in commands(inlet):
        wanted = words_of(inlet, command)
        probe = f"""
            functions[_inlet_file]="$(tail -n +2 {ROOT}/completion/inlet.zsh)"
            _describe() {{ local list=${{@[-1]}}; print -l -- "${{(@P)list}}" }}
            words=({inlet} {command} -); CURRENT=3
            _inlet_file
        """
        done = call(program, "-f", "-c", probe)
        found = {line.split(":")[0] for line in done.stdout.splitlines()}
        check(done.stderr == "" and found == wanted, f"zsh completes {command} {found} {done.stderr}")


def colours(inlet):
    """No escape sequence where NO_COLOR is set, on a terminal; nor in a pipe at all."""
    for command in commands(inlet):
        check("\033" not in call(inlet, command, "--help").stdout, f"{command} --help in a pipe")
        seen, _ = harness.on_terminal([inlet, command, "--help"], dict(os.environ, NO_COLOR="1"))
        check(b"usage" in seen and b"\033" not in seen, f"{command} --help on a terminal: {seen}")


harness.main({case.__name__: case for case in (
    helps, manuals, mistakes, outputs, bash, fish, zsh, colours)})
