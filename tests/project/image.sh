#!/usr/bin/env bash
# Uses a container image as docs/ci.md says.
# usage: tests/project/image.sh IMAGE VERSION
set -euo pipefail

checkout=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "image: $*" >&2
    exit 1
}

in_image() {
    docker run --rm --network none --volume "$work:/work" "$image" "$@"
}

image=$1
version=$2
chmod 755 "$work"
[ "$(in_image --version)" = "verifier $version" ] || fail "verifier --version is not $version"

cp -r "$checkout/examples/payments" "$checkout/examples/eight-policies" "$work"
code=0
in_image prove payments >"$work/report.txt" || code=$?
[ "$code" -eq 1 ] || fail "the example ended with exit code $code, expected 1"
cp "$work"/eight-policies/{verifier.toml,access.inv,5-caller-account.json} "$work"
in_image || fail "verifier check, which is what runs without arguments"

# git is in the image, and reads a repository that belongs to another user.
git -C "$work" init --quiet
git -C "$work" add .
git -C "$work" -c user.name=a -c user.email=a@example.com commit --quiet --message first
sed -i 's/kms:Decrypt/kms:*/' "$work/5-caller-account.json"
code=0
in_image compare --git HEAD 5-caller-account.json --account 111122223333 --region us-west-2 >"$work/comparison.txt" || code=$?
[ "$code" -eq 1 ] || fail "a comparison that gains access ended with exit code $code, expected 1"
echo "image: used as docs/ci.md says"
