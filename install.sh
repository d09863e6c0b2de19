#!/bin/sh
# Installs, upgrades or removes a program of ServiceRadar Sync on Linux: from a release's address, or from its files carried here.
#
#   sh install.sh --component agent --base-url https://downloads.example.com/serviceradar/0.1.0
#   sh install.sh --component core --from /media/usb/release
#
# What is installed has been checked twice: the list of hashes against the key of the release below, each file against the list.
# All of it stands in main(), so that a download which was cut off runs nothing.
set -eu

# The public half of the key that the release was signed with, Ed25519, base64; put in by `npm run release`.
RELEASE_KEY=

# Where releases lie side by side. "current" is a link to the one that runs; changing it is the whole switch.
ROOT_DIR=/opt/serviceradar
CONFIG_DIR=/etc/serviceradar
STATE_DIR=/var/lib/serviceradar
CACHE_DIR=/var/cache/serviceradar
UNIT_DIR=/etc/systemd/system
USER_NAME=serviceradar
# Oldest C library that the Node inside runs on.
GLIBC_MIN=2.28
# How long an upgraded program may take to be well again, in seconds; a core first brings its database's schema up.
HEALTH_MAX_DEFAULT=120

usage() {
  cat <<'TEXT'
usage: sh install.sh --component agent|core (--base-url URL | --from FILE|DIR) [flags]
       sh install.sh --component agent|core --uninstall [--purge]

  --component NAME          agent or core
  --base-url URL            folder of a release; with --version, the folder above it
  --version X.Y.Z           which release (default: the one that is there)
  --from FILE|DIR           an archive with SHA256SUMS and its signature beside it, or a folder of them; no network is used
  --sha256 HEX              hash of SHA256SUMS, got in a way that you trust, in place of its signature
  --enroll-token-file FILE  agent: enrol this host with the token in FILE ("agent token" of the core makes it)
  --core-url URL            agent: where the core enrols, if the token does not say it
  --bin-dir DIR             where the command is linked (default: /usr/local/bin)
  --health-max SECONDS      how long a started release may take to be well before the one before it runs again (default: 120;
                            0: it is not asked)
  --no-copy                 core: keep no copy of its data while a release with another schema is tried
  --no-service              no systemd unit
  --no-start                install the unit, start nothing
  --dry-run                 check everything, say what would be done, change nothing
  --uninstall               remove program and unit; configuration and data stay
  --purge                   with --uninstall: configuration, keys and data too
TEXT
}

main() {
  # Root's own may be 077, and the service's user must be able to run what is installed.
  umask 022
  component='' base_url='' version='' from='' sums_sha256='' token_file='' core_url=''
  health_max=$HEALTH_MAX_DEFAULT bin_dir=/usr/local/bin with_service=1 with_start=1 dry_run=0 uninstall=0 purge=0 with_copy=1
  read_flags "$@"
  case $component in agent | core) ;; *) fail "--component agent or --component core is needed (--help tells more)" ;; esac
  name=serviceradar-$component
  home=$ROOT_DIR/$component
  # Where it lies in truth: a copy of a link would be no copy.
  data=$(readlink -f -- "$STATE_DIR/$component") || data=$STATE_DIR/$component
  unit=$UNIT_DIR/$name.service
  [ "$dry_run" = 1 ] || [ "$(id -u)" -eq 0 ] || fail "installing needs root; --dry-run does not"
  has_systemd=0
  if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then has_systemd=1; fi
  if [ "$uninstall" = 1 ]; then
    remove_all
    return
  fi
  check_host
  work=$(mktemp -d)
  copying=0 can_restore=0
  trap clean_up EXIT
  trap 'exit 1' HUP INT TERM
  obtain
  put_in_place
}

read_flags() {
  while [ $# -gt 0 ]; do
    case $1 in
      --component) component=$(value "$@") ;;
      --base-url) base_url=$(value "$@") ;;
      --version) version=$(value "$@") ;;
      --from) from=$(value "$@") ;;
      --sha256) sums_sha256=$(value "$@") ;;
      --enroll-token-file) token_file=$(value "$@") ;;
      --core-url) core_url=$(value "$@") ;;
      --health-max) health_max=$(value "$@") ;;
      --bin-dir) bin_dir=$(value "$@") ;;
      --no-service) with_service=0 ;;
      --no-start) with_start=0 ;;
      --no-copy) with_copy=0 ;;
      --dry-run) dry_run=1 ;;
      --uninstall) uninstall=1 ;;
      --purge) purge=1 ;;
      --help | -h) usage; exit 0 ;;
      *) fail "$1 is no flag of this installer (--help lists them)" ;;
    esac
    case $1 in
      --no-* | --dry-run | --uninstall | --purge) ;;
      *) shift ;;
    esac
    shift
  done
}

value() {
  if [ $# -lt 2 ] || [ -z "$2" ]; then fail "$1 needs a value"; fi
  printf '%s' "$2"
}

say() { printf '%s\n' "$*"; }

fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

# Does what follows, or says it where nothing is to be changed.
do_it() {
  if [ "$dry_run" = 1 ]; then say "would: $*"; else "$@"; fi
}

check_host() {
  [ "$(uname -s)" = Linux ] || fail "this installer is for Linux; for macOS and Windows unpack the archive of the agent"
  case $(uname -m) in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "there is no build for $(uname -m), only for x86_64 and aarch64" ;;
  esac
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d ' ' -f 2) || true
  [ -n "$libc" ] || fail "this system has no glibc (Alpine and other musl systems): there is no build for it; run it in a Debian or RHEL container"
  oldest=$(printf '%s\n%s\n' "$GLIBC_MIN" "$libc" | sort -t . -k 1,1n -k 2,2n | head -n 1)
  [ "$oldest" = "$GLIBC_MIN" ] || fail "glibc $libc is too old, $GLIBC_MIN is needed (Debian 10, RHEL 8, Ubuntu 20.04 or newer)"
  command -v sha256sum >/dev/null || fail "sha256sum is missing (coreutils)"
}

# Brings list, signature and archive into $work and checks them; sets $archive and $version.
obtain() {
  if [ -n "$from" ]; then
    [ -e "$from" ] || fail "--from $from is not there"
    if [ -d "$from" ]; then folder=$from; else folder=$(dirname -- "$from"); fi
  elif [ -n "$base_url" ]; then
    folder=''
    [ -z "$version" ] || base_url=${base_url%/}/$version
  else
    fail "--base-url URL or --from FILE|DIR is needed: there is no default place to get releases from"
  fi
  bring SHA256SUMS
  check_list
  pattern="${name}_${version:-[^_]*}_linux_$arch\\.tar\\.gz"
  archive=$(sed -nE "s/^[0-9a-f]{64}  ($pattern)\$/\\1/p" "$work/SHA256SUMS")
  [ -n "$archive" ] || fail "the release has no ${name} ${version:+$version }for linux $arch"
  [ "$(printf '%s\n' "$archive" | wc -l)" -eq 1 ] || fail "the release has several of these, say --version: $archive"
  if [ -n "$from" ] && [ ! -d "$from" ] && [ "$(basename -- "$from")" != "$archive" ]; then
    fail "$from is not $archive, which the list beside it has for this host"
  fi
  version=${archive#"${name}"_}
  version=${version%%_*}
  bring "$archive"
  (cd "$work" && grep -F "  $archive" SHA256SUMS | sha256sum --check --status) ||
    fail "$archive is not what was released: its sha256 is not the list's"
  (cd "$work" && tar -xzf "$archive" --no-same-owner)
  new=$work/${name}_$version
  "$new/$name" version >/dev/null || fail "$name $version does not start on this host"
  say "$name $version: signature and sha256 are good"
}

# A file of the release: copied, or fetched by whichever tool there is.
bring() {
  if [ -n "$folder" ]; then
    [ -f "$folder/$1" ] || fail "$folder/$1 is missing"
    cp -- "$folder/$1" "$work/$1"
  elif command -v curl >/dev/null; then
    curl --proto '=https,http' --fail --silent --show-error --location --output "$work/$1" "${base_url%/}/$1" ||
      fail "${base_url%/}/$1 cannot be had"
  elif command -v wget >/dev/null; then
    wget -q -O "$work/$1" "${base_url%/}/$1" || fail "${base_url%/}/$1 cannot be had"
  else
    fail "curl or wget is needed, or --from with the files"
  fi
}

check_list() {
  if [ -n "$sums_sha256" ]; then
    printf '%s  %s\n' "$sums_sha256" "$work/SHA256SUMS" | sha256sum --check --status ||
      fail "SHA256SUMS has another sha256 than --sha256 says"
    return
  fi
  [ -n "$RELEASE_KEY" ] || fail "this is a checkout's install.sh, which knows no key; take the one of a release, or say --sha256"
  if openssl pkeyutl -help 2>&1 | grep -q -e -rawin; then
    bring SHA256SUMS.sig
    printf '%s\n' '-----BEGIN PUBLIC KEY-----' "$RELEASE_KEY" '-----END PUBLIC KEY-----' >"$work/key.pem"
    openssl pkeyutl -verify -pubin -inkey "$work/key.pem" -rawin -in "$work/SHA256SUMS" -sigfile "$work/SHA256SUMS.sig" >/dev/null 2>&1 ||
      fail "SHA256SUMS is not signed with the key of the release: nothing was installed"
  else
    fail "openssl 3 is needed to check the signature; or say --sha256 with the hash of SHA256SUMS, got in a way that you trust"
  fi
}

put_in_place() {
  target=$home/$version
  finish_going_back
  before=$(readlink "$home/current" 2>/dev/null || true)
  # new: it is not what runs; resumed: it is, and its trial was cut off before it was known to be well; none: it has no trial.
  trial=none changed=0
  if [ "$before" != "$version" ] || ! cmp -s "$new/$name" "$target/$name"; then
    trial=new changed=1
    check_copy
    do_it install_files
  else
    say "$name $version is installed already"
    if [ "$(sed -n 2p "$home/on-trial" 2>/dev/null)" = "$version" ]; then
      trial=resumed changed=1
      before=$(sed -n 1p "$home/on-trial")
      check_copy
    fi
  fi
  do_it link_command
  do_it make_user
  [ "$component" = agent ] || do_it core_environment
  [ -z "$token_file" ] || do_it enrol
  if [ "$with_service" = 0 ] || [ "$has_systemd" = 0 ]; then
    switch_untried
    plain_hint
    return
  fi
  install_unit
  if [ "$with_start" = 1 ]; then start_service; else switch_untried; fi
}

# Beside what runs, complete before it gets its name.
install_files() {
  mkdir -p "$home"
  rm -rf -- "$target.new"
  mkdir "$target.new"
  cp -R -- "$new/." "$target.new/"
  chmod -R go-w,a+rX "$target.new"
  # Another build of the same release may be the one that runs.
  rm -rf -- "$target.old"
  [ ! -d "$target" ] || mv -- "$target" "$target.old"
  mv -- "$target.new" "$target"
  rm -rf -- "$target.old"
}

# rename(2) over the old link: whoever looks sees the one or the other.
switch_to() {
  ln -sfn -- "$1" "$home/current.new"
  mv -Tf -- "$home/current.new" "$home/current"
}

# Nothing is started, so nothing is on trial: no later run may take it for unproved.
switch_untried() {
  [ "$trial" = new ] || return 0
  do_it rm -f -- "$home/on-trial"
  do_it switch_to "$version"
}

link_command() {
  mkdir -p "$bin_dir"
  ln -sfn -- "$home/current/$name" "$bin_dir/$name"
}

make_user() {
  if ! id "$USER_NAME" >/dev/null 2>&1; then
    useradd --system --user-group --no-create-home --home-dir "$STATE_DIR" --shell /usr/sbin/nologin "$USER_NAME"
  fi
  mkdir -p "$CONFIG_DIR"
  # The agent's renewed certificates are written there.
  chown "root:$USER_NAME" "$CONFIG_DIR"
  chmod 0770 "$CONFIG_DIR"
}

core_environment() {
  [ -e "$CONFIG_DIR/core.env" ] || install -m 0600 "$new/core.env" "$CONFIG_DIR/core.env"
}

enrol() {
  [ "$component" = agent ] || fail "--enroll-token-file is for agents"
  if [ -e "$CONFIG_DIR/agent.json" ]; then
    say "this host is enrolled already ($CONFIG_DIR/agent.json); the token was not used"
    return
  fi
  "$target/$name" enroll --token-file "$token_file" ${core_url:+--core-url "$core_url"} --dir "$CONFIG_DIR"
  chown -R "$USER_NAME:$USER_NAME" "$CONFIG_DIR"/agent* "$CONFIG_DIR"/*.pem
}

install_unit() {
  unit_from "$new"
  cmp -s "$work/unit" "$unit" && return 0
  changed=1
  do_it install -D -m 0644 "$work/unit" "$unit"
  do_it systemctl daemon-reload
}

unit_from() { sed "s|^ExecStart=/usr/local/bin/|ExecStart=$bin_dir/|" "$1/$name.service" >"$work/unit"; }

# After a switch back.
unit_of_current() {
  if unit_from "$home/current" 2>/dev/null; then cp -- "$work/unit" "$unit"; fi
  systemctl daemon-reload
}

start_service() {
  do_it systemctl enable --quiet "$name.service"
  if [ "$changed" = 0 ] && systemctl is-active --quiet "$name.service"; then return 0; fi
  if [ "$component" = agent ] && [ ! -e "$CONFIG_DIR/agent.json" ]; then
    switch_untried
    say "not started: enrol this host first, with --enroll-token-file or: $name enroll --token-file FILE"
    return 0
  fi
  # In this order: cut off before the switch, the release before is still the one that starts.
  do_it keep_data
  if [ "$trial" = new ]; then
    do_it begin_trial
    do_it switch_to "$version"
  fi
  do_it systemctl restart "$name.service"
  if [ "$dry_run" = 1 ]; then return 0; fi
  if [ "$health_max" -gt 0 ] && ! is_well; then go_back; fi
  [ "$trial" = none ] || end_trial
  say "$name $version runs${why_well:+: $why_well}"
}

# What is written down until a release is known to be well: which one ran before, and which one is tried.
begin_trial() { printf '%s\n' "$before" "$version" >"$home/on-trial"; }

# Releases older than the one before are not gone back to.
end_trial() {
  rm -f -- "$home/on-trial"
  if [ "$health_max" -eq 0 ] && [ -d "$data.before" ]; then
    say "nobody was asked whether it is well, so the data as $before left them stay in $data.before: remove them when it is"
  elif [ -d "$data.before" ]; then
    # What is half removed does not keep the name of something whole.
    rm -rf -- "$data.copying"
    mv -T -- "$data.before" "$data.copying"
    rm -rf -- "$data.copying"
  fi
  for each in "$home"/*/; do
    each=$(basename -- "$each")
    case $each in "$version" | "$before" | current) ;; *) rm -rf -- "${home:?}/$each" ;; esac
  done
}

# Whether a core's release before must find its data as it left them: the new one brings the schema up at its first start.
needs_copy() {
  [ "$component" = core ] && [ "$with_copy" = 1 ] && [ "$with_start" = 1 ] && [ "$has_systemd" = 1 ] && [ -n "$before" ] &&
    [ -d "$data/postgres" ] && [ "$(schema_of "$home/$before/$name")" != "$(schema_of "$new/$name")" ]
}

schema_of() {
  "$1" version 2>/dev/null | sed -n 's/.*(schema \(.*\)).*/\1/p'
}

# Before anything is stopped: whether a copy can be made, and put back by renaming.
check_copy() {
  needs_copy || return 0
  if is_untouched || { [ "$trial" = resumed ] && [ -d "$data.before" ]; }; then return 0; fi
  for each in "$data" "$data/postgres" "$data/postgres/pg_wal"; do
    ! mountpoint -q -- "$each" ||
      fail "$each is a mount point, so a copy could not take its place: nothing was changed (make a copy of your own and say --no-copy)"
  done
  link=$(find "$data/postgres" -type l | sed -n 1p)
  [ -z "$link" ] ||
    fail "$link is a link, so a copy would be none: nothing was changed (make a copy of your own and say --no-copy)"
  wanted=$(du -sk -- "$data" | cut -f 1)
  free=$(df -Pk -- "$(dirname -- "$data")" | awk 'NR == 2 { print $4 }')
  [ "$free" -gt "$wanted" ] ||
    fail "$(dirname -- "$data") has $((free / 1024)) MB free and a copy of the data needs $((wanted / 1024)): nothing was changed (--no-copy goes without)"
}

# Whether no server has opened the data since they were copied: each start writes its control file.
is_untouched() { cmp -s "$data/postgres/global/pg_control" "$data.before/postgres/global/pg_control"; }

# While nothing writes, and under its name only when it is whole. Only what this run has seen to be the data as they are before its
# start may be put back by it ($can_restore): an older copy lacks all that was written since.
keep_data() {
  if [ "$trial" = new ] && [ -d "$data.before" ] && ! { needs_copy && is_untouched; }; then set_aside "$data.before"; fi
  needs_copy || return 0
  if [ -d "$data.before" ]; then
    if is_untouched; then can_restore=1; fi
    return 0
  fi
  say "copying $data, to go back to if need be"
  copying=1
  systemctl stop "$name.service"
  rm -rf -- "$data.copying"
  cp -a --reflink=auto -- "$data" "$data.copying"
  printf '%s\n' "$before" "$version" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$data.copying/copied-for"
  mv -T -- "$data.copying" "$data.before"
  copying=0 can_restore=1
}

set_aside() {
  aside=$1-$(date -u +%Y%m%dT%H%M%SZ)
  mv -T -- "$1" "$aside"
  say "$1 is of an earlier upgrade; it is $aside now: remove it when you do not need it"
}

# At every end. A copy that was cut off must not fill the disk, nor keep stopped what ran.
clean_up() {
  if [ "$copying" = 1 ]; then
    rm -rf -- "$data.copying" || true
    unit_of_current || true
    if systemctl start "$name.service"; then after="was started again"; else after="does not start"; fi
    printf 'install.sh: %s\n' "the copy was not finished and is removed; what ran before $after" >&2
  fi
  rm -rf -- "$work"
}

# A machine can go down between the two renames of a going back. No core may start then: it would begin with an empty database.
finish_going_back() {
  if [ "$component" != core ] || [ -n "$(ls -A -- "$data" 2>/dev/null)" ]; then return 0; fi
  if [ ! -d "$data.before" ] && [ ! -d "$data.failed" ]; then return 0; fi
  former=$(sed -n 1p "$data.before/copied-for" 2>/dev/null) || true
  if [ ! -e "$home/going-back" ] || [ -z "$former" ] || [ ! -d "$home/$former" ]; then
    fail "$data is empty or not there, but $data.before or $data.failed is: nothing was changed. Move the one that you want to $data; or move both away, to begin with an empty database"
  fi
  say "a going back to $former was cut off; it is finished first"
  do_it switch_to "$former"
  do_it put_back
}

# A program is well when it does its work: an agent of which the gateway has acknowledged a heartbeat and something of a source, both
# since this start; a core with its schema that has committed a write. They tell why they are not.
is_well() {
  why_well=''
  left=$health_max
  while [ "$left" -gt 0 ]; do
    if ask_health >"$work/health" 2>&1; then
      why_well=$(health_words)
      return 0
    fi
    # It ended with a code that no further start mends.
    if systemctl is-failed --quiet "$name.service"; then return 1; fi
    sleep 1
    left=$((left - 1))
  done
  return 1
}

ask_health() {
  if [ "$component" = agent ]; then
    "$home/current/$name" status --delivering --config "$CONFIG_DIR/agent.json"
  else
    "$home/current/$name" health --data-dir "$data"
  fi
}

health_words() {
  if [ "$component" = agent ]; then
    say "the gateway has acknowledged it"
  else
    sed -n '$p' "$work/health"
  fi
}

go_back() {
  why=$(sed -n '$p' "$work/health" 2>/dev/null)
  said="$name $version did not become well within $health_max s (${why:-it said nothing})"
  if systemctl is-failed --quiet "$name.service"; then said="$name $version has ended (${why:-it said nothing})"; fi
  if [ -d "$data.before" ] && [ "$can_restore" = 0 ]; then
    fail "$said, and stays: the core has run since $data.before was copied ($(sed -n 3p "$data.before/copied-for" 2>/dev/null)), and what was written since would be lost. To go back all the same: systemctl stop $name, mv $data $data.failed, mv $data.before $data, and install $(sed -n 1p "$data.before/copied-for" 2>/dev/null). Its log: journalctl -u $name"
  fi
  if [ -z "$before" ] || [ "$before" = "$version" ] || [ ! -d "$home/$before" ]; then
    fail "$said, and there is no other to go back to. Its log: journalctl -u $name"
  fi
  # Half of a going back is no state to be left in.
  trap '' HUP INT TERM
  systemctl stop "$name.service"
  switch_to "$before"
  rm -f -- "$home/on-trial"
  if [ "$can_restore" = 1 ]; then restore_data; fi
  unit_of_current
  systemctl restart "$name.service"
  trap 'exit 1' HUP INT TERM
  is_well || fail "$said; $before was started again, and is not well either ($(sed -n '$p' "$work/health")). The log: journalctl -u $name"
  fail "$said; $before runs again. The log: journalctl -u $name"
}

# Between the renames no data are in place; a machine that goes down there starts nothing on none.
restore_data() {
  if [ -d "$data.failed" ]; then set_aside "$data.failed"; fi
  systemctl disable --quiet "$name.service"
  : >"$home/going-back"
  mv -T -- "$data" "$data.failed"
  put_back
  systemctl enable --quiet "$name.service"
  said="$said; what it made of the data is in $data.failed"
}

put_back() {
  mv -T -- "$data.before" "$data"
  rm -f -- "$data/copied-for" "$home/going-back"
}

plain_hint() {
  if [ "$component" = agent ]; then
    say "start it as a user that may read $CONFIG_DIR: $bin_dir/$name run --config $CONFIG_DIR/agent.json"
  else
    say "start it with: $bin_dir/$name serve"
  fi
}

# What something is mounted on can be emptied, which rm does, but not removed.
remove_tree() {
  if rm -rf -- "$1" 2>/dev/null; then return 0; fi
  left=$(find "$1" ! -type d | sed -n 1p)
  [ -z "$left" ] || fail "$left cannot be removed; the rest of $1 is"
  say "$1 is emptied; what is mounted there stays"
}

remove_all() {
  if [ "$has_systemd" = 1 ] && [ -e "$unit" ]; then
    do_it systemctl disable --quiet --now "$name.service"
  fi
  do_it rm -f -- "$unit"
  [ "$has_systemd" = 0 ] || do_it systemctl daemon-reload
  if [ "$(readlink "$bin_dir/$name" 2>/dev/null)" = "$home/current/$name" ]; then do_it rm -f -- "$bin_dir/$name"; fi
  do_it rm -rf -- "$home"
  if [ "$purge" = 1 ]; then
    for each in "$STATE_DIR/$component" "$data" "$data".before* "$data.copying" "$data".failed*; do do_it remove_tree "${each:?}"; done
    if [ "$component" = agent ]; then
      for each in agent.json agent.pem agent-key.pem root.pem; do do_it rm -rf -- "$CONFIG_DIR/$each" "$CONFIG_DIR/$each".*; done
    else
      do_it rm -f -- "$CONFIG_DIR/core.env"
      do_it remove_tree "$CACHE_DIR"
      do_it remove_tree "$STATE_DIR/pg"
    fi
    # Others' files keep their folders.
    for each in "$CONFIG_DIR" "$STATE_DIR" "$ROOT_DIR"; do do_it rmdir -- "$each" 2>/dev/null || true; done
    say "$name is removed, with its configuration and data"
  else
    say "$name is removed; configuration and data stay in $CONFIG_DIR and $STATE_DIR/$component"
  fi
}

main "$@"
