/**
 * A host to run install.sh on without root: its folders lie in one of the test's own, and small programs stand for systemctl and for what
 * needs root. The releases' programs are of a few lines.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, readFile, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

import { sha256Hex } from "../../src/lib/hash.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { newKey, writeRelease } from "./test-release.ts";

const key = newKey();

/** A core whose data is a list of the releases that ran on it, and which ends what it serves at once. */
const core = (version: string, schema: string): string => `#!/bin/sh
case $1 in
  version) echo "serviceradar-core ${version} (schema ${schema})" ;;
  health)
    case health in $CUT) kill -"$SIGNAL" "$PPID" ;; esac
    echo "health of ${version}"; [ ! -e "@/unwell-${version}" ] ;;
  serve)
    mkdir -p "@/lib/core/postgres/global"
    echo ${version} >>"@/lib/core/rows"
    date +%N >>"@/lib/core/postgres/global/pg_control" ;;
esac
`;

/** An agent that notes how it is enrolled. */
const agent = (version: string): string => `#!/bin/sh
case $1 in
  version) echo ${version} ;;
  enroll)
    echo "$@" >>"@/enrolled"
    echo '{}' >"@/etc/agent.json"
    echo a key >"@/etc/agent-key.pem" ;;
esac
`;

/** Stand-ins by name; "@" is the test's folder. A step that fits $CUT is cut off by $SIGNAL (none: it fails), the installer with it. */
const CUTTABLE = `#!/bin/sh
name=$(basename "$0")
case "$name $*" in
  $CUT)
    for last; do :; done
    [ "$name" = mv ] || mkdir "$last"
    [ -z "$SIGNAL" ] || kill -"$SIGNAL" "$PPID"
    exit 1 ;;
esac
exec "/bin/$name" "$@"
`;
const STAND_INS: Readonly<Record<string, string>> = {
  id: '#!/bin/sh\n[ "$1" != -u ] || echo 0\n',
  chown: "#!/bin/sh\n",
  // A release that is not well need not be waited for.
  sleep: "#!/bin/sh\n",
  mountpoint: '#!/bin/sh\n[ "$3" = "$MOUNTED" ]\n',
  cp: CUTTABLE,
  mv: CUTTABLE,
  systemctl: `#!/bin/sh
echo "systemctl $*"
for unit; do :; done
name=\${unit%.service}
case $1 in
  start | restart) touch "@/$name"; "@/opt/\${name#serviceradar-}/current/$name" serve ;;
  stop) rm -f "@/$name" ;;
  is-active) [ -e "@/$name" ] ;;
  is-failed) exit 1 ;;
esac
`,
};

/** A host with releases 1.0.0 (schema 1), 1.1.0 and 1.2.0 (schemas 2 and 3), of which the first one's core is installed. */
export async function host(t: TestContext) {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "upgrade-")));
  t.after(() => removeFolder(dir));
  const put = async (path: string, text: string, mode = 0o755): Promise<void> =>
    writeFile(join(dir, path), text.replaceAll("@/", `${dir}/`), { mode });
  for (const folder of ["bin", "lib", "media"]) mkdirSync(join(dir, folder));
  for (const [name, text] of Object.entries(STAND_INS)) await put(`bin/${name}`, text);
  const sums = new Map<string, string>();
  for (const [version, schema] of [
    ["1.0.0", "1"],
    ["1.1.0", "2"],
    ["1.2.0", "3"],
  ] as const) {
    const here = (text: string): Buffer => Buffer.from(text.replaceAll("@/", `${dir}/`));
    const programs = {
      agent: { "serviceradar-agent": here(agent(version)) },
      core: { "serviceradar-core": here(core(version, schema)) },
    };
    const out = await writeRelease(join(dir, "media"), { version, programs, key });
    sums.set(version, sha256Hex(await readFile(join(out, "SHA256SUMS"))));
  }
  const installer = (await readFile(new URL("../../install.sh", import.meta.url), "utf8"))
    .replace("/opt/serviceradar", `${dir}/opt`)
    .replace("/etc/serviceradar", `${dir}/etc`)
    .replace("/var/lib/serviceradar", `${dir}/lib`)
    .replace("/etc/systemd/system", `${dir}/units`)
    .replaceAll("/run/systemd/system", dir);
  await put("install.sh", installer);

  /** Installs a release's core, unless the flags say another component; what is set says where it is cut off. */
  const install = (version: string, flags = "", set: Readonly<Record<string, string>> = {}) => {
    const args = ["--component", "core", "--bin-dir", join(dir, "usr")];
    const from = ["--from", join(dir, "media", version), "--sha256", sums.get(version) ?? ""];
    const more = flags === "" ? [] : flags.split(" ");
    const { status, signal, stdout, stderr } = spawnSync(
      "sh",
      [join(dir, "install.sh"), ...args, ...from, "--health-max", "1", ...more],
      {
        encoding: "utf8",
        env: { PATH: `${dir}/bin:${process.env["PATH"] ?? ""}`, LC_ALL: "C", CUT: "-", ...set },
      },
    );
    return { ok: status === 0, ended: signal ?? status, out: stdout + stderr };
  };
  const path = (name: string): string => join(dir, name);
  const has = (name: string): boolean => existsSync(path(name));
  /** The releases that wrote to data of this name, or undefined where there are none. */
  const rows = (name = "core"): string | undefined =>
    has(`lib/${name}/rows`)
      ? readFileSync(path(`lib/${name}/rows`), "utf8")
          .trim()
          .replaceAll("\n", " ")
      : undefined;
  const first = install("1.0.0");
  assert.ok(first.ok, first.out);
  return {
    path,
    has,
    rows,
    install,
    /** What lies beside the data. */
    beside: () =>
      readdirSync(path("lib"))
        .toSorted()
        .filter((name) => name !== "core"),
    /** The dated name that data were moved aside to. */
    aside: (name: string) =>
      readdirSync(path("lib")).find((each) => each.startsWith(`${name}-`)) ?? "",
    current: () =>
      readFileSync(path("opt/core/current/serviceradar-core"), "utf8").match(/core (\S+)/)?.[1],
    /** The release is started, and the installer cut off while it asks how it is. */
    cutInTrial: (version: string) => install(version, "", { CUT: "health", SIGNAL: "KILL" }),
    unwell: (version: string, is = true) =>
      is
        ? mkdirSync(path(`unwell-${version}`))
        : rmSync(path(`unwell-${version}`), { recursive: true }),
    /** What a running core does in weeks. */
    runs: () => spawnSync(path("opt/core/current/serviceradar-core"), ["serve"]),
  };
}
