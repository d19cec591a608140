#!/usr/bin/env python3
"""Makes deliberate faults in a copy of the library, one at a time, and sees which test notices.

    mutate.py [NAME...]   tries all faults, or those of whose area or sentence a NAME is part; ends with the table anew
    mutate.py --check     only asks whether each fault still applies to the sources
    mutate.py --list      names them

Options: --jobs N copies at a time (1); --fresh tries anew what is known; --no-control does without the control: then what hangs is
taken for slow for half an hour; --managed asks the suites in C# alone, which takes seconds for each fault, --native the others alone: what
they don't notice stays to be tried.

The control: before all else nothing is changed in the copy, and all suites must pass. What was caught stays known (results.json) as long
as neither the fault nor the file that it is in changes, so a sweep may be ended and goes on later. What nothing caught is tried anew each
time.

The exit status is 1 if something went unnoticed, 2 if a fault does not apply or does not compile.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import queue
import sys
import time

from faults import ROOT, BadFault, Fault, check, load
from processes import end_all
from table import KNOWN, Results
from workshop import Catch, DoesNotCompile, Workshop

PLACE = ROOT / "build/mutation"


def say(text: str) -> None:
    print(text, flush=True)


def try_fault(shop: Workshop, fault: Fault, results: Results) -> bool | None:
    """False: unnoticed. None: it is no fault."""
    original = (shop.tree / fault.file).read_text()
    key = fault.key(shop.tree)
    begun = time.monotonic()
    caught: Catch | None = None
    suite = ""
    try:
        shop.write(fault, fault.applied_to(original))
        for looked in shop.suites(fault):
            caught = looked.look()
            if caught is not None:
                suite = looked.name
                break
    except DoesNotCompile as problem:
        say(f"DOES NOT COMPILE  {fault.area}: {fault.name}\n{problem}")
        return None
    finally:
        shop.write(fault, original)
    if caught is None and shop.only is not None:
        say(f"left to the others  {fault.area}: {fault.name}")
        return False
    entry = {"key": key, "caught": caught is not None, "seconds": round(time.monotonic() - begun), "suite": suite,
             "test": caught.test if caught else "", "how": caught.how if caught else ""}
    results.put(fault.name, entry)
    say(f"{'caught  ' if caught else 'SURVIVED'} {entry['seconds']:4d} s  {fault.area}: {fault.name}"
        + (f"\n                   by {suite}: {caught.test}, {caught.how}" if caught else ""))
    return caught is not None


def prepare(shop: Workshop, is_controlled: bool) -> bool:
    """The copy, and the control: unchanged code must pass, or nothing that is found out means anything."""
    sources = shop.sync()
    control = PLACE / (f"control.{shop.only}" if shop.only is not None else "control")
    is_known = control.exists() and control.read_text() == sources
    if is_known:
        return True
    say("Building the copy")
    shop.prepare()
    if not is_controlled:
        return True
    say("Trying the suites with nothing changed")
    shop.is_measuring = True
    for suite in shop.suites(None):
        begun = time.monotonic()
        caught = suite.look()
        if caught is not None:
            say(f"{suite.name}: {caught.test} {caught.how}, though nothing is changed")
            return False
        say(f"{suite.name}: passes, {time.monotonic() - begun:.0f} s with its build")
    shop.is_measuring = False
    control.write_text(sources)
    return True


def sweep(faults: list[Fault], jobs: int, is_controlled: bool, only: str | None, results: Results, every: list[Fault]) -> int:
    shops: queue.Queue[Workshop] = queue.Queue()
    for job in range(min(jobs, len(faults))):
        shop = Workshop(PLACE if job == 0 else PLACE / f"job{job}")
        shop.only = only
        if job == 0 and not prepare(shop, is_controlled):
            return 2
        if job != 0:
            shop.sync()
            shop.prepare()
            shop.times = shops.queue[0].times
        shops.put(shop)

    def work(fault: Fault) -> bool | None:
        shop = shops.get()
        try:
            return try_fault(shop, fault, results)
        finally:
            shops.put(shop)
            results.write_table(every)

    # Those in the header last: then the programs are compiled anew for each, and not between.
    ordered = sorted(faults, key=lambda fault: fault.is_in_header)
    with concurrent.futures.ThreadPoolExecutor(len(shops.queue)) as pool:
        try:
            verdicts = list(pool.map(work, ordered))
        except KeyboardInterrupt:
            # What is half changed in a copy is put right when the next sweep begins.
            end_all()
            os._exit(130)
    say(f"{verdicts.count(True)} caught, {verdicts.count(False)} survived, {verdicts.count(None)} no faults")
    return 2 if None in verdicts else int(False in verdicts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--no-control", action="store_true")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--managed", dest="only", action="store_const", const="managed")
    only.add_argument("--native", dest="only", action="store_const", const="native")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    try:
        every = load()
    except BadFault as problem:
        say(str(problem))
        return 2
    problems = check(every)
    if problems:
        say("\n".join(problems))
        say("The code has moved on: bring native-tests/mutation/faults/ after it, or take another fault of the kind.")
        return 2
    faults = [fault for fault in every
              if not options.names or any(name.lower() in f"{fault.area}: {fault.name}".lower() for name in options.names)]
    if options.list:
        say("\n".join(f"{fault.area}: {fault.name}" for fault in faults))
    if options.check:
        say(f"{len(every)} faults apply")
    if options.check or options.list:
        return 0
    results = Results(KNOWN)

    def is_known(fault: Fault) -> bool:
        entry = results.get(fault.name, fault.key())
        return entry is not None and entry["caught"]

    due = [fault for fault in faults if (options.fresh or not is_known(fault)) and not (options.only == "managed" and fault.is_native)]
    say(f"{len(faults)} faults, {len(due)} to be tried")
    status = sweep(due, options.jobs, not options.no_control, options.only, results, every) if due else 0
    results.write_table(every)
    return status


if __name__ == "__main__":
    sys.exit(main())
