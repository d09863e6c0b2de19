import assert from "node:assert/strict";
import { test } from "node:test";

import { runAgentCommand } from "../../src/cli/agent-commands.ts";
import { asCalled, invocation } from "../../src/cli/invocation.ts";
import { runCore } from "../support/core-cli.ts";

test("what npm runs is called by its script, also by the other one, and a package's by its name", () => {
  for (const npm_lifecycle_event of ["core", "agent"]) {
    const env = { npm_lifecycle_event };
    assert.equal(invocation("serviceradar-core", env), "npm run -s core --");
    assert.equal(invocation("serviceradar-agent", env), "npm run -s agent --");
  }
  assert.equal(invocation("serviceradar-core", {}), "serviceradar-core");
  assert.equal(
    invocation("serviceradar-agent", { npm_lifecycle_event: "test" }),
    "serviceradar-agent",
  );
});

test("what a core says to type is said as commands are typed here, and nothing else is changed", async () => {
  const call = "npm run -s core --";
  const said = "make it first with: serviceradar-core agent create";
  assert.equal(asCalled(said, call), "make it first with: npm run -s core -- agent create");
  assert.equal(asCalled("serviceradar-agent enroll", call), "npm run -s agent -- enroll");
  assert.equal(asCalled(said, "serviceradar-core"), said);
  for (const other of ["another serviceradar-core (process 7)", "/opt/serviceradar-core serve"]) {
    assert.equal(asCalled(other, call), other);
  }
  const core = await runCore(["devices", "list", "--data-dir", "/nonexistent"], {
    env: { npm_lifecycle_event: "core" },
  });
  assert.match(core.err, /start one there with: npm run -s core -- serve$/);
});

test("help and complaints of both executables say what can be typed in a checkout", async () => {
  const core = await runCore(["source", "apply"], { env: { npm_lifecycle_event: "core" } });
  assert.match(core.err, /^"npm run -s core -- source apply --help" says what there is\.$/m);
  const out: string[] = [];
  await runAgentCommand(["run", "--help"], {
    env: { npm_lifecycle_event: "agent" },
    stopSignal: () => new AbortController().signal,
    print: (line) => void out.push(line),
    printError: (line) => void out.push(line),
  });
  assert.match(out.join("\n"), /^Usage: npm run -s agent -- run \[--config FILE\]/m);
});
