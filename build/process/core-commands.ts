import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { commandOf, ROOT } from "./command-of.ts";

const run = promisify(execFile);

/** The core's commands on one data folder, as an operator types them; `env` beside this process's own environment. */
export function coreCommands(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): (...args: readonly string[]) => Promise<unknown> {
  return async (...args) => {
    const command = ["src/bin/core.ts", ...args, "--data-dir", dataDir, "--json"];
    const [program = "", ...rest] = commandOf(command);
    const { stdout } = await run(program, rest, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 ** 2,
    });
    return JSON.parse(stdout) as unknown;
  };
}

/** GET requests to the REST API with a tenant's token. Throws what it answers, and where nobody answers. */
export function apiOf(
  base: string,
  { tenant, token }: { readonly tenant: string; readonly token: string },
): <T>(path: string, body?: unknown) => Promise<T> {
  return async <T>(path: string, body?: unknown) => {
    const authorization = `Bearer ${token}`;
    const posted = {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const request = body === undefined ? { headers: { authorization } } : posted;
    const answer = await fetch(`${base}/tenants/${tenant}${path}`, request);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
}
