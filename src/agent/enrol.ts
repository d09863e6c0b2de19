/**
 * Enrolment on the agent's host: its key is made here and never leaves; a token is turned into the first certificate. The answer
 * is believed because whoever gives it proves to be the authority whose key the token names.
 */
import { createPublicKey, verify, X509Certificate } from "node:crypto";
import { request } from "node:https";
import { connect, type DetailedPeerCertificate } from "node:tls";

import { messageOf, SyncError } from "../lib/errors.ts";
import { sha256Hex } from "../lib/hash.ts";
import { parseEnrolmentToken, type EnrolmentToken } from "../model/enrolment-token.ts";
import { makeSigningRequest } from "./signing-request.ts";

/** What an enrolled host keeps. PEM. */
export interface EnrolledAgent {
  readonly agentId: string;
  readonly partition: string;
  readonly tenant: string;
  readonly rootPem: string;
  readonly chainPem: string;
  readonly privateKeyPem: string;
  readonly serverName: string;
  readonly gatewayAddress: string | undefined;
}

/** How a host enrols. */
export interface EnrolOptions {
  readonly token: string;
  /** "https://core.example.net:50053"; the token's where absent. */
  readonly coreUrl: string | undefined;
  readonly nowMs: number;
}

/** How long the core may take to answer, ms. */
const ANSWER_MAX_MS = 30_000;
const ENROL_PATH = "/api/v1/enrol";

/** Gets the first certificate. Throws SyncError with a sentence that says what to do. */
export async function enrolAgent({
  token: text,
  coreUrl,
  nowMs,
}: EnrolOptions): Promise<EnrolledAgent> {
  const parsed = parseEnrolmentToken(text);
  if (!parsed.ok) throw refusal(`the token ${parsed.error}`);
  const { token, body, signature } = parsed.value;
  if (token.expiresMs <= nowMs) throw refusal("the token has expired; ask for a new one");
  const url = addressOf(coreUrl ?? token.coreUrl);
  const rootPem = await findRoot(url, token);
  const rootKey = createPublicKey(rootPem);
  if (!verify("sha256", Buffer.from(body), rootKey, signature)) {
    throw refusal("the token was changed after it was made");
  }
  const { privateKeyPem, signingRequest } = await makeSigningRequest(token.agentId);
  const answer = await ask(url, {
    rootPem,
    token,
    content: { token: text.trim(), signing_request: signingRequest },
  });
  return { ...answer, privateKeyPem, gatewayAddress: token.gatewayAddress };
}

function addressOf(text: string | undefined): URL {
  if (text === undefined) {
    throw refusal(
      "the token does not say where to enrol; name the core with --core-url https://HOST:PORT",
    );
  }
  const url = URL.parse(text);
  if (url?.protocol !== "https:") throw refusal(`--core-url: "${text}" must begin with https://`);
  return url;
}

function refusal(message: string): SyncError {
  return new SyncError("enrolment_refused", message, { retry: "permanent" });
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function portOf({ port }: URL): number {
  return port === "" ? 443 : Number(port);
}

/**
 * The authority in the chain that the server presents, known by its key's hash. Nothing is believed of this connection but that:
 * the next one is verified against it.
 */
async function findRoot(url: URL, token: EnrolmentToken): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({
    host: hostOf(url),
    port: portOf(url),
    servername: token.serverName,
    rejectUnauthorized: false,
    timeout: ANSWER_MAX_MS,
  });
  socket.once("timeout", () => reject(new Error("no answer")));
  socket.once("error", reject);
  socket.once("secureConnect", () => {
    const root = certificatesOf(socket.getPeerCertificate(true)).find(
      (certificate) => spkiSha256(certificate) === token.caSpkiSha256,
    );
    if (root !== undefined) return resolve(root.toString());
    reject(
      refusal(`${url.host} is not the core that made the token: its authority is another one`),
    );
  });
  try {
    return await promise;
  } catch (thrown) {
    if (thrown instanceof SyncError) throw thrown;
    throw new SyncError("unreachable", `${url.host} cannot be reached: ${messageOf(thrown)}`, {
      retry: "transient",
      cause: thrown,
    });
  } finally {
    socket.destroy();
  }
}

/** Longer chains than this nobody has. */
const CHAIN_MAX = 8;

function certificatesOf(first: DetailedPeerCertificate): readonly X509Certificate[] {
  const certificates: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = first;
  while (next?.raw !== undefined && certificates.length < CHAIN_MAX) {
    certificates.push(new X509Certificate(next.raw));
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return certificates;
}

function spkiSha256({ publicKey }: X509Certificate): string {
  return sha256Hex(publicKey.export({ type: "spki", format: "der" }));
}

type Asking = {
  readonly rootPem: string;
  readonly token: EnrolmentToken;
  readonly content: object;
};
type Answer = Pick<
  EnrolledAgent,
  "agentId" | "partition" | "tenant" | "rootPem" | "chainPem" | "serverName"
>;

async function ask(url: URL, { rootPem, token, content }: Asking): Promise<Answer> {
  const { status, body } = await post(url, { rootPem, token, content });
  const text = (name: string): string => {
    const value = body[name];
    return typeof value === "string" ? value : "";
  };
  if (status !== 200) throw refusal(`the core refused: ${text("detail") || `HTTP ${status}`}`);
  if (text("agent_id") !== token.agentId) throw refusal("the core answered for another agent");
  return {
    agentId: text("agent_id"),
    partition: text("partition"),
    tenant: text("tenant"),
    rootPem: text("root_pem"),
    chainPem: text("chain_pem"),
    serverName: text("server_name"),
  };
}

type Json = Readonly<Record<string, unknown>>;

async function post(
  url: URL,
  { rootPem, token, content }: Asking,
): Promise<{ readonly status: number; readonly body: Json }> {
  const text = JSON.stringify(content);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: Json }>();
  const asked = request(
    {
      host: hostOf(url),
      port: portOf(url),
      path: ENROL_PATH,
      method: "POST",
      servername: token.serverName,
      ca: rootPem,
      // Said, because NODE_TLS_REJECT_UNAUTHORIZED in the environment would change what is not.
      rejectUnauthorized: true,
      timeout: ANSWER_MAX_MS,
      agent: false,
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
    },
    (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: jsonOf(Buffer.concat(parts).toString("utf8")),
        }),
      );
    },
  );
  asked.on("timeout", () => asked.destroy(new Error("no answer")));
  asked.on("error", reject);
  asked.end(text);
  return await promise;
}

function jsonOf(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Json) : {};
  } catch {
    return {};
  }
}
