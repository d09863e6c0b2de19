/**
 * install.sh in a minimal Debian without a network. Releases are made here, with programs of a few lines that say how they are; their
 * archives and signatures are real.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { minisignSignature, rawSignature } from "../../build/release/signing.ts";
import {
  inside,
  releasesFolder,
  skipWithoutRoot as skip,
  systemctl,
  type Ran,
} from "./minimal-root.ts";
import { archiveOf, newKey, writeRelease } from "./test-release.ts";

const key = newKey();
const SYSTEMCTL = `${await systemctl("notes")}
  echo '{"mine": true}' >/etc/serviceradar/agent.json`;

/** A release of an agent whose `status` ends with this code, in a folder of the version's name. */
async function release(dir: string, version: string, status = 0): Promise<string> {
  const program = `#!/bin/sh\ncase $1 in version) echo ${version} ;; status) echo "$1 $2 $3" >&2; exit ${status} ;; esac\n`;
  const programs = { agent: { "serviceradar-agent": Buffer.from(program) } };
  return await writeRelease(dir, { version, programs, key });
}

const install = (version: string, more = ""): string =>
  `sh /media/${version}/install.sh --component agent --from /media/${version} ${more}`;

test(
  "a first install without a network runs, a second changes nothing, and uninstalling leaves nothing but what is the operator's",
  { skip },
  async (t) => {
    const dir = await releasesFolder(t);
    await release(dir, "1.0.0");
    const { code, out } = inside(
      dir,
      `set -e
     ${install("1.0.0", "--dry-run")}
     [ ! -e /opt/serviceradar ]
     ${install("1.0.0")}
     [ "$(serviceradar-agent version)" = 1.0.0 ]
     [ "$(stat -c %U:%G:%a /etc/serviceradar)" = root:serviceradar:770 ]
     touch /etc/serviceradar/agent.json
     ${install("1.0.0")}
     ${install("1.0.0", "--uninstall")}
     [ ! -e /opt/serviceradar/agent ] && [ ! -e /usr/local/bin/serviceradar-agent ]
     [ -e /etc/serviceradar/agent.json ]
     ${install("1.0.0", "--uninstall --purge")}
     [ ! -e /etc/serviceradar/agent.json ]`,
    );
    assert.equal(code, 0, out);
    assert.match(out, /would: install_files/);
    assert.match(out, /signature and sha256 are good/);
    assert.match(out, /start it as a user/);
    assert.match(out, /1\.0\.0 is installed already/);
  },
);

test(
  "an upgrade switches over and keeps the configuration; one that is not well is taken back",
  { skip },
  async (t) => {
    const dir = await releasesFolder(t);
    await release(dir, "1.0.0");
    await release(dir, "1.1.0");
    await release(dir, "1.2.0", 1);
    const { code, out } = inside(
      dir,
      `set -e
     ${SYSTEMCTL}
     ${install("1.0.0")}
     ${install("1.1.0")}
     [ "$(serviceradar-agent version)" = 1.1.0 ]
     ! ${install("1.2.0", "--health-max 1")}
     [ "$(serviceradar-agent version)" = 1.1.0 ]
     [ -d /opt/serviceradar/agent/1.0.0 ]
     grep -q mine /etc/serviceradar/agent.json`,
    );
    assert.equal(code, 0, out);
    assert.match(
      out,
      /1\.2\.0 did not become well within 1 s \(status --delivering --config\); 1\.1\.0 runs again/,
    );
    const restarts = out.match(/^systemctl restart serviceradar-agent.service$/gm) ?? [];
    assert.equal(restarts.length, 4);
  },
);

test(
  "nothing is installed of a release that was changed, or that another key has signed",
  { skip },
  async (t) => {
    const dir = await releasesFolder(t);
    const archive = await release(dir, "1.0.0");
    await writeFile(join(archive, archiveOf("agent", "1.0.0")), "other");
    const list = await release(dir, "1.1.0");
    await writeFile(
      join(list, "SHA256SUMS"),
      (await readFile(join(list, "SHA256SUMS"), "utf8")) + "\n",
    );
    const foreign = await release(dir, "1.2.0");
    const sums = await readFile(join(foreign, "SHA256SUMS"));
    await writeFile(join(foreign, "SHA256SUMS.sig"), rawSignature(sums, newKey()));
    const cases = [
      ["1.0.0", /is not what was released/],
      ["1.1.0", /is not signed with the key of the release: nothing was installed/],
      ["1.2.0", /is not signed with the key of the release: nothing was installed/],
    ] as const;
    for (const [version, why] of cases) {
      const { code, out } = inside(
        dir,
        `! ${install(version)} && [ ! -e /opt/serviceradar ] && [ ! -e /usr/local/bin/serviceradar-agent ]`,
      );
      assert.equal(code, 0, out);
      assert.match(out, why);
    }
  },
);

test("a system without glibc is told so, and so is one with an old one", { skip }, async (t) => {
  const dir = await releasesFolder(t);
  await release(dir, "1.0.0");
  const withGetconf = (says: string): Ran =>
    inside(
      dir,
      `printf '#!/bin/sh\\n${says}\\n' >/usr/local/bin/getconf; chmod 755 /usr/local/bin/getconf
       PATH=/usr/local/bin:$PATH ${install("1.0.0")}`,
    );
  const musl = withGetconf("exit 1");
  assert.equal(musl.code, 1);
  assert.match(musl.out, /this system has no glibc \(Alpine/);
  assert.match(withGetconf("echo glibc 2.17").out, /glibc 2\.17 is too old, 2\.28 is needed/);
});

for (const [tool, other] of [
  ["curl", "wget"],
  ["wget", "curl"],
] as const) {
  test(
    `with ${tool} alone a release is had from its address, by one line through a pipe`,
    { skip },
    async (t) => {
      const dir = await releasesFolder(t);
      await release(dir, "1.0.0");
      await release(dir, "1.1.0");
      await writeFile(join(dir, "1.1.0", "SHA256SUMS.sig"), "");
      const fetched = { curl: "curl -fsS", wget: "wget -q -O -" }[tool];
      const { code, out } = inside(
        dir,
        `set -e
     mount --bind /dev/null /usr/bin/${other}
     ! command -v ${other}
     url=$(sed -n 's/.*"url":"\\([^"]*\\)".*/\\1/p' /run/beside.json)
     ${fetched} "$url/1.0.0/install.sh" | sh -s -- --component agent --base-url "$url/1.0.0"
     [ "$(serviceradar-agent version)" = 1.0.0 ]
     ! sh /media/1.0.0/install.sh --component agent --base-url "$url" --version 1.1.0
     ! sh /media/1.0.0/install.sh --component agent --base-url "$url/nowhere"
     [ "$(serviceradar-agent version)" = 1.0.0 ]`,
        `${process.execPath} test/package/file-server.ts ${dir}`,
      );
      assert.equal(code, 0, out);
      assert.match(
        out,
        /SHA256SUMS is not signed with the key of the release: nothing was installed/,
      );
      assert.match(out, /nowhere\/SHA256SUMS cannot be had/);
    },
  );
}

test("minisign finds the signatures good, and those of changed files bad", { skip }, async (t) => {
  const dir = await releasesFolder(t);
  const [file, publicKey] = [join(dir, "SHA256SUMS"), join(dir, "key.pub")];
  const list = Buffer.from("a list\n");
  await writeFile(file, list);
  await writeFile(`${file}.minisig`, minisignSignature(list, key, "serviceradar-sync 1.0.0"));
  await writeFile(publicKey, key.minisignPublic);
  const check = (): Ran => {
    const { status, stdout, stderr } = spawnSync("minisign", ["-V", "-p", publicKey, "-m", file], {
      encoding: "utf8",
    });
    return { code: status, out: stdout + stderr };
  };
  const good = check();
  assert.equal(good.code, 0, good.out);
  assert.match(good.out, /Trusted comment: serviceradar-sync 1\.0\.0/);
  await writeFile(file, "another list\n");
  assert.notEqual(check().code, 0);
});

test(
  "an upgrade that was cut off in its trial is judged when it is tried again",
  { skip },
  async (t) => {
    const dir = await releasesFolder(t);
    await release(dir, "1.0.0");
    await release(dir, "1.1.0", 1);
    const { code, out } = inside(
      dir,
      `set -e
     ${SYSTEMCTL}
     ${install("1.0.0")}
     ${install("1.1.0", "--health-max 600")} & installer=$!
     until [ "$(readlink /opt/serviceradar/agent/current)" = 1.1.0 ]; do sleep 0.1; done
     kill -TERM "$installer"
     ! wait "$installer"
     [ "$(serviceradar-agent version)" = 1.1.0 ]
     ! ${install("1.1.0", "--health-max 1")}
     [ "$(serviceradar-agent version)" = 1.0.0 ]`,
    );
    assert.equal(code, 0, out);
    assert.match(out, /1\.1\.0 is installed already/);
    assert.match(out, /1\.0\.0 was started again, and is not well|1\.0\.0 runs again/);
  },
);

test(
  "releases older than the one before are removed, and with nobody asked an upgrade counts at once",
  { skip },
  async (t) => {
    const dir = await releasesFolder(t);
    await release(dir, "1.0.0");
    await release(dir, "1.1.0");
    await release(dir, "1.2.0", 1);
    const { code, out } = inside(
      dir,
      `set -e
     ${SYSTEMCTL}
     ${install("1.0.0")}
     ${install("1.1.0")}
     ${install("1.2.0", "--health-max 0")}
     [ "$(serviceradar-agent version)" = 1.2.0 ]
     [ "$(ls /opt/serviceradar/agent | tr '\\n' ' ')" = "1.1.0 1.2.0 current " ]`,
    );
    assert.equal(code, 0, out);
  },
);

test(
  "an agent that is not enrolled is switched over without a trial, so that a later run leaves it alone",
  { skip },
  async (t) => {
    const dir = await releasesFolder(t);
    await release(dir, "1.0.0");
    await release(dir, "1.1.0", 1);
    const { code, out } = inside(
      dir,
      `set -e
     ${SYSTEMCTL}
     rm /etc/serviceradar/agent.json
     ${install("1.0.0")}
     ${install("1.1.0")}
     [ "$(serviceradar-agent version)" = 1.1.0 ]
     [ ! -e /opt/serviceradar/agent/on-trial ]
     touch /etc/serviceradar/agent.json
     sed -i 's/is-\\*) exit 1/is-failed) exit 1/' /usr/local/bin/systemctl
     ${install("1.1.0", "--health-max 1")}
     [ "$(serviceradar-agent version)" = 1.1.0 ]`,
    );
    assert.equal(code, 0, out);
    assert.match(out, /not started: enrol this host first/);
    assert.doesNotMatch(out, /systemctl restart/);
  },
);

test(
  "a core's data on a mount point are refused before anything is stopped, and a purge empties it",
  { skip },
  async (t) => {
    const dir = await releasesFolder(t);
    for (const version of ["1.0.0", "1.1.0"]) {
      const program = `#!/bin/sh\n[ $1 != version ] || echo "serviceradar-core ${version} (schema ${version})"\n`;
      const programs = { core: { "serviceradar-core": Buffer.from(program) } };
      await writeRelease(dir, { version, programs, key });
    }
    const installCore = (version: string): string =>
      install(version).replace("component agent", "component core");
    const { code, out } = inside(
      dir,
      `set -e
   ${SYSTEMCTL}
   mkdir -p /var/lib/serviceradar/core
   mount -t tmpfs tmpfs /var/lib/serviceradar/core
   mkdir -p /var/lib/serviceradar/core/postgres
   ${installCore("1.0.0")}
   ! ${installCore("1.1.0")}
   [ "$(serviceradar-core version)" = "serviceradar-core 1.0.0 (schema 1.0.0)" ]
   echo a row >/var/lib/serviceradar/core/postgres/1
   ${installCore("1.0.0")} --uninstall --purge
   mountpoint -q /var/lib/serviceradar/core
   [ -z "$(ls -A /var/lib/serviceradar/core)" ] && [ ! -e /opt/serviceradar ]`,
    );
    assert.equal(code, 0, out);
    assert.match(out, /serviceradar\/core is a mount point, so a copy could not take its place/);
    assert.doesNotMatch(out, /systemctl stop/);
  },
);
