/** How each fault of a soak is made, and what runs on after it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import type { Program } from "../../build/process/program.ts";
import type { Cable } from "../e2e/cable.ts";
import type { Installation, TestTenant } from "../e2e/installation.ts";
import type { Fault } from "./plan.ts";

/** What is soaked. */
export type Soak = {
  readonly installation: Installation;
  readonly tenant: TestTenant;
  readonly cable: Cable;
  agent: Program;
};

/** Makes a fault; resolves once what can run runs again. */
export const BREAK: Readonly<Record<Fault, (at: Soak, lastsMs: number) => Promise<void>>> = {
  "agent killed": async (at) => {
    await at.agent.kill();
    at.agent = at.installation.startAgent(at.tenant);
  },
  "agent frozen": async ({ agent }, lastsMs) => await frozen(agent, lastsMs),
  "core killed": async ({ installation: { stage } }) => {
    await stage.core.kill();
    await stage.restart();
  },
  "core killed as it starts": async ({ installation: { stage } }, lastsMs) => {
    await stage.core.kill();
    const starting = stage.restart().catch(() => undefined);
    await setTimeout(lastsMs);
    await stage.core.kill();
    await starting;
    await stage.restart();
  },
  "core frozen": async ({ installation: { stage } }, lastsMs) => await frozen(stage.core, lastsMs),
  "database killed": async ({ installation: { stage } }) => {
    process.kill(postmaster(stage.dataDir), "SIGKILL");
    const code = await stage.core.ended();
    assert.equal(code, 1, "a core without its database ends with 1");
    await stage.restart();
  },
  "line cut": async ({ cable }) => {
    cable.cut();
    await Promise.resolve();
  },
  "line held": async ({ cable }, lastsMs) => {
    cable.hold(true);
    await setTimeout(lastsMs);
    cable.hold(false);
  },
};

async function frozen(program: Program, lastsMs: number): Promise<void> {
  program.freeze(true);
  await setTimeout(lastsMs);
  program.freeze(false);
}

function postmaster(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10);
}
