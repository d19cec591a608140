"""A copy of the sources in which faults are made, the builds there, and the suites that should notice.

Each suite builds what it needs and stops at the first test that fails. They go from cheap to dear:

  NUnit, tiny        the managed code with shrunken structures (RR_TINY), on CoreCLR
  NUnit, sliced      the model with every collection in slices (RR_SLICED)
  NUnit              the managed code as it is
  NUnit, shortage    tiny again: each request for memory fails in turn
  C                  the library: CTest's c., checked. and misuse. tests, the shortest first
  C, sliced          the library built with RR_SLICED: the extern C tests
  Python             the bindings' tests

Not asked are the benchmarks, NUnit's Guards, and what CTest calls host., abi. and tools.: they test other things than behaviour.

The copy stays and all builds in it are incremental. Whoever changes a file writes it anew, also when it is put back: so the next build
sees it. The programs of native-tests/ are linked with the library in dist/, and find the one with the fault by LD_LIBRARY_PATH.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
from typing import Any, Callable, NamedTuple

from faults import ROOT, Fault
from processes import Outcome, run

SONAME = "librefruntime.so.1"
BUILD_SECONDS = 1800
# Of the processor's time that unchanged code takes: how much a test may have.
PATIENCE = 4
LEAST_SECONDS = 30

ENVIRONMENT = {"DOTNET_NOLOGO": "1", "DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_SKIP_FIRST_TIME_EXPERIENCE": "1", "MSBUILDDISABLENODEREUSE": "1"}
# Faults need not be neat.
QUICK = ["-c", "Release", "-v", "quiet", "-p:EnforceCodeStyleInBuild=false", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false",
         "-p:GenerateDocumentationFile=false", "-p:UseSharedCompilation=true"]
RUNNER = "native-tests/mutation/Runner"
APT = r"!^RefRuntime\.Tests\.(Guards|Faults)\."
SHORTAGE = r"^RefRuntime\.Tests\.Faults\."


class DoesNotCompile(Exception):
    pass


class Catch(NamedTuple):
    """The first test that noticed."""
    test: str
    how: str


class Program(NamedTuple):
    """A test of CTest's."""
    name: str
    command: list[str]
    environment: dict[str, str]
    cwd: str
    expected: str
    """If not empty, what its output has to match; then the exit status does not matter."""

    def accepts(self, outcome: Outcome) -> bool:
        return re.search(self.expected, outcome.output) is not None if self.expected else outcome.passed


class Suite(NamedTuple):
    name: str
    look: Callable[[], Catch | None]


class Workshop:
    def __init__(self, place: pathlib.Path) -> None:
        self.tree = place / "tree"
        self.logs = place / "logs"
        self.runner = place / "runner/Runner.dll"
        self.library = place / "lib"
        self.times_file = place / "times.json"
        self.times: dict[str, float] = json.loads(self.times_file.read_text()) if self.times_file.exists() else {}
        self.is_measuring = False
        self.only: str | None = None
        """If not None, which suites are asked: those in C# ("managed"), or the others ("native")."""
        self.are_exports_new = False
        # Programs of native-tests/ that are made of what the copy has now.
        self.fresh_programs: set[str] = set()

    # ---- The copy

    def sync(self) -> str:
        """Makes the copy what the sources are. Returns a hash of all of it."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
        names = sorted(name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file())
        names = [name for name in names if not name.startswith("native-tests/mutation/") or name.startswith(RUNNER)]
        digest = hashlib.sha256()
        for name in names:
            content = (ROOT / name).read_bytes()
            digest.update(name.encode() + b"\0" + content + b"\0")
            copy = self.tree / name
            if not copy.is_file() or copy.read_bytes() != content:
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(content)
                shutil.copymode(ROOT / name, copy)
                self.are_exports_new |= name == "include/refruntime.h"
        known = set(names)
        for base in ("src", "tests", "native-tests", "bindings"):
            for path in (self.tree / base).rglob("*"):
                name = path.relative_to(self.tree).as_posix()
                if path.is_file() and name not in known and not re.search(r"(^|/)(bin|obj|__pycache__)/", name):
                    path.unlink()
        return digest.hexdigest()

    def write(self, fault: Fault, text: str) -> None:
        (self.tree / fault.file).write_text(text)
        if fault.is_in_header:
            (self.tree / "dist" / fault.file).write_text(text)
            self.fresh_programs.clear()

    # ---- Builds

    def prepare(self) -> None:
        """Builds from unchanged sources what the suites do not build themselves, as far as it is not there."""
        self._build("restore", ["dotnet", "restore", "RefRuntime.sln", "-v", "quiet"])
        self._build("runner", ["dotnet", "build", RUNNER, "-o", str(self.runner.parent), *QUICK])
        if self.only == "managed":
            return
        include = self.tree / "dist/include"
        if self.are_exports_new or not include.exists():
            self._build("build", ["./build.sh", "build"])
        for header in (self.tree / "include").iterdir():
            if (include / header.name).read_bytes() != header.read_bytes():
                (include / header.name).write_bytes(header.read_bytes())
        self._build("cmake", ["cmake", "-S", "native-tests", "-B", "build/native-tests", "-G", "Unix Makefiles"])
        self._programs()

    def _build(self, log: str, command: list[str]) -> None:
        environment = {**ENVIRONMENT, "PKG_CONFIG_PATH": str(self.tree / "dist/lib/pkgconfig")}
        outcome = run(command, self.tree, BUILD_SECONDS, self.logs / f"{log}.log", environment)
        if not outcome.passed:
            raise DoesNotCompile(f"{' '.join(command)}:\n{outcome.output[-2000:]}")

    def _publish(self, variant: str = "") -> None:
        place = self.tree / "src/RefRuntime/bin/Release/net10.0/linux-x64/publish"
        command = ["dotnet", "publish", "src/RefRuntime/RefRuntime.csproj", *QUICK]
        if variant:
            artifacts = self.tree / "build/variants" / variant
            place = artifacts / "publish/RefRuntime/release_linux-x64"
            command += [f"-p:RefRuntimeVariant={variant}", "--artifacts-path", str(artifacts)]
        self._build(f"publish{variant}", command)
        self.library.mkdir(exist_ok=True)
        shutil.copyfile(place / "librefruntime.so", self.library / SONAME)

    def _build_program(self, program: Program) -> None:
        """Of whatever the test's command names in the build's directory."""
        for target in re.findall(re.escape(str(self.tree / "build/native-tests")) + r"/[\w/]*?(\w+)(?![\w/.])", " ".join(program.command)):
            if target not in self.fresh_programs:
                self._build("native", ["cmake", "--build", "build/native-tests", "--target", target])
                self.fresh_programs.add(target)

    # ---- Suites

    def suites(self, fault: Fault | None) -> list[Suite]:
        """Those that may notice the fault, in order; for None all of them."""
        managed = [
            Suite("NUnit, tiny", lambda: self._nunit("NUnit, tiny", "RefRuntime.Tests.Tiny", APT)),
            Suite("NUnit, sliced", lambda: self._nunit("NUnit, sliced", "RefRuntime.Tests.Sliced", APT)),
            Suite("NUnit", lambda: self._nunit("NUnit", "RefRuntime.Tests", APT)),
            Suite("NUnit, shortage", lambda: self._nunit("NUnit, shortage", "RefRuntime.Tests.Tiny", SHORTAGE))]
        native = [
            Suite("C", lambda: self._c(fault is not None and fault.is_in_header)),
            Suite("C, sliced", self._c_sliced),
            Suite("Python", self._python)]
        if self.only is not None:
            return managed if self.only == "managed" else native
        return native if fault is not None and fault.is_native else managed + native

    def measured(self, suite: str, outcome: Outcome) -> Outcome:
        """Notes what unchanged code takes."""
        if self.is_measuring:
            self.times[suite] = round(outcome.processor_seconds, 2)
            self.times_file.write_text(json.dumps(self.times, indent=1))
        return outcome

    def patience(self, suite: str) -> float:
        """Seconds of processor time, after which a suite hangs. As many as a build has, while no control has said how long it takes."""
        is_known = suite in self.times and not self.is_measuring
        return max(LEAST_SECONDS, PATIENCE * self.times[suite]) if is_known else BUILD_SECONDS

    def _test(self, name: str, command: list[str], cwd: pathlib.Path, environment: dict[str, str]) -> Outcome:
        log = self.logs / f"{re.sub('[^A-Za-z0-9.]', '_', name)}.log"
        return self.measured(name, run(command, cwd, self.patience(name), log, {**ENVIRONMENT, **environment}, is_limited=True))

    def _nunit(self, suite: str, project: str, classes: str) -> Catch | None:
        self._build(project, ["dotnet", "build", f"tests/{project}", "--no-restore", *QUICK])
        outcome = self._test(suite, ["dotnet", str(self.runner), f"tests/{project}/bin/Release/net10.0/{project}.dll", classes], self.tree, {})
        if outcome.passed:
            return None
        failed = re.search(r"^FAIL (.*)$", outcome.output, re.MULTILINE)
        started = re.findall(r"^RUN (.*)$", outcome.output, re.MULTILINE)
        return Catch(failed[1], "failed") if failed else Catch(started[-1] if started else "?", _end_of(outcome))

    def _c(self, is_header: bool) -> Catch | None:
        self._publish()
        programs = self._programs()
        caught = None
        if is_header:
            # The library itself is made with the header, so the extern calls may tell; then the program that has the most to say.
            programs.sort(key=lambda program: (program.name != "c.fast_calls", program.name != "c.inline", "inline" not in program.name))
            caught = self._run_programs("C", programs[:2], {})
            programs = programs[2:]
        return caught or self._run_programs("C", programs, {})

    def _c_sliced(self) -> Catch | None:
        self._publish("RR_SLICED")
        programs = [program for program in self._programs() if program.name.startswith("c.") and "inline" not in program.name]
        return self._run_programs("C, sliced", programs, {"RR_TEST_VARIANT": "RR_SLICED"})

    def _programs(self) -> list[Program]:
        """All of them are built once, since CTest has no command for one that is not there; after that each when its turn comes."""
        tests = self._tests()
        if not all("command" in test for test in tests):
            self._build("native", ["cmake", "--build", "build/native-tests", "-j", "2"])
            tests = self._tests()
        programs = []
        for test in tests:
            properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
            judged = properties.keys() & {"WILL_FAIL", "FAIL_REGULAR_EXPRESSION", "SKIP_RETURN_CODE"}
            if judged:
                raise DoesNotCompile(f"CTest judges {test['name']} by {judged}, which this tool does not know")
            expected = "|".join(properties.get("PASS_REGULAR_EXPRESSION", []))
            environment = dict(entry.split("=", 1) for entry in properties.get("ENVIRONMENT", []))
            programs.append(Program(test["name"], test["command"], environment, properties.get("WORKING_DIRECTORY", str(self.tree)), expected))
        return programs

    def _tests(self) -> list[dict[str, Any]]:
        listed = subprocess.run(["ctest", "--test-dir", "build/native-tests", "--show-only=json-v1"], cwd=self.tree, check=True, capture_output=True)
        return [test for test in json.loads(listed.stdout)["tests"] if re.match(r"(c|checked|misuse)\.", test["name"])]

    def _run_programs(self, suite: str, programs: list[Program], environment: dict[str, str]) -> Catch | None:
        for program in sorted(programs, key=lambda program: self.times.get(f"{suite} {program.name}", 0)):
            name = f"{suite} {program.name}"
            self._build_program(program)
            outcome = self._test(name, program.command, pathlib.Path(program.cwd),
                                 {"LD_LIBRARY_PATH": str(self.library), **environment, **program.environment})
            if not program.accepts(outcome):
                return _catch_of_cmocka(program.name, outcome)
        return None

    def _python(self) -> Catch | None:
        self._publish()
        environment = {"PYTHONPATH": str(self.tree / "bindings/python"), "REFRUNTIME_LIBRARY": str(self.library / SONAME)}
        outcome = self._test("Python", ["python3", "-m", "unittest", "discover", "--failfast", "-s", "bindings/python/tests"], self.tree, environment)
        if outcome.passed:
            return None
        failed = re.search(r"^(?:FAIL|ERROR): (\S+)", outcome.output, re.MULTILINE)
        return Catch(failed[1], "failed") if failed else Catch("?", _end_of(outcome))


def _end_of(outcome: Outcome) -> str:
    if outcome.code is None:
        return "did not end"
    if outcome.code < 0:
        return f"crashed ({signal.Signals(-outcome.code).name})"
    return "failed"


def _catch_of_cmocka(program: str, outcome: Outcome) -> Catch:
    failed = re.search(r"^\[  (?:FAILED|ERROR )  \] (?!\d|---)(\S+)", outcome.output, re.MULTILINE)
    started = re.findall(r"^\[ RUN      \] (\S+)", outcome.output, re.MULTILINE)
    if failed and outcome.code is not None and outcome.code > 0:
        return Catch(f"{program}: {failed[1]}", "failed")
    return Catch(f"{program}: {started[-1]}" if started else program, _end_of(outcome))
