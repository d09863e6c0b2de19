#!/bin/sh
# The life of an installation in a minimal Debian without a network: both programs as released, a NetBox of 1,000 devices beside them.
# Each line "== ..." is a claim that held. Run by installed.test.ts, which says what the releases are.
set -eu

held() { echo "== $*"; }

broken() {
  echo "NOT SO: $*" >&2
  exit 1
}

trap '[ "$?" -eq 0 ] || tail -n 30 /run/serviceradar-*.log >&2' EXIT

# Asks until it is so; twenty minutes on a machine that is busy with other things.
until_so() {
  left=2400
  until "$@" >/tmp/asked 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { cat /tmp/asked; broken "$@"; }
    sleep 0.5
  done
}

put() {
  component=$1 version=$2
  shift 2
  sh "/media/$version/install.sh" --component "$component" --from "/media/$version" --health-max 600 "$@"
}

refused() { ! put "$@"; }

runs_now() { [ "$(readlink "/opt/serviceradar/$1/current")" = "$2" ]; }

# Whether so many runs of the source are complete, the newest with this many devices made.
complete_runs() {
  serviceradar-core runs list --source dc1 --json >/tmp/runs.json
  [ "$(grep -c '"outcome": "success"' /tmp/runs.json)" -ge "$1" ] && ! grep -q '"outcome": "running"' /tmp/runs.json
}

is_running() { serviceradar-agent status | grep -q '^  dc1 *running'; }

pid_of() { cat "/run/serviceradar-$1.pid"; }

# The stand-in for systemd starts programs as it does, in a session whose pids are its own.
umask 077
mkdir -p /etc/serviceradar
cat >/etc/serviceradar/core.env <<'END'
SERVICERADAR_CORE_FLAGS="--gateway-name 127.0.0.1 --enroll-listen 127.0.0.1:8443"
END
put core 1.0.0
serviceradar-core health
curl --fail --silent http://127.0.0.1:8080/ | grep -qi '<html' || broken "the web page is there"
held "the core is installed and well, with its web page"

serviceradar-core agent token --agent-id a1 --gateway-addr 127.0.0.1:50052 --core-url https://127.0.0.1:8443 --json |
  sed -n 's/.*"token": "\(.*\)".*/\1/p' >/tmp/token
put agent 1.0.0 --enroll-token-file /tmp/token
held "the agent is enrolled by its token's file, and well"

url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' /run/beside.json)
api_token=$(sed -n 's/.*"token":"\([^"]*\)".*/\1/p' /run/beside.json)
cat >/tmp/sources.json <<END
{"poll_interval": "24h", "sources": {"dc1": {"type": "netbox", "endpoint": "$url", "credentials": {"api_token": "$api_token"}}}}
END
serviceradar-core source apply /tmp/sources.json --agent a1
until_so complete_runs 1
grep -q '"created": 1000' /tmp/runs.json || broken "1,000 devices were made"
held "1,000 devices came from NetBox through the agent into the core"

secret=$(cat /tmp/token)
for argv in /proc/[0-9]*/cmdline; do
  # This script itself is an argument.
  case $(readlink "${argv%cmdline}exe") in */serviceradar* | */postgres) ;; *) continue ;; esac
  if tr '\0' ' ' <"$argv" 2>/dev/null | grep -q -e "$secret" -e "$api_token" -e 'postgres://'; then broken "$argv holds a secret"; fi
done
held "no secret stands in an argument"

open=$(setpriv --reuid nobody --regid nogroup --clear-groups \
  find /etc/serviceradar /var/lib/serviceradar /var/cache/serviceradar /run/serviceradar* -type f \( -writable -o -readable ! -path '*/pg/*' \) 2>/dev/null) || true
[ -z "$open" ] || broken "others can read or write $open"
[ "$(stat -c %a:%U /etc/serviceradar/agent-key.pem)" = 600:serviceradar ] || broken "the key is the agent's alone"
held "files are closed to others"

for program in /usr/local/bin/serviceradar-* $(find /var/cache/serviceradar -name postgres -type f); do
  if ldd "$program" | grep 'not found'; then broken "$program lacks a library"; fi
done
held "nothing lacks a library"

put agent 1.1.0
runs_now agent 1.1.0
put core 1.1.0
runs_now core 1.1.0
held "both are upgraded"

netbox=$(cat /run/beside.pid)
kill -STOP "$netbox"
{
  until runs_now agent 1.2.0; do sleep 0.2; done
  until runs_now agent 1.1.0; do sleep 0.2; done
  kill -CONT "$netbox"
} &
: >/run/serviceradar-agent.log
refused agent 1.2.0 --health-max 30 2>/tmp/said
cat /tmp/said
grep -q 'did not become well within 30 s (serviceradar-agent: .*); 1.1.0 runs again' /tmp/said || broken "it says why"
runs_now agent 1.1.0
serviceradar-agent status --delivering >/dev/null
grep -q '"msg":"Hello"' /run/serviceradar-agent.log || broken "it greeted"
held "an agent that greets its gateway and delivers nothing is taken back"

devices=$(serviceradar-core devices list --json | grep -c '"id"')
refused core 1.2.0 2>/tmp/said
cat /tmp/said
grep -q 'serviceradar-core 1.2.0 has ended .*1.1.0 runs again' /tmp/said || broken "it says why"
[ ! -e /var/lib/serviceradar/core/spoilt ] && [ -e /var/lib/serviceradar/core.failed/spoilt ]
[ "$(serviceradar-core devices list --json | grep -c '"id"')" = "$devices" ] || broken "the devices are those of before"
held "a core that spoils its data is taken back, and its data with it"

kill -KILL "$(pid_of agent)" "$(pid_of core)"
until_so systemctl is-failed serviceradar-core.service
systemctl restart serviceradar-core.service
systemctl restart serviceradar-agent.service
until_so serviceradar-core health
before=$(grep -c '"outcome": "success"' /tmp/runs.json)
until_so serviceradar-agent status --delivering
until_so complete_runs "$((before + 1))"
grep -q '"created": 1000' /tmp/runs.json
[ "$(grep -c '"created": 1000' /tmp/runs.json)" -eq 1 ] || broken "no device was made twice"
held "both were killed, and go on with what they had"

kill -STOP "$netbox"
serviceradar-core source run dc1
until_so is_running
systemctl stop serviceradar-agent.service
kill -CONT "$netbox"
[ "$(cat /run/serviceradar-agent.code)" -eq 0 ] || broken "the agent ends in order"
systemctl stop serviceradar-core.service
[ "$(cat /run/serviceradar-core.code)" -eq 0 ] || broken "the core ends in order"
held "both end in order by SIGTERM, the agent in the middle of a run"

put agent 1.1.0 --uninstall --purge
put core 1.1.0 --uninstall --purge
left=$(find /opt/serviceradar /etc/serviceradar /etc/systemd/system /usr/local/bin /var/lib/serviceradar /var/cache/serviceradar \
  -mindepth 1 ! -name systemctl 2>/dev/null) || true
[ -z "$left" ] || broken "left behind: $left"
held "nothing is left of them"
