/**
 * What an agent answers on its own host. By a socket that only its own user may open: everything, for commands. By a port, where
 * `metrics_listen` names one: /metrics, /healthz and /readyz, for those who watch it.
 */
import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { ConfigError, messageOf, SyncError } from "../lib/errors.ts";
import { parseListenAddress } from "../lib/listen-address.ts";
import { claimSocket } from "../lib/local-socket.ts";
import type { Log } from "../lib/log.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { metricsText } from "./metrics.ts";
import { isReady, reportOf, type AgentFacts } from "./report.ts";

/** The local socket of the agent that works with a data folder. */
export function agentSocketPath(dataDir: string): string {
  return join(dataDir, "run", "agent.sock");
}

/** What is served, and where. */
export interface LocalServerOptions {
  /** Undefined while the agent is being made. */
  readonly facts: () => AgentFacts | undefined;
  /** Undefined as long. */
  readonly diagnostics: () => Diagnostics | undefined;
  readonly dataDir: string;
  /** "host:port"; absent: no port. */
  readonly listen?: string | undefined;
  readonly log: Log;
}

/** Listeners that run. */
export interface LocalServer extends AsyncDisposable {
  /** "host:port" of the port, with the one that was taken where 0 was asked for. */
  readonly address: string | undefined;
}

/**
 * Begins to listen. Throws ConfigError naming `metrics_listen`, and SyncError "busy" where another agent works with the folder: the
 * two would pull every source twice. A folder in which no socket can be made costs the commands, not the agent.
 */
export async function serveLocally(options: LocalServerOptions): Promise<LocalServer> {
  const { facts, listen } = options;
  const local = await listenOnSocket(options);
  try {
    const port = listen === undefined ? undefined : await listenOnPort(facts, listen);
    return {
      address: port?.address,
      [Symbol.asyncDispose]: async () => {
        await Promise.all([local?.stop(), port?.stop()]);
      },
    };
  } catch (thrown) {
    await local?.stop();
    throw thrown;
  }
}

type Listener = { readonly address: string; readonly stop: () => Promise<void> };

async function listenOnSocket({
  facts,
  diagnostics,
  dataDir,
  log,
}: LocalServerOptions): Promise<Listener | undefined> {
  const path = agentSocketPath(dataDir);
  try {
    const claimed = await claimSocket(path);
    if (claimed === undefined) {
      const why = `another agent works with ${dataDir} (${path} answers); stop it, or name another data_dir`;
      throw new SyncError("busy", why, { retry: "permanent" });
    }
    const server = createServer(
      answering(facts, new Map([...PRIVATE, ["/diagnostics", () => json(diagnostics() ?? {})]])),
    );
    server.listen({ path: claimed.path });
    await once(server, "listening");
    await chmod(path, 0o600);
    return { address: path, stop: () => stopped(server).finally(claimed.close) };
  } catch (thrown) {
    if (thrown instanceof SyncError) throw thrown;
    log.warn({ error: messageOf(thrown) }, "commands cannot reach this agent");
    return undefined;
  }
}

async function listenOnPort(
  facts: () => AgentFacts | undefined,
  listen: string,
): Promise<Listener> {
  const parsed = parseListenAddress(listen);
  if (!parsed.ok) throw new ConfigError("metrics_listen", parsed.error);
  const server = createServer(answering(facts, PUBLIC));
  server.listen(parsed.value);
  await once(server, "listening").catch((thrown: unknown) => {
    const why = `${listen} cannot be listened on: ${messageOf(thrown)}`;
    throw new ConfigError("metrics_listen", why);
  });
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === "IPv6" ? `[${address}]` : address;
  return { address: `${host}:${port}`, stop: () => stopped(server) };
}

async function stopped(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // Whoever asks is on this host, and asks again.
  server.closeAllConnections();
  await closed;
}

type Answer = { readonly status: number; readonly type: string; readonly text: string };
type Page = (facts: AgentFacts) => Answer | Promise<Answer>;

const PUBLIC: ReadonlyMap<string, Page> = new Map<string, Page>([
  ["/healthz", () => said(200, "ok")],
  ["/readyz", readiness],
  ["/metrics", metrics],
]);
const PRIVATE: ReadonlyMap<string, Page> = new Map<string, Page>([
  ...PUBLIC,
  ["/status", (facts) => json(reportOf(facts))],
]);

function json(value: object): Answer {
  return { ...said(200, JSON.stringify(value)), type: "application/json" };
}

function said(status: number, text: string): Answer {
  return { status, type: "text/plain; charset=utf-8", text: `${text}\n` };
}

function readiness(facts: AgentFacts): Answer {
  if (isReady(facts)) return said(200, "ready");
  const { session, config } = facts;
  const why =
    session.phase === "running"
      ? (config.keptBecause ?? "no configuration yet")
      : (session.problem ?? `no session with a gateway (${session.phase})`);
  return said(503, `not ready: ${why}`);
}

async function metrics(facts: AgentFacts): Promise<Answer> {
  const { text, contentType } = await metricsText(facts);
  return { status: 200, type: contentType, text };
}

function answering(
  facts: () => AgentFacts | undefined,
  pages: ReadonlyMap<string, Page>,
): RequestListener {
  return (request, response) => {
    const page = pages.get((request.url ?? "").split("?")[0] ?? "");
    void answer(response, async () => {
      if (page === undefined) return said(404, `there is ${[...pages.keys()].join(", ")}`);
      if (request.method !== "GET" && request.method !== "HEAD") return said(405, "only GET");
      const known = facts();
      return known === undefined ? said(503, "not ready: the agent starts") : await page(known);
    });
  };
}

async function answer(response: ServerResponse, page: () => Promise<Answer>): Promise<void> {
  const { status, type, text } = await page();
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(text);
}
