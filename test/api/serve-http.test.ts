/** The two listeners: who reaches the local socket is the platform's administrator, who comes over TCP never is. */
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, stat, writeFile } from "node:fs/promises";
import { Agent, request, type IncomingHttpHeaders } from "node:http";
import { request as secureRequest } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import type { Api } from "../../src/api/routes.ts";
import { serveHttp } from "../../src/api/serve-http.ts";
import { ConfigError } from "../../src/lib/errors.ts";
import { shortSocketPath } from "../../src/lib/short-path.ts";
import { testApi } from "../support/api.ts";
import { InstantClock } from "../support/instant-clock.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { makeSelfSigned } from "../support/self-signed.ts";

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "serve-http-"));
  t.after(() => removeFolder(dir));
  return dir;
}

/** Status and body of a GET, over a socket or a port. */
function get(
  where: { readonly socketPath: string } | { readonly port: number },
  path: string,
  agent: Agent | false = false,
): Promise<readonly [number, string]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly [number, string]>();
  const headers = { "x-serviceradar-actor": "root" };
  const asking = request({ ...where, host: "127.0.0.1", path, headers, agent }, (answer) => {
    let text = "";
    answer.on("data", (part) => (text += String(part)));
    answer.on("end", () => resolve([answer.statusCode ?? 0, text]));
  });
  asking.on("error", reject).end();
  return promise;
}

test("over the local socket everything is open, over TCP nothing without a token", async (t) => {
  const { app } = await testApi(t);
  const socketPath = join(await folder(t), "run", "core.sock");
  await using local = await serveHttp({ app, socketPath });
  await using tcp = await serveHttp({ app, listen: "127.0.0.1:0" });
  assert.equal(local.address, socketPath);
  const port = Number(tcp.address.split(":")[1]);
  assert.deepEqual(await get({ socketPath }, "/api/v1/tenants"), [200, '{"tenants":[]}']);
  assert.equal((await get({ port }, "/api/v1/tenants"))[0], 401);
  assert.equal((await get({ port }, "/healthz"))[0], 200);
});

test("bodies arrive whole, with a stated length and in pieces, and a longer one is refused in both", async (t) => {
  const { app } = await testApi(t);
  const socketPath = join(await folder(t), "run", "core.sock");
  await using local = await serveHttp({ app, socketPath });
  const post = async (slug: string, name: string, isStated: boolean): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const body = JSON.stringify({ slug, name });
    const headers = {
      "content-type": "application/json",
      ...(isStated ? { "content-length": Buffer.byteLength(body) } : {}),
    };
    const path = "/api/v1/tenants";
    const asking = request({ socketPath: local.address, path, headers, method: "POST" });
    asking.on("response", (answer) => {
      answer.resume().on("close", () => resolve(answer.statusCode ?? 0));
    });
    // The server may hang up on a body that it has refused.
    asking.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EPIPE" || error.code === "ECONNRESET" ? undefined : reject(error),
    );
    const third = Math.ceil(body.length / 3);
    for (const at of [0, 1, 2]) asking.write(body.slice(at * third, (at + 1) * third));
    asking.end();
    return await promise;
  };
  const long = "n".repeat(5 * 1024 ** 2);
  assert.equal(await post("stated", "x".repeat(150), true), 201);
  assert.equal(await post("pieces", "x".repeat(150), false), 201);
  assert.equal(await post("long", long, true), 413);
  assert.equal(await post("long", long, false), 413);
});

test("the socket and its folder are their owner's alone, whatever the folder was before", async (t) => {
  const { app } = await testApi(t);
  const run = join(await folder(t), "run");
  await mkdir(run);
  await chmod(run, 0o777);
  await using local = await serveHttp({ app, socketPath: join(run, "core.sock") });
  const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
  assert.equal(await mode(local.address), 0o600);
  assert.equal(await mode(run), 0o700);
});

test("a socket lies in its folder however long the path is", async (t) => {
  const { app } = await testApi(t);
  const socketPath = join(await folder(t), "d".repeat(120), "run", "core.sock");
  await using local = await serveHttp({ app, socketPath });
  assert.ok((await stat(local.address)).isSocket());
  const short = shortSocketPath(socketPath);
  assert.equal((await get({ socketPath: short.path }, "/healthz"))[0], 200);
  short.close();
});

test("what a killed core left is replaced; a living one's place is not taken", async (t) => {
  const { app } = await testApi(t);
  const socketPath = join(await folder(t), "run", "core.sock");
  const first = await serveHttp({ app, socketPath });
  await assert.rejects(serveHttp({ app, socketPath }), (thrown: unknown) => {
    assert.ok(thrown instanceof ConfigError);
    assert.match(thrown.message, /another core answers/);
    return true;
  });
  await first.stop();
  await writeFile(socketPath, "");
  await using second = await serveHttp({ app, socketPath });
  assert.equal((await get({ socketPath: second.address }, "/healthz"))[0], 200);
});

test("a listener that was stopped is gone, and may be stopped again", async (t) => {
  const { app } = await testApi(t);
  const socketPath = join(await folder(t), "run", "core.sock");
  const local = await serveHttp({ app, socketPath });
  await get({ socketPath }, "/healthz");
  await local.stop();
  await local.stop();
  await assert.rejects(get({ socketPath }, "/healthz"), { code: "ENOENT" });
});

/** Answers every request once it is let. */
function slowApp(): {
  readonly app: Api;
  readonly asked: Promise<void>;
  readonly answer: () => void;
} {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const fetch = async (): Promise<Response> => {
    asked.resolve();
    await answered.promise;
    return new Response("late");
  };
  return { app: { fetch } as unknown as Api, asked: asked.promise, answer: answered.resolve };
}

test("a client that asks on and on over one connection is answered and does not hold the stop up", async (t) => {
  const { app, asked, answer } = slowApp();
  const tcp = await serveHttp({ app, listen: "127.0.0.1:0" });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const port = Number(tcp.address.split(":")[1]);
  const ask = (): ReturnType<typeof get> => get({ port }, "/", agent);
  const first = ask();
  await asked;
  const stopped = tcp.stop();
  answer();
  assert.deepEqual(await first, [200, "late"]);
  const askOn = async (): Promise<never> => {
    for (;;) await ask();
  };
  await assert.rejects(askOn(), /ECONNREFUSED|ECONNRESET|socket hang up/);
  await stopped;
});

test("a request that never ends is cut off by the stop", async () => {
  const { app, asked } = slowApp();
  const tcp = await serveHttp({ app, listen: "127.0.0.1:0", clock: new InstantClock() });
  const port = Number(tcp.address.split(":")[1]);
  const cut = assert.rejects(get({ port }, "/"), /socket hang up|ECONNRESET/);
  await asked;
  await tcp.stop();
  await cut;
});

test("a listener stops when its signal aborts", async (t) => {
  const { app } = await testApi(t);
  const socketPath = join(await folder(t), "run", "core.sock");
  const stopping = new AbortController();
  const local = await serveHttp({ app, socketPath, signal: stopping.signal });
  assert.equal((await get({ socketPath }, "/healthz"))[0], 200);
  stopping.abort();
  await local.stop();
  await assert.rejects(get({ socketPath }, "/healthz"), { code: "ENOENT" });
});

test("an address that cannot be had stops the start by the setting's name", async (t) => {
  const { app } = await testApi(t);
  const taken = createServer().listen(0, "127.0.0.1");
  t.after(() => taken.close());
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : undefined;
  for (const listen of ["localhost", "127.0.0.1:99999", ":x", `127.0.0.1:${port}`]) {
    await assert.rejects(serveHttp({ app, listen }), /^ConfigError: --http-listen: /, listen);
  }
});

test("an IPv6 address is taken and shown in brackets", async (t) => {
  const { app } = await testApi(t);
  await using tcp = await serveHttp({ app, listen: "[::1]:0" });
  assert.match(tcp.address, /^\[::1\]:\d+$/);
});

test("a certificate that is replaced meets the next connection; one that cannot be used changes nothing", async (t) => {
  const { app } = await testApi(t);
  const [first, second] = await Promise.all([makeSelfSigned(), makeSelfSigned()]);
  const clock = new ManualClock();
  const supplied = [new Error("half written"), second];
  await using tcp = await serveHttp({
    app,
    clock,
    listen: "127.0.0.1:0",
    tls: {
      first: { chainPem: first.cert, privateKeyPem: first.key },
      next: async () => {
        const next = supplied.shift();
        if (next instanceof Error) throw next;
        return next && (await Promise.resolve({ chainPem: next.cert, privateKeyPem: next.key }));
      },
    },
  });
  /** Throws where the one that is met is not this one. */
  const meet = async ({ cert }: { readonly cert: string }): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const asking = secureRequest(`https://${tcp.address}/api/v1/setup`, { ca: cert, agent: false });
    asking.on("response", (answer) => answer.resume().on("end", () => resolve()));
    asking.on("error", reject).end();
    await promise;
  };
  await meet(first);
  await clock.advance(30_000);
  await meet(first);
  await clock.advance(30_000);
  await meet(second);
  await assert.rejects(meet(first));
});

test("by TLS a browser is given its session for this host alone, and told to come by TLS from now on", async (t) => {
  const api = await testApi(t);
  await api.logIn("ann");
  const { cert: certPem, key: privateKeyPem } = await makeSelfSigned();
  await using tcp = await serveHttp({
    app: api.app,
    listen: "127.0.0.1:0",
    tls: {
      first: { chainPem: certPem, privateKeyPem },
      next: () => Promise.resolve(undefined),
    },
  });
  const { json } = await api.ask<{ link: string }>("POST /api/v1/users/ann/link");
  const { promise, resolve, reject } = Promise.withResolvers<IncomingHttpHeaders>();
  const asking = secureRequest(
    `https://${tcp.address}/api/v1/session`,
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      ca: certPem,
      agent: false,
    },
    (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.headers));
    },
  );
  asking.on("error", reject).end(JSON.stringify({ link: json.link }));
  const headers = await promise;
  const [cookie = ""] = headers["set-cookie"] ?? [];
  assert.match(
    cookie,
    /^__Host-serviceradar=[0-9a-f]{64}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  assert.equal(headers["strict-transport-security"], "max-age=31536000");
  assert.equal(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
  assert.equal(headers["x-frame-options"], "DENY");
});
