# SPDX-License-Identifier: BSD-2-Clause
"""What the house checks (check-*) have in common.

A house check reads the tree and returns a list of problems, one line each. Each brings bad
examples of its own: --self-test writes them into a temporary folder, and the check has to find
exactly the problem that the example is about, and none in the good example. So a check that has
gone blind is itself found.
"""

import pathlib
import subprocess
import sys
import tempfile


def tracked(root, *suffixes):
    """The files of the tree that git knows or would add, as paths relative to root."""
    root = pathlib.Path(root)
    if (root / ".git").exists():
        # safe.directory: root may check a tree that belongs to a user
        listing = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-co", "--exclude-standard",
             "-z"], check=True, capture_output=True, text=True).stdout.split("\0")
        paths = [pathlib.PurePosixPath(p) for p in listing if p and (root / p).is_file()]
    else:
        paths = [pathlib.PurePosixPath(p.relative_to(root).as_posix())
                 for p in root.rglob("*")
                 if p.is_file() and not p.relative_to(root).parts[0].startswith("build")]
    return sorted(p for p in paths if not suffixes or p.suffix in suffixes)


def lay_out(folder, files):
    for path, text in files.items():
        target = pathlib.Path(folder) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def self_test(check, good, bad):
    """good: {path: text}. bad: [(extra files, text that a problem must contain)]."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        lay_out(folder, good)
        for problem in check(folder):
            print(f"self-test: found in the good example: {problem}")
            failed += 1
    for extra, expected in bad:
        with tempfile.TemporaryDirectory() as folder:
            lay_out(folder, {**good, **extra})
            problems = check(folder)
            if not any(expected in p for p in problems):
                print(f"self-test: no problem with '{expected}' found, but: {problems}")
                failed += 1
    print(f"self-test: {len(bad) + 1 - failed} of {len(bad) + 1} examples judged rightly")
    return 1 if failed else 0


def main(check, good, bad):
    """Checks the tree that the script lies in, or runs its self-test."""
    if sys.argv[1:] == ["--self-test"]:
        return self_test(check, good, bad)
    if len(sys.argv) > 1:
        print(f"usage: {sys.argv[0]} [--self-test]", file=sys.stderr)
        return 2
    problems = check(pathlib.Path(__file__).resolve().parent.parent)
    for problem in problems:
        print(problem)
    if not problems:
        print("no problem found")
    return 1 if problems else 0
