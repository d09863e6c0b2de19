/** What install.sh's flags make it do and leave, where systemd is and where nothing is to be started. */
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { host } from "./host-without-root.ts";

const skip = process.platform === "linux" ? false : "install.sh is for Linux";
const AGENT = "--component agent";

/** What systemd was told, without the names of units. */
function told(out: string): readonly string[] {
  return [...out.matchAll(/^systemctl (\S+)/gm)].map(([, verb = ""]) => verb);
}

test(
  "an agent is enrolled once, by the token's file and at the core that is named, and then started",
  { skip },
  async (t) => {
    const on = await host(t);
    writeFileSync(on.path("token"), "a secret");
    const enrol = `--enroll-token-file ${on.path("token")} --core-url https://core:8443`;
    assert.match(on.install("1.0.0", enrol).out, /--enroll-token-file is for agents/);
    const first = on.install("1.0.0", `${AGENT} ${enrol}`);
    assert.ok(first.ok, first.out);
    assert.ok(told(first.out).includes("restart"));
    const again = on.install("1.0.0", `${AGENT} ${enrol}`);
    assert.match(again.out, /enrolled already .* the token was not used/);
    assert.equal(
      readFileSync(on.path("enrolled"), "utf8"),
      `enroll --token-file ${on.path("token")} --core-url https://core:8443 --dir ${on.path("etc")}\n`,
    );
  },
);

test(
  "--no-service makes no unit and says how to start it; --no-start makes one and starts nothing",
  { skip },
  async (t) => {
    const on = await host(t);
    const plain = on.install("1.0.0", `${AGENT} --no-service`);
    assert.ok(plain.ok, plain.out);
    assert.match(plain.out, /start it as a user .*: \S+\/serviceradar-agent run --config /);
    assert.deepEqual(told(plain.out), []);
    assert.ok(on.has("usr/serviceradar-agent") && !on.has("units/serviceradar-agent.service"));
    writeFileSync(on.path("etc/agent.json"), "{}");
    const resting = on.install("1.0.0", `${AGENT} --no-start`);
    assert.ok(resting.ok, resting.out);
    assert.deepEqual(told(resting.out), ["daemon-reload"]);
    assert.equal(statSync(on.path("units/serviceradar-agent.service")).mode & 0o777, 0o644);
    assert.ok(!on.has("serviceradar-agent"));
  },
);

test("only what changed is started anew, be it the program or its unit", { skip }, async (t) => {
  const on = await host(t);
  assert.deepEqual(told(on.install("1.0.0").out), ["enable", "is-active"]);
  assert.equal(on.rows(), "1.0.0");
  appendFileSync(on.path("units/serviceradar-core.service"), "# by hand\n");
  assert.ok(told(on.install("1.0.0").out).includes("restart"));
  assert.equal(on.rows(), "1.0.0 1.0.0");
  writeFileSync(on.path("etc/agent.json"), "{}");
  for (const version of ["1.0.0", "1.1.0"]) {
    const { ok, out } = on.install(version, AGENT);
    assert.ok(ok, out);
    assert.match(out, /^systemctl restart serviceradar-agent\.service$/m);
  }
  assert.deepEqual([on.current(), on.rows()], ["1.0.0", "1.0.0 1.0.0"], "the core ran on");
});
