/** Sessions in a minimal Debian without a network, which .ci/run makes: what one installs goes with it. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

import { ROOT as CHECKOUT } from "../../build/process/command-of.ts";
import { removeFolder } from "../support/remove-folder.ts";

const ROOT = process.env["SERVICERADAR_TEST_ROOT"] ?? "";

/** Why there can be no session; false: there can. */
export const skipWithoutRoot =
  ROOT !== "" && process.getuid?.() === 0
    ? false
    : "needs root and SERVICERADAR_TEST_ROOT, a minimal Debian as .ci/run makes";

/**
 * Runs a script inside: processes and network of its own, where only what it starts can be reached. `$2` is seen as /media, and a program
 * of the checkout may run beside, outside of the minimal system; the first line that it prints is in /run/beside.json.
 */
const SESSION = `
  set -eu
  ip link set lo up
  for folder in opt etc/serviceradar etc/systemd/system usr/local/bin var/lib/serviceradar var/cache tmp run dev/shm; do
    mkdir -p "$1/$folder"
    mount -t tmpfs -o mode=755 tmpfs "$1/$folder"
  done
  chmod 1777 "$1/tmp" "$1/dev/shm"
  mount -t proc proc "$1/proc"
  mkdir -p "$1/media"
  mount --bind "$2" "$1/media"
  if [ -n "$4" ]; then
    cd "$5"
    sh -c "exec $4" >"$1/run/beside.json" &
    echo "$!" >"$1/run/beside.pid"
    while [ ! -s "$1/run/beside.json" ]; do sleep 0.1; done
  fi
  exec chroot "$1" /bin/sh -c "$3"`;

/** What a session left behind. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
}

/** Runs a script in a session of its own. `beside` is a command line. */
export function inside(releases: string, script: string, beside = ""): Ran {
  const spaces = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
  const args = [...spaces, "sh", "-c", SESSION, "sh", ROOT, releases, script, beside, CHECKOUT];
  const { status, stdout, stderr } = spawnSync("unshare", args, {
    encoding: "utf8",
    // The session's programs inherit no more than a console's would.
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
  return { code: status, out: stdout + stderr };
}

/** An empty folder for releases, removed after the test. */
export async function releasesFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "releases-"));
  t.after(() => removeFolder(dir));
  return dir;
}

/** Shell lines that put a stand-in for systemd into the session, one that notes or one that starts. */
export async function systemctl(kind: "notes" | "starts"): Promise<string> {
  const text =
    kind === "starts"
      ? await readFile(new URL("./systemctl.sh", import.meta.url), "utf8")
      : '#!/bin/sh\necho "systemctl $*"\ncase $1 in is-*) exit 1 ;; esac\n';
  return `
  mkdir -p /run/systemd/system
  cat >/usr/local/bin/systemctl <<'SYSTEMCTL'
${text}SYSTEMCTL
  chmod 755 /usr/local/bin/systemctl
  PATH=/usr/local/bin:$PATH`;
}
