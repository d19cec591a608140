#!/usr/bin/env python3
"""Runs one program of the corpus and compares what it reports with what its source expects.

A line "expect: a | b | c" in the source demands that the program ends by abort and that its standard error has a, b, c, where the
first is the beginning of the report. "expect-nothing" demands that it ends well and is silent; "environment: NAME=VALUE" is set.
"""

import os
import re
import signal
import subprocess
import sys


def main(source: str, program: str) -> str:
    text = open(source, encoding="ascii").read()
    expected = re.search(r"/\* expect: (.*) \*/", text)
    environment = dict(re.findall(r"/\* environment: (\w+)=(\w+) \*/", text))
    done = subprocess.run([program], env={**os.environ, **environment}, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                          universal_newlines=True, timeout=120)
    if expected is None:
        if "/* expect-nothing */" not in text:
            return "the source says nothing of what it expects"
        return "" if done.returncode == 0 and not done.stderr else f"it ended with {done.returncode} and said:\n{done.stderr}"
    facts = expected.group(1).split(" | ")
    missing = [fact for fact in facts[1:] if fact not in done.stderr]
    if not done.stderr.startswith("refruntime: " + facts[0]):
        missing.insert(0, facts[0])
    if done.returncode != -signal.SIGABRT:
        missing.insert(0, f"an end by abort (it was {done.returncode})")
    return f"the report lacks {missing}:\n{done.stderr}" if missing else ""


if __name__ == "__main__":
    problem = main(*sys.argv[1:3])
    if problem:
        sys.exit(problem)
