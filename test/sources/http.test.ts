import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo, type Server } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import type { Clock } from "../../src/lib/clock.ts";
import { Secret } from "../../src/lib/secret.ts";
import type { JsonAnswer } from "../../src/sources/http-answer.ts";
import { HttpError } from "../../src/sources/http-error.ts";
import type { JsonRequest } from "../../src/sources/http-request.ts";
import type { HttpSettings } from "../../src/sources/http-settings.ts";
import { HttpClient } from "../../src/sources/http.ts";
import { InstantClock } from "../support/instant-clock.ts";
import { makeSelfSigned } from "../support/self-signed.ts";

const JSON_TYPE = { "content-type": "application/json" };

test("a client reads JSON, also compressed", async () => {
  await using server = await serve((_, response) => {
    const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
    response.writeHead(200, headers).end(gzipSync('{"a":[1,2]}'));
  });
  assert.deepEqual((await ask(server, { path: "/x" })).body, { a: [1, 2] });
});

test("a client keeps the endpoint's base path and sends query and form", async () => {
  const seen: string[] = [];
  await using server = await serve(async (request, response) => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += String(part);
    seen.push(`${request.method} ${request.url} ${body} ${request.headers["content-type"] ?? ""}`);
    response.writeHead(200, JSON_TYPE).end("{}");
  });
  const query = new URLSearchParams({ q: "a b" });
  await ask(server, { path: "/api/x/", query }, { basePath: "/netbox" });
  await ask(server, { method: "POST", path: "/t", form: { secret_key: new Secret("s&x") } });
  assert.deepEqual(seen, [
    "GET /netbox/api/x/?q=a+b  ",
    "POST /t secret_key=s%26x application/x-www-form-urlencoded",
  ]);
});

test("a redirect on the same origin is followed, one to another never", async () => {
  let strangers = 0;
  await using stranger = await serve((_, response) => {
    strangers += 1;
    response.writeHead(200, JSON_TYPE).end("{}");
  });
  await using server = await serve((request, response) => {
    if (request.url === "/list") response.writeHead(301, { location: "/list/" }).end();
    else if (request.url === "/away") response.writeHead(302, { location: stranger.url }).end();
    else if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end();
    else response.writeHead(200, JSON_TYPE).end(JSON.stringify(request.url));
  });
  const headers = { authorization: new Secret("Token 0123456789") };
  assert.equal((await ask(server, { path: "/list", headers })).body, "/list/");
  const away = await failure(ask(server, { path: "/away", headers }));
  assert.equal(away.code, "unreachable");
  assert.match(away.message, /redirects to http/);
  assert.equal((await failure(ask(server, { path: "/loop", headers }))).code, "unreachable");
  assert.equal(strangers, 0);
});

test("a body above the cap is refused, compressed or not", async () => {
  await using server = await serve((request, response) => {
    const text = JSON.stringify("x".repeat(5_000));
    const isGzip = request.url === "/gzip";
    response.writeHead(200, { ...JSON_TYPE, ...(isGzip ? { "content-encoding": "gzip" } : {}) });
    response.end(isGzip ? gzipSync(text) : text);
  });
  for (const path of ["/plain", "/gzip"]) {
    const error = await failure(ask(server, { path }, { limits: { bodyBytesMax: 1_000 } }));
    assert.equal(error.code, "bad_data");
    assert.match(error.message, /more than 1000 bytes/);
  }
});

test("what the server says of a refusal is told, without the secret it repeats", async () => {
  await using server = await serve((request, response) => {
    response.writeHead(400, JSON_TYPE);
    response.end(JSON.stringify({ detail: `bad \n header ${request.headers.authorization}` }));
  });
  const authorization = new Secret("Token abcdef0123456789");
  const error = await failure(ask(server, { path: "/x", headers: { authorization } }));
  assert.equal(error.code, "bad_data");
  assert.equal(error.status, 400);
  assert.equal(error.message, `GET ${server.url}/x answered 400: bad header Token [redacted]`);
});

test("a Retry-After is taken as seconds or as a date, and no longer than the cap", async () => {
  const clock = new InstantClock(Date.UTC(2026, 10, 23, 8, 0, 0));
  const waits = ["3", "Mon, 23 Nov 2026 08:00:13 GMT", "86400"];
  await using server = await serve((_, response) => {
    const wait = waits.shift();
    if (wait === undefined) response.writeHead(200, JSON_TYPE).end("{}");
    else response.writeHead(503, { "retry-after": wait }).end();
  });
  await ask(server, { path: "/x" }, { limits: { retryAfterMsMax: 60_000 }, clock });
  assert.deepEqual(clock.slept, [3_000, 10_000, 60_000]);
});

test("an error that was throttled to the end carries the wait that the server asked for", async () => {
  await using server = await serve((_, response) => {
    response.writeHead(429, { "retry-after": "900" }).end();
  });
  const error = await failure(ask(server, { path: "/x" }, { limits: { retriesMax: 2 } }));
  assert.equal(error.code, "rate_limited");
  assert.deepEqual(error.retry, { afterMs: 900_000 });
});

test("an address that never answered is given up sooner than one that did", async () => {
  await using server = await serve((_, response) => response.writeHead(200, JSON_TYPE).end("{}"));
  const { url, close } = server;
  await close();
  const clock = new InstantClock();
  const error = await failure(ask({ url }, { path: "/x" }, { clock }));
  assert.equal(error.code, "unreachable");
  assert.match(error.message, /ECONNREFUSED/);
  assert.equal(clock.slept.length, 2);
});

test("an answer that never begins, or stalls, is asked for again", async () => {
  let asked = 0;
  await using server = await serve((_, response) => {
    asked += 1;
    if (asked === 2) response.writeHead(200, JSON_TYPE).write('{"a":');
    if (asked >= 3) response.writeHead(200, JSON_TYPE).end("{}");
  });
  const limits = { headersTimeoutMs: 50, stallTimeoutMs: 50 };
  assert.deepEqual((await ask(server, { path: "/x" }, { limits })).body, {});
  assert.ok(asked >= 3, "on a busy machine a good answer may be too slow as well");
});

test("a base path that looks like a host stays a path", async () => {
  await using server = await serve((request, response) => {
    response.writeHead(200, JSON_TYPE).end(JSON.stringify(request.url));
  });
  const { body } = await ask(server, { path: "/api/" }, { basePath: "//elsewhere.example.com" });
  assert.equal(body, "//elsewhere.example.com/api/");
});

test("a request may change with the failure before it", async () => {
  const asked: string[] = [];
  await using server = await serve((request, response) => {
    asked.push(request.url ?? "");
    if (asked.length < 3) response.writeHead(504).end();
    else response.writeHead(200, JSON_TYPE).end("{}");
  });
  await ask(server, (last) => ({ path: last === undefined ? "/full" : `/less-${last.status}` }));
  assert.deepEqual(asked, ["/full", "/less-504", "/less-504"]);
});

test("a certificate is trusted by ca_pem or not checked when told so, else refused at once", async () => {
  const { cert, key } = await makeSelfSigned();
  const tls = createTlsServer({ cert, key }, (_, response) => {
    response.writeHead(200, JSON_TYPE).end("{}");
  });
  await using server = await listening(tls, "https");
  assert.deepEqual((await ask(server, { path: "/" }, { caPem: cert })).body, {});
  assert.deepEqual((await ask(server, { path: "/" }, { insecureSkipVerify: true })).body, {});
  const clock = new InstantClock();
  const error = await failure(ask(server, { path: "/" }, { clock }));
  assert.equal(error.code, "unreachable");
  assert.equal(error.retry, "permanent");
  assert.match(error.message, /certificate/);
  assert.deepEqual(clock.slept, []);
});

test("a client goes through the proxy where there is one, and TLS stays end to end", async () => {
  const { cert, key } = await makeSelfSigned();
  const tls = createTlsServer({ cert, key }, (_, response) => {
    response.writeHead(200, JSON_TYPE).end('"secure"');
  });
  await using server = await listening(tls, "https");
  const tunnels: string[] = [];
  const tunnel = createServer().on("connect", (request, socket) => {
    tunnels.push(request.url ?? "");
    const to = connect(Number(new URL(server.url).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      to.pipe(socket).pipe(to);
    });
    socket.on("error", () => to.destroy()).on("close", () => to.destroy());
    to.on("error", () => socket.destroy());
  });
  await using proxy = await listening(tunnel, "http");
  const answer = await ask(server, { path: "/" }, { caPem: cert, proxyUrl: proxy.url });
  assert.equal(answer.body, "secure");
  assert.deepEqual(tunnels, [new URL(server.url).host]);
});

test("a source that asks for a client certificate gets it, and nobody else does", async () => {
  const [own, other] = [await makeSelfSigned(), await makeSelfSigned()];
  const server = { ...own, ca: own.cert, requestCert: true, rejectUnauthorized: true };
  const tls = createTlsServer(server, (_, response) => {
    response.writeHead(200, JSON_TYPE).end('"known"');
  });
  await using running = await listening(tls, "https");
  const identityOf = ({ cert, key }: typeof own): HttpSettings["clientIdentity"] => ({
    certPem: cert,
    keyPem: new Secret(key),
  });
  const known = { caPem: own.cert, clientIdentity: identityOf(own) };
  assert.equal((await ask(running, { path: "/" }, known)).body, "known");
  for (const clientIdentity of [undefined, identityOf(other)]) {
    const error = await failure(ask(running, { path: "/" }, { caPem: own.cert, clientIdentity }));
    assert.equal(error.code, "unreachable");
  }
});

test("a head that trickles is given up as one that never comes", async () => {
  let asked = 0;
  await using server = await serve((request, response) => {
    asked += 1;
    if (asked > 1) return response.writeHead(200, JSON_TYPE).end("{}");
    request.socket.write("HTTP/1.1 200 OK\r\n");
    const timer = setInterval(() => request.socket.write("x-more: yes\r\n"), 5);
    return request.socket.on("close", () => clearInterval(timer)).on("error", () => undefined);
  });
  const limits = { headersTimeoutMs: 100 };
  assert.deepEqual((await ask(server, { path: "/x" }, { limits })).body, {});
  assert.ok(asked >= 2, "on a busy machine a good answer may be too slow as well");
});

test("a source is asked no faster than its pace, and left alone while it fails", async () => {
  let asked = 0;
  await using server = await serve((_, response) => {
    asked += 1;
    response.writeHead(asked <= 6 ? 503 : 200, JSON_TYPE).end("{}");
  });
  const clock = new InstantClock();
  await ask(server, { path: "/x" }, { clock });
  const rested = clock.slept.slice(4).reduce((sum, ms) => sum + ms, 0);
  assert.equal(rested, 60_000, "30 s after the fifth failure, and after the sixth");
  const settings = { endpoint: { origin: server.url, basePath: "" }, requestsPerSecond: 2 };
  await using client = new HttpClient(settings);
  const { signal } = new AbortController();
  const startMs = clock.now();
  for (let nth = 0; nth < 6; nth += 1) await client.json({ path: "/x" }, { signal, clock });
  assert.equal(clock.now() - startMs, 2_000);
});

type Running = AsyncDisposable & { readonly url: string; readonly close: () => Promise<void> };
type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

function serve(handler: Handler): Promise<Running> {
  return listening(
    createServer((request, response) => void handler(request, response)),
    "http",
  );
}

async function listening(server: Server, scheme: "http" | "https"): Promise<Running> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => void server.close(() => resolve()));
  };
  const { port } = server.address() as AddressInfo;
  return { url: `${scheme}://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close };
}

type Asked = JsonRequest | ((last: HttpError | undefined) => JsonRequest);

async function ask(
  { url }: { readonly url: string },
  request: Asked,
  how: Partial<HttpSettings> & { readonly basePath?: string; readonly clock?: Clock } = {},
): Promise<JsonAnswer> {
  const { basePath = "", clock = new InstantClock(), ...more } = how;
  await using client = new HttpClient({ endpoint: { origin: url, basePath }, ...more });
  const { signal } = new AbortController();
  return await client.json(request, { signal, clock });
}

async function failure(asked: Promise<unknown>): Promise<HttpError> {
  const thrown = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof HttpError, String(thrown));
  return thrown;
}
