#!/bin/sh
# wheel.sh WHEEL: pip installs it into an empty environment, the walkthrough runs from there, and type checkers see its types.
set -eu
wheel=$1
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

case $wheel in
    *-py3-none-manylinux_2_34_x86_64.whl) ;;
    *) echo "the library asks for another glibc than 2.34, which the README promises: $wheel" >&2 && exit 1 ;;
esac

python3 -m venv "$place/venv"
"$place/venv/bin/pip" --quiet --disable-pip-version-check install --no-index "$wheel"
"$place/venv/bin/pip" --disable-pip-version-check check
"$here/walkthrough.sh" "$place/venv" "$place/venv/bin/python"

cat >"$place/typed.py" <<'PYTHON'
import refruntime

heap = refruntime.Heap()
numbers: refruntime.List = heap.list()
count: int = numbers.refcount
nodes: refruntime.Batch = heap.batch(heap.type("Node", refs=["next"]), 3)
part: refruntime.BatchSlice = nodes[1:]
nodes[:-1].store("next", part)
reveal_type(heap.collect())
PYTHON
cd "$place"
mypy --strict --cache-dir="$place/cache" --python-executable="$place/venv/bin/python" typed.py >revealed || { cat revealed >&2 && exit 1; }
grep -q 'Revealed type is "builtins.int"' revealed
mypy --cache-dir="$place/cache" --config-file="$here/../../../bindings/python/pyproject.toml" "$here/../../../bindings/python/refruntime"

"$place/venv/bin/pip" --quiet --disable-pip-version-check uninstall --yes refruntime
[ -z "$(find "$place/venv" -name '*refruntime*')" ] || { echo "uninstalling leaves something behind" >&2 && exit 1; }
