import assert from "node:assert/strict";
import { test } from "node:test";

import { OpenAPIHono } from "@hono/zod-openapi";

import type { ApiEnv } from "../../src/api/caller.ts";
import { packUi, unpackUi } from "../../src/api/ui-pack.ts";
import { addUi } from "../../src/api/ui-routes.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const FILES = unpackUi(
  packUi([
    { path: "/index.html", type: "text/html; charset=utf-8", plain: bytes("<!doctype html>") },
    {
      path: "/assets/main-ABC.js",
      type: "text/javascript; charset=utf-8",
      plain: bytes("let a"),
      br: bytes("as br"),
      gzip: bytes("as gzip"),
    },
  ]),
);

function appOf(): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  addUi(app, (path) => FILES.get(path));
  return app;
}

test("every path that is not the API's is the page", async () => {
  for (const path of ["/", "/t/acme/devices", "/login"]) {
    const answer = await appOf().request(path);
    assert.equal(await answer.text(), "<!doctype html>");
    assert.equal(answer.headers.get("cache-control"), "no-cache");
    assert.match(answer.headers.get("content-security-policy") ?? "", /script-src 'self'/);
  }
  assert.equal((await appOf().request("/api/v1/nothing")).status, 404);
  assert.equal((await appOf().request("/assets/gone-XYZ.js")).status, 404);
});

test("a file of the page is kept by browsers and sent as small as they take it", async () => {
  const asked = async (accept: string): Promise<[string, string | null]> => {
    const headers = { "accept-encoding": accept };
    const answer = await appOf().request("/assets/main-ABC.js", { headers });
    assert.match(answer.headers.get("cache-control") ?? "", /immutable/);
    return [await answer.text(), answer.headers.get("content-encoding")];
  };
  assert.deepEqual(await asked("gzip, deflate, br;q=0.9"), ["as br", "br"]);
  assert.deepEqual(await asked("gzip"), ["as gzip", "gzip"]);
  assert.deepEqual(await asked(""), ["let a", null]);
});

test("the policy allows no script or style in the page's own text", async () => {
  const policy = (await appOf().request("/")).headers.get("content-security-policy") ?? "";
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
});

test("a page that is known already is not sent again", async () => {
  const first = await appOf().request("/");
  const headers = { "if-none-match": first.headers.get("etag") ?? "" };
  assert.equal((await appOf().request("/", { headers })).status, 304);
});
