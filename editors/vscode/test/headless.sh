#!/usr/bin/env bash
# Uses the extension in a VS Code without a screen: its server from npm (`code-server`), a Chromium in front of it.
# usage: headless.sh EXTENSION.vsix    (on the PATH: node 20, npm, verifier, a Python with playwright; installed: a compiler, libkrb5-dev)
set -euo pipefail

extension=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . code-server@4.96.4
code=node_modules/code-server/lib/vscode
# What its lock file takes from GitHub, the registry has too. Native modules are built with the headers that are beside node.
(
    cd $code && rm npm-shrinkwrap.json
    npm_config_nodedir=$(dirname "$(dirname "$(realpath "$(command -v node)")")") npm install --silent --no-audit --no-fund --omit=dev
)
options=(--accept-server-license-terms --extensions-dir "$work/extensions" --server-data-dir "$work/data" --telemetry-level off)
node $code/out/server-main.js "${options[@]}" --install-extension "$extension"
node $code/out/server-main.js "${options[@]}" --host 127.0.0.1 --port 8417 --without-connection-token >server.log 2>&1 &
server=$!
python "$here/headless.py" http://127.0.0.1:8417 "$work/folder" || {
    cat server.log >&2
    exit 1
}
