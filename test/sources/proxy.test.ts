import assert from "node:assert/strict";
import { test } from "node:test";

import { proxyOf } from "../../src/sources/proxy.ts";

const HTTPS = "https://netbox.example.com";
const PROXY = "http://proxy:3128";

function chosen(
  config: { readonly endpoint?: string; readonly proxyUrl?: string; readonly noProxy?: string },
  env: Readonly<Record<string, string>> = {},
): unknown {
  const found = proxyOf({ endpoint: HTTPS, ...config }, env);
  return found.ok ? found.value : found.error;
}

test("a source's own proxy goes before the environment's, and is not subject to its NO_PROXY", () => {
  const env = { HTTPS_PROXY: "http://other:1", NO_PROXY: "*" };
  assert.deepEqual(chosen({ proxyUrl: PROXY }, env), { url: PROXY, from: "proxy_url" });
});

test("the environment's proxy is that of the endpoint's scheme, in either case", () => {
  const env = { https_proxy: PROXY, HTTP_PROXY: "http://plain:1" };
  assert.deepEqual(chosen({}, env), { url: PROXY, from: "HTTPS_PROXY" });
  const plain = { endpoint: "http://netbox.example.com" };
  assert.deepEqual(chosen(plain, env), { url: "http://plain:1", from: "HTTP_PROXY" });
  assert.equal(chosen({}, { HTTP_PROXY: PROXY }), undefined);
  assert.equal(chosen({}, { HTTPS_PROXY: " " }), undefined);
});

test("this host is never behind the environment's proxy, only behind one that is its own", () => {
  for (const host of ["localhost:8000", "127.0.0.1", "[::1]:80"]) {
    const endpoint = `http://${host}`;
    assert.equal(chosen({ endpoint }, { HTTP_PROXY: PROXY }), undefined, host);
    assert.notEqual(chosen({ endpoint, proxyUrl: PROXY }), undefined, host);
  }
});

test("a proxy that is no address is named by where it came from", () => {
  assert.match(String(chosen({ proxyUrl: "proxy:3128" })), /^proxy_url must be an address/);
  assert.match(
    String(chosen({}, { HTTPS_PROXY: "socks5://x" })),
    /^HTTPS_PROXY must be an address/,
  );
});

const EXEMPT: readonly [list: string, endpoint: string, isExempt: boolean][] = [
  ["*", HTTPS, true],
  ["", HTTPS, false],
  ["example.com", HTTPS, true],
  ["EXAMPLE.com", HTTPS, true],
  [".example.com", HTTPS, true],
  [".netbox.example.com", HTTPS, false],
  ["netbox.example.com", HTTPS, true],
  ["ample.com", HTTPS, false],
  ["other.com, netbox.example.com:443", HTTPS, true],
  ["netbox.example.com:8443", HTTPS, false],
  ["10.0.0.0/8", "https://10.1.2.3", true],
  ["10.0.0.0/16", "https://10.1.2.3", false],
  ["10.0.0.0/99", "https://10.1.2.3", false],
  ["10.1.2.3", "https://10.1.2.3:8443", true],
  ["10.1.2.3:443", "https://10.1.2.3:8443", false],
  ["fd00::/8", "https://[fd00::1]", true],
  ["fd00::1", "https://[fd00::1]", true],
  ["[fd00::1]:443", "https://[fd00::1]", true],
];

test("NO_PROXY means what it means to Go and curl, and no_proxy of a source the same", () => {
  for (const [list, endpoint, isExempt] of EXEMPT) {
    const inherited = chosen({ endpoint }, { HTTPS_PROXY: PROXY, NO_PROXY: list });
    assert.equal(inherited === undefined, isExempt, `${list} ${endpoint}`);
    const own = chosen({ endpoint, proxyUrl: PROXY, noProxy: list });
    assert.equal(own === undefined, isExempt, `${list} ${endpoint}`);
  }
});
