/** A core that says yes to everything and writes down what it was asked, for tests of what commands ask. */
import { mkdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";

import { socketPathOf } from "../../src/cli/core-link.ts";
import { VERSION } from "../../src/lib/version.ts";

/** A request as it came. */
export interface AskedOfCore {
  /** "GET /api/v1/tenants/1/runs" */
  readonly line: string;
  /** Members of the query and of a JSON body. */
  readonly members: Readonly<Record<string, unknown>>;
  /** The whole of it. */
  readonly whole: string;
}

/** Whatever a command looks for in an answer before it goes on. */
const ANSWER = {
  version: VERSION,
  tenants: [{ slug: "1" }],
  agents: [{ agent_id: "1", state: "online" }],
  agent: { agent_id: "1", partition: "default" },
  bundle: { private_key_pem: "1", root_pem: "1", chain_pem: "1", server_name: "1" },
  authorities: [{ no: 1, spki_sha256: "1" }],
  evidence: [{ record_no: 1, native_id: "1", source: "1" }],
  name: "1",
  state: "done",
  outcome: "success",
  passed: true,
  ended_at: "2026-01-01T00:00:00Z",
  run_id: "1",
  run_no: 1,
  rehearsal_no: 1,
  command_id: "1",
  unpublished: 0,
  waiting: 0,
  entries: 1,
  runs: [],
  devices: [],
  refusals: [],
  retractions: [],
  refused: [],
  differences: {},
  rows: [],
  message_base64: "",
};

/** Listens on a data folder's socket, as a core does. `take` gives what was asked since it was called last. */
export async function recordingCore(
  t: TestContext,
  dataDir: string,
): Promise<{ readonly take: () => readonly AskedOfCore[] }> {
  let asked: AskedOfCore[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const url = new URL(request.url ?? "/", "http://core");
    const json: unknown = body === "" ? {} : JSON.parse(body);
    const members = { ...Object.fromEntries(url.searchParams), ...(json as object) };
    const line = `${request.method} ${url.pathname}`;
    if (url.pathname !== "/healthz") {
      asked.push({ line, members, whole: `${line}${url.search} ${body}` });
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(ANSWER));
  };
  const server = createServer((request, response) => void answer(request, response));
  const path = socketPathOf(dataDir);
  await mkdir(dirname(path), { recursive: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => server.close());
  return {
    take: () => {
      const taken = asked;
      asked = [];
      return taken;
    },
  };
}
