#!/usr/bin/env bash
# Lets alerts of a demo account go through a real Prometheus and a real Alertmanager to a receiver:
# chain.sh [FOLDER], with the folder of the programs; without it, they are built.
#
#   sendmux-exporter → Prometheus → Alertmanager → receiver
#   sendmux-alert → Alertmanager → receiver, firing and resolved
#
# Needs the packages prometheus and prometheus-alertmanager; without them it exits with status 77.
set -euo pipefail

programs=${1:+$(realpath "$1")}
cd "$(dirname "$0")"
for tool in curl prometheus promtool prometheus-alertmanager python3; do
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: $tool is missing; install the packages prometheus and prometheus-alertmanager" >&2
    exit 77
  fi
done

if [ -z "$programs" ]; then
  cargo build --quiet --package sendmux-apps
  programs=$(realpath ../../target/debug)
fi

work=$(mktemp -d)
started=()
stop() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap stop EXIT

# Starts a program with its output in a log; sets `pid`.
start() {
  "${@:2}" >"$work/$1.log" 2>&1 &
  pid=$!
  started+=("$pid")
}

fail() {
  echo "FAILED: $1" >&2
  tail -n 30 "$work"/*.log >&2
  exit 1
}

# Waits until a command succeeds.
await() {
  for _ in $(seq 300); do
    if "${@:2}" >/dev/null 2>&1; then
      echo "ok: $1"
      return
    fi
    sleep 0.2
  done
  fail "$1"
}

mapfile -t ports < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(5)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
for s in sockets:
    print(s.getsockname()[1])')
exporter=127.0.0.1:${ports[0]} alert=127.0.0.1:${ports[1]} prometheus=127.0.0.1:${ports[2]}
alertmanager=127.0.0.1:${ports[3]} receiver=127.0.0.1:${ports[4]}

# The shipped files, with these addresses and without patience.
sed -e "s/127.0.0.1:19464/$exporter/; s/127.0.0.1:19465/$alert/; s/127.0.0.1:9093/$alertmanager/" \
  -e 's/_interval: 1m/_interval: 1s/' prometheus.yml >"$work/prometheus.yml"
sed -e 's/^\( *for:\) .*/\1 0s/' sendmux.rules.yml >"$work/sendmux.rules.yml"
cat >"$work/alertmanager.yml" <<END
route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s}
receivers:
  - name: hook
    webhook_configs: [{url: "http://$receiver/", send_resolved: true}]
END
rules() {
  cat >"$work/alert.toml" <<END
[[notify]]
name = "alertmanager"
to = "alertmanager"
url = "http://$alertmanager"

[[rule]]
name = "$1"
kind = "$2"
END
}
rules sending-account-down provider-down
cat >"$work/receiver.py" <<'END'
import http.server, json, sys

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        for alert in body["alerts"]:
            labels = alert["labels"]
            print(alert["status"], labels["alertname"], labels.get("source", "prometheus"), flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

host, port = sys.argv[1].split(":")
http.server.HTTPServer((host, int(port)), Receiver).serve_forever()
END

promtool check rules sendmux.rules.yml
promtool test rules sendmux.rules.test.yml
promtool check config "$work/prometheus.yml"

start receiver python3 "$work/receiver.py" "$receiver"
start alertmanager prometheus-alertmanager --config.file="$work/alertmanager.yml" \
  --storage.path="$work/alertmanager" --web.listen-address="$alertmanager" --cluster.listen-address=
start exporter "$programs/sendmux-exporter" --demo --listen "$exporter" --refresh 1s
await "Alertmanager runs" curl --fail --silent "http://$alertmanager/-/ready"
await "the exporter has data" curl --fail --silent "http://$exporter/readyz"
start prometheus prometheus --config.file="$work/prometheus.yml" \
  --storage.tsdb.path="$work/prometheus" --web.listen-address="$prometheus"
start alert "$programs/sendmux-alert" --demo --rules "$work/alert.toml" --listen "$alert" --every 1s
alert_pid=$pid

received() { grep --quiet "^$1\$" "$work/receiver.log"; }
await "a rule of Prometheus fires" received "firing SendmuxProviderDown prometheus"
await "another one fires" received "firing SendmuxBalanceLow prometheus"
await "a rule of sendmux-alert fires" received "firing sending-account-down sendmux-alert"
for address in "$exporter" "$alert"; do
  curl --fail --silent "http://$address/metrics" | promtool check metrics ||
    fail "promtool does not like the metrics at $address"
done

query() {
  curl --fail --silent --get "http://$prometheus/api/v1/query" --data-urlencode "query=$1"
}
holds() { query "$1" | grep --quiet '"result":\[{'; }
await "both targets are scraped" holds 'count(up == 1) == 2'
await "the recording rules have results" holds 'team:sendmux_balance:dollars'

# Every query of the dashboard is understood, and most have data.
python3 - ../../apps/dashboards/sendmux.json >"$work/queries" <<'END'
import json, sys

def expressions(node):
    if isinstance(node, dict):
        if isinstance(node.get("expr"), str):
            yield node["expr"]
        for value in node.values():
            yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)

variables = {"$__rate_interval": "1m", "$__interval": "1m", "$__range": "1h"}
for expression in expressions(json.load(open(sys.argv[1]))):
    for name, value in variables.items():
        expression = expression.replace(name, value)
    print(" ".join(expression.split()))
END
queries=0 empty=()
while IFS= read -r expression; do
  # Variables of the dashboard select everything.
  expression=$(sed -e 's/\$\(team\|account\|provider\|instance\|job\|window\)\b/.*/g; s/\${[a-z_]*\(:[a-z]*\)\?}/.*/g' <<<"$expression")
  answer=$(query "$expression") || fail "Prometheus does not understand: $expression"
  queries=$((queries + 1))
  grep --quiet '"result":\[{' <<<"$answer" || empty+=("$expression")
done <"$work/queries"
[ "$queries" -gt 0 ] || fail "the dashboard has no query"
echo "ok: $queries queries of the dashboard, ${#empty[@]} without data"
printf '  no data: %s\n' ${empty[@]+"${empty[@]}"}

rules nothing balance-below
echo 'below = "-1000"' >>"$work/alert.toml"
kill -HUP "$alert_pid"
await "what a removed rule said is resolved" received "resolved sending-account-down sendmux-alert"
echo "The chain holds."
