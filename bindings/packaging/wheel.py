"""Makes the wheel: the Python package with the library inside.

    wheel.py LIBRARY DIRECTORY

The standard library is enough for it, and the same files make the same bytes: SOURCE_DATE_EPOCH dates them. The tag says which glibc the
library asks for, as its own symbol versions tell.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path
from typing import Dict, Tuple

SOURCES = Path(__file__).resolve().parents[1] / "python"
LICENSE = Path(__file__).resolve().parents[2] / "LICENSE"

# What every Linux with such a glibc has, of all that the tags "manylinux" allow a library to need.
SYSTEM_LIBRARIES = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"}


def platform_tag(library: Path) -> str:
    """The oldest platform that the library runs on."""
    headers = subprocess.run(["objdump", "-p", library], capture_output=True, text=True, check=True).stdout
    foreign = set(re.findall(r"^\s+NEEDED\s+(\S+)$", headers, re.MULTILINE)) - SYSTEM_LIBRARIES
    if foreign:
        raise SystemExit(f"wheel.py: {library} needs {', '.join(sorted(foreign))}, which a wheel can't expect to find")
    major, minor = max(tuple(map(int, found)) for found in re.findall(r"\bGLIBC_(\d+)\.(\d+)", headers))
    return f"manylinux_{major}_{minor}_x86_64"


def metadata(project: Dict[str, object]) -> str:
    """The core metadata, of what pyproject.toml says."""
    classifiers = [f"Classifier: {classifier}" for classifier in project["classifiers"]]
    head = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"License: {project['license']['text']}",
        *classifiers,
        f"Requires-Python: {project['requires-python']}",
        "Description-Content-Type: text/markdown",
        "License-File: LICENSE",
    ]
    return "\n".join(head) + "\n\n" + (SOURCES / str(project["readme"])).read_text(encoding="utf-8")


def record(name: str, content: bytes) -> str:
    """A line of RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")
    return f"{name},sha256={digest},{len(content)}\n"


def entry(name: str, mode: int, date: Tuple[int, ...]) -> zipfile.ZipInfo:
    """A file of the archive, which says nothing of the machine it was made on."""
    info = zipfile.ZipInfo(name, date[:6])
    info.create_system = 3
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def main(library: Path, directory: Path) -> None:
    project = tomllib.loads((SOURCES / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tag = f"py3-none-{platform_tag(library)}"
    name = f"{project['name']}-{project['version']}"
    about = f"{name}.dist-info"
    files = {
        f"refruntime/{path.name}": path.read_bytes()
        for path in sorted((SOURCES / "refruntime").iterdir())
        if path.suffix == ".py" or path.name == "py.typed"
    }
    files["refruntime/librefruntime.so.1"] = library.read_bytes()
    files[f"{about}/LICENSE"] = LICENSE.read_bytes()
    files[f"{about}/METADATA"] = metadata(project).encode("utf-8")
    files[f"{about}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: refruntime\nRoot-Is-Purelib: false\nTag: {tag}\n".encode("ascii")
    records = "".join(record(*file) for file in files.items())
    files[f"{about}/RECORD"] = f"{records}{about}/RECORD,,\n".encode("utf-8")

    date = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))
    with zipfile.ZipFile(directory / f"{name}-{tag}.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(entry(path, 0o755 if ".so" in path else 0o644, date), content, compresslevel=9)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
