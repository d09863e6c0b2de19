/** The programs as they are installed: the built files in a minimal Debian, from their first start through upgrades to their removal. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { executable, skipWithout } from "../support/executables.ts";
import { inside, releasesFolder, skipWithoutRoot, systemctl } from "./minimal-root.ts";
import { newKey, writeRelease } from "./test-release.ts";

const skip = skipWithoutRoot === false ? skipWithout("core") : skipWithoutRoot;
/** A minute on an idle machine, ms. */
const LIFE_MAX_MS = 1_200_000;
const NETBOX = `${process.execPath} test/fakes/netbox-server.ts --devices 1000 --seed 1`;

/** A core that says it has another schema, spoils its data and ends. */
const SPOILER = `#!/bin/sh
case $1 in
  version) echo "serviceradar-core 1.2.0 (schema 9999-other)" ;;
  serve) touch /var/lib/serviceradar/core/spoilt && rm -rf /var/lib/serviceradar/core/postgres/base && exit 1 ;;
  *) exec "$(dirname "$(readlink -f "$0")")/real" "$@" ;;
esac
`;

test(
  "both programs are installed, sync, are upgraded, taken back, killed, ended and removed, as the built files",
  { skip, timeout: LIFE_MAX_MS },
  async (t) => {
    const dir = await releasesFolder(t);
    const [agent, core] = [
      await readFile(await executable("agent")),
      await readFile(await executable("core")),
    ];
    const key = newKey();
    const good = { agent: { "serviceradar-agent": agent }, core: { "serviceradar-core": core } };
    for (const version of ["1.0.0", "1.1.0"]) {
      await writeRelease(dir, { version, key, programs: good });
    }
    const spoiler = { "serviceradar-core": Buffer.from(SPOILER), real: core };
    await writeRelease(dir, { version: "1.2.0", key, programs: { ...good, core: spoiler } });
    const life = await readFile(new URL("./whole-life.sh", import.meta.url), "utf8");
    const { code, out } = inside(dir, `${await systemctl("starts")}\n${life}`, NETBOX);
    assert.equal(code, 0, out);
    assert.equal(out.match(/^== /gm)?.length, life.match(/^held "/gm)?.length, out);
  },
);
