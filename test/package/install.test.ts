/**
 * install.sh in a minimal Debian without a network, which .ci/run makes. Each test is one session there, and what it installs goes with
 * it. Releases are made here, with programs of a few lines that say how they are; their archives and signatures are real.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";

import { tarOf } from "../../build/package/tar.ts";
import { rawSignature, releaseKey, withKey, type ReleaseKey } from "../../build/release/signing.ts";
import { unitOf } from "../../build/release/units.ts";
import { sha256Hex } from "../../src/lib/hash.ts";
import { removeFolder } from "../support/remove-folder.ts";

const ROOT = process.env["SERVICERADAR_TEST_ROOT"] ?? "";
const skip =
  ROOT !== "" && process.getuid?.() === 0
    ? false
    : "needs root and SERVICERADAR_TEST_ROOT, a minimal Debian as .ci/run makes";
const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64";

/** Runs a script inside: no network, nothing of it stays but the user that it makes. */
const SESSION = `
  set -eu
  for folder in opt etc/serviceradar etc/systemd/system usr/local/bin var/lib/serviceradar tmp run; do
    mkdir -p "$1/$folder"
    mount -t tmpfs tmpfs "$1/$folder"
  done
  mkdir -p "$1/media"
  mount --bind "$2" "$1/media"
  exec chroot "$1" /bin/sh -c "$3"`;

/** Stands for systemd: notes what is asked of it. */
const SYSTEMCTL = `
  mkdir -p /run/systemd/system
  printf '#!/bin/sh\\necho "systemctl $*"\\ncase $1 in is-*) exit 1 ;; esac\\n' >/usr/local/bin/systemctl
  chmod 755 /usr/local/bin/systemctl
  PATH=/usr/local/bin:$PATH
  mkdir -p /etc/serviceradar
  echo '{"mine": true}' >/etc/serviceradar/agent.json`;

type Ran = { readonly code: number | null; readonly out: string };

function inside(releases: string, script: string): Ran {
  const args = ["--net", "--mount", "sh", "-c", SESSION, "sh", ROOT, releases, script];
  const { status, stdout, stderr } = spawnSync("unshare", args, { encoding: "utf8" });
  return { code: status, out: stdout + stderr };
}

const key = newKey();

function newKey(): ReleaseKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  return releaseKey(String(privateKey.export({ type: "pkcs8", format: "pem" })));
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "releases-"));
  t.after(() => removeFolder(dir));
  return dir;
}

/** A release of an agent whose `status` ends with this code, in a folder of the version's name. */
async function release(dir: string, version: string, status = 0): Promise<string> {
  const program = `#!/bin/sh\ncase $1 in version) echo ${version} ;; status) echo "$1 $2 $3" >&2; exit ${status} ;; esac\n`;
  const name = `serviceradar-agent_${version}`;
  const text = (path: string, content: string, mode = 0o644) => ({
    path: `${name}/${path}`,
    bytes: Buffer.from(content),
    mode,
  });
  const files = [
    text("serviceradar-agent", program, 0o755),
    text("serviceradar-agent.service", unitOf("agent", "/usr/local/bin")),
  ];
  const archive = `${name}_linux_${ARCHITECTURE}.tar.gz`;
  const bytes = gzipSync(tarOf(files, 0));
  const sums = Buffer.from(`${sha256Hex(bytes)}  ${archive}\n`);
  const out = join(dir, version);
  await mkdir(out);
  await writeFile(join(out, archive), bytes);
  await writeFile(join(out, "SHA256SUMS"), sums);
  await writeFile(join(out, "SHA256SUMS.sig"), rawSignature(sums, key));
  const installer = await readFile(new URL("../../install.sh", import.meta.url), "utf8");
  await writeFile(join(out, "install.sh"), withKey(installer, key));
  return out;
}

const install = (version: string, more = ""): string =>
  `sh /media/${version}/install.sh --component agent --from /media/${version} ${more}`;

test(
  "a first install without a network runs, a second changes nothing, and uninstalling leaves nothing but what is the operator's",
  { skip },
  async (t) => {
    const dir = await folder(t);
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
    const dir = await folder(t);
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
    const dir = await folder(t);
    const archive = await release(dir, "1.0.0");
    await writeFile(
      join(archive, `serviceradar-agent_1.0.0_linux_${ARCHITECTURE}.tar.gz`),
      "other",
    );
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
  const dir = await folder(t);
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
