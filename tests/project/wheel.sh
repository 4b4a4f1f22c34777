#!/usr/bin/env bash
# Builds the wheel, installs it into a new virtual environment outside the checkout, and uses it there.
# usage: tests/project/wheel.sh PYTHON    (a Python that has `build`)
set -euo pipefail

checkout=$(cd "$(dirname "$0")/../.." && pwd)
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "wheel: $*" >&2
    exit 1
}

# From a copy: setuptools writes into the tree it builds from, and what an earlier build left there would get into the wheel.
mkdir "$work/source" "$work/elsewhere"
cp -r "$checkout"/{pyproject.toml,README.md,LICENSE,docs,grammar,verifier} "$work/source"
"$python" -m build --wheel --outdir "$work/dist" "$work/source" >"$work/build.log" 2>&1 || {
    cat "$work/build.log" >&2
    fail "the build failed"
}

"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "$work"/dist/*.whl
cp -r "$checkout/examples" "$work/elsewhere"
cd "$work/elsewhere"
unset PYTHONPATH
verifier=$work/venv/bin/verifier

location=$("$work/venv/bin/python" -c 'import verifier; print(verifier.__file__)')
case $location in "$work"/venv/*) ;; *) fail "the checkout was imported, not the wheel: $location" ;; esac

code=0
"$verifier" prove examples/payments >report.txt || code=$?
[ "$code" -eq 1 ] || fail "the example ended with exit code $code, expected 1"
grep -q '^✔ proved' report.txt && grep -q '^✘ refuted' report.txt || fail "the example proved nothing, or refuted nothing"

for name in snapshot report configuration; do
    "$verifier" schema "$name" | "$work/venv/bin/python" -m json.tool >/dev/null || fail "verifier schema $name"
done
"$verifier" rule D4 | grep -q aws:PrincipalArn || fail "verifier rule"
"$verifier" --version
[ -f "$(dirname "$location")/py.typed" ] || fail "py.typed is missing"
[ -f "$(dirname "$location")/grammar/policy.lark" ] || fail "grammar/policy.lark is missing"
echo "wheel: installed and used outside the checkout"
