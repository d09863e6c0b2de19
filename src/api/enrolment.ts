/**
 * Where agents get their first certificate: HTTPS with a server certificate alone, since who comes here has none yet, and one
 * route. A listener of its own, so that a network that may enrol agents need not reach the API.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

import { createAdaptorServer } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { z } from "zod";

import { enrol, type EnrolmentContext, type EnrolmentProblem } from "../control/enrolment.ts";
import { ownCertificate } from "../control/own-certificate.ts";
import { isoTime } from "../lib/clock.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { parseListenAddress } from "../lib/listen-address.ts";
import type { Log } from "../lib/log.ts";
import { watchCertificate, type ServerCertificate } from "../lib/server-certificate.ts";

/** The one route. */
const ENROL_PATH = "/api/v1/enrol";
/** A token and a signing request are under 6,000 characters. */
const BODY_CHARS_MAX = 20_000;
/** How long a connection may take to say what it wants, ms. */
const REQUEST_MAX_MS = 15_000;
const SETTING = "--enroll-listen";

const requestSchema = z.strictObject({ token: z.string(), signing_request: z.string() });

const STATUS: Readonly<Record<EnrolmentProblem["code"], 400 | 401 | 409>> = {
  invalid_request: 400,
  invalid_token: 401,
  token_used: 401,
  token_expired: 401,
  agent_exists: 409,
  agent_revoked: 409,
  agent_in_other_partition: 409,
};

/** What is served, and where. */
export interface EnrolmentServer {
  readonly context: EnrolmentContext;
  readonly log: Log;
  /** "host:port" */
  readonly listen: string;
  /** Names and addresses that agents dial. */
  readonly names: readonly string[];
}

/** Starts the listener. Throws ConfigError naming --enroll-listen where the address cannot be had. */
export async function serveEnrolment({
  context,
  log,
  listen,
  names,
}: EnrolmentServer): Promise<{ readonly address: string; readonly stop: () => Promise<void> }> {
  const parsed = parseListenAddress(listen);
  if (!parsed.ok) throw new ConfigError(SETTING, parsed.error);
  const root = await context.authorities.root(context.db);
  const { clock } = context;
  const supply = await ownCertificate({ issuer: root, names, clock });
  // The root goes along: the agent knows it by the hash in its token, and has no copy yet.
  const secure = ({ chainPem, privateKeyPem: key }: ServerCertificate) =>
    ({ cert: chainPem + root.certificatePem, key, minVersion: "TLSv1.3" }) as const;
  const app = new Hono();
  app.post(ENROL_PATH, (c) => answer(c, context, log));
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    createServer,
    serverOptions: { ...secure(supply.first), requestTimeout: REQUEST_MAX_MS },
  }) as Server;
  const { host, port } = parsed.value;
  server.listen({ port, ...(host === "" ? {} : { host }) });
  await once(server, "listening").catch((thrown: unknown) => {
    throw new ConfigError(SETTING, `${listen} cannot be listened on: ${messageOf(thrown)}`);
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const take = (next: ServerCertificate): void => server.setSecureContext(secure(next));
  void watchCertificate(supply, { clock, log, signal, take });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    address: `${family === "IPv6" ? `[${address}]` : address}:${taken}`,
    stop: async () => {
      stopping.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(c: Context, context: EnrolmentContext, log: Log): Promise<Response> {
  const asked = await readRequest(c);
  if (asked === undefined) return refuse(c, "invalid_request", "the request cannot be read");
  const enrolled = await enrol(context, {
    token: asked.token,
    signingRequest: asked.signing_request,
  });
  if (!enrolled.ok) {
    log.warn({ code: enrolled.error.code }, "enrolment refused");
    return refuse(c, enrolled.error.code, enrolled.error.message);
  }
  const { agentId, partition, tenant, certificate } = enrolled.value;
  log.info({ tenant, agent_id: agentId, partition }, "agent enrolled");
  return c.json({
    agent_id: agentId,
    partition,
    tenant,
    root_pem: certificate.rootPem,
    chain_pem: certificate.chainPem,
    server_name: certificate.serverName,
    not_after: isoTime(certificate.notAfterMs),
  });
}

async function readRequest(c: Context): Promise<z.infer<typeof requestSchema> | undefined> {
  const length = Number(c.req.header("content-length") ?? Number.NaN);
  if (!(length <= BODY_CHARS_MAX)) return undefined;
  const body: unknown = await c.req.json().catch(() => undefined);
  const parsed = requestSchema.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

function refuse(c: Context, code: EnrolmentProblem["code"], detail: string): Response {
  const status = STATUS[code];
  return c.json({ status, code, detail }, status);
}
