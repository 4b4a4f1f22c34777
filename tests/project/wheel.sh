#!/usr/bin/env bash
# Builds the wheel, or takes one, installs it into a new virtual environment outside the checkout, and uses it there.
# usage: tests/project/wheel.sh PYTHON [WHEEL]    (a Python that has `build`, or of which the wheel is)
set -euo pipefail

checkout=$(cd "$(dirname "$0")/../.." && pwd)
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "wheel: $*" >&2
    exit 1
}

wheel=${2:-}
if [ -n "$wheel" ]; then
    mkdir "$work/elsewhere"
    version=$(basename "$wheel" | cut -d- -f2)
else
    # From a copy: setuptools writes into the tree it builds from, and what an earlier build left there would get into the wheel.
    mkdir "$work/source" "$work/elsewhere"
    cp -r "$checkout"/{pyproject.toml,README.md,LICENSE,docs,grammar,verifier} "$work/source"
    version=1.2.3
    SETUPTOOLS_SCM_PRETEND_VERSION=$version "$python" -m build --wheel --outdir "$work/dist" "$work/source" >"$work/build.log" 2>&1 || {
        cat "$work/build.log" >&2
        fail "the build failed"
    }
    wheel=$(echo "$work"/dist/*.whl)
fi

"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "$wheel"
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
[ "$("$verifier" --version)" = "verifier $version" ] || fail "verifier --version is not $version: $("$verifier" --version)"
"$verifier" prove examples/payments --certificate payments.cert >/dev/null || [ $? -eq 1 ] || fail "prove --certificate"
"$verifier" recheck payments.cert examples/payments >/dev/null || [ $? -eq 3 ] || fail "verifier recheck"
[ -f "$(dirname "$location")/py.typed" ] || fail "py.typed is missing"
[ -f "$(dirname "$location")/grammar/policy.lark" ] || fail "grammar/policy.lark is missing"
echo "wheel: installed and used outside the checkout"
