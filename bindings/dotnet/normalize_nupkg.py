"""Rewrites NuGet packages so that the same contents are the same bytes: entries in order, without times, and without the
part that `dotnet pack` names at random (package/services/metadata/core-properties, which nobody reads)."""

import re
import sys
import zipfile

CORE_PROPERTIES = "package/services/metadata/core-properties/"


def contents(path: str) -> dict:
    with zipfile.ZipFile(path) as package:
        found = {name: package.read(name) for name in package.namelist() if not name.startswith(CORE_PROPERTIES)}
    found["_rels/.rels"] = re.sub(rb'<Relationship [^>]*core-properties[^>]*/>', b"", found["_rels/.rels"])
    found["_rels/.rels"] = re.sub(rb' Id="[^"]*"', b' Id="manifest"', found["_rels/.rels"])
    return found


def main() -> None:
    for path in sys.argv[1:]:
        found = contents(path)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
            for name in sorted(found):
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                package.writestr(entry, found[name])


main()
