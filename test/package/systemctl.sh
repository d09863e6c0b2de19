#!/bin/sh
# Stands for systemctl where no systemd runs: starts a unit's ExecStart as its user, in its environment and folders, and ends it by
# SIGTERM as systemd would. Nothing is started again by itself. What a program prints is in /run/<name>.log, its exit code in /run/<name>.code.
set -eu

command=$1
for unit; do :; done
name=${unit%.service}
file=/etc/systemd/system/$name.service
pid=/run/$name.pid
# TimeoutStopSec of the units, in tenths of a second.
STOP_MAX=1200

setting() { sed -n "s/^$1=//p" "$file"; }

running() { [ -e "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; }

stop() {
  running || return 0
  kill -TERM "$(cat "$pid")"
  left=$STOP_MAX
  while running; do
    [ "$left" -gt 0 ] || kill -KILL "$(cat "$pid")"
    left=$((left - 1))
    sleep 0.1
  done
}

# Words of a unit are split at spaces; a variable of the environment file stands for several of them.
# shellcheck disable=SC2046,SC2086,SC1090
start() {
  user=$(setting User)
  umask "$(setting UMask)"
  folder /var/lib "$(setting StateDirectory)" "$(setting StateDirectoryMode)"
  folder /var/cache "$(setting CacheDirectory)" 0755
  folder /run "$(setting RuntimeDirectory)" "$(setting RuntimeDirectoryMode)"
  environment=$(sed 's/^-//' <<END
$(setting EnvironmentFile)
END
  )
  SERVICERADAR_CORE_FLAGS=''
  if [ -n "$environment" ] && [ -e "$environment" ]; then . "$environment"; fi
  line=$(setting ExecStart | sed "s|\$SERVICERADAR_CORE_FLAGS|$SERVICERADAR_CORE_FLAGS|")
  rm -f "/run/$name.code"
  (
    env -i PATH="$PATH" HOME=/nonexistent $(setting Environment) setpriv --reuid "$user" --regid "$user" --init-groups --no-new-privs \
      $line >>"/run/$name.log" 2>&1 </dev/null &
    echo "$!" >"$pid"
    code=0
    wait "$!" || code=$?
    echo "$code" >"/run/$name.code"
  ) >/dev/null 2>&1 </dev/null &
  while [ ! -s "$pid" ]; do sleep 0.1; done
}

folder() {
  [ -n "$2" ] || return 0
  mkdir -p "$1/$2"
  chown "$user:$user" "$1/$2"
  chmod "${3:-0755}" "$1/$2"
}

case $command in
  restart)
    stop
    rm -f "$pid"
    start
    ;;
  stop) stop ;;
  disable) stop ;;
  is-active) running ;;
  is-failed) ! running ;;
  enable | daemon-reload) ;;
  *)
    echo "systemctl $command is not known here" >&2
    exit 1
    ;;
esac
