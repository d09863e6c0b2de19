import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { Serve, ServeRequest } from "../../src/cli/core-context.ts";
import { runCore, type Around, type Ran } from "../support/core-cli.ts";

/** Runs `serve` with a server that only notes what it was told. */
async function serve(
  line: readonly string[],
  around: Around = {},
): Promise<{ readonly ran: Ran; readonly told: ServeRequest | undefined }> {
  let told: ServeRequest | undefined;
  const noting: Serve = (settings, { print }) => {
    told = settings;
    print("up");
    return Promise.resolve(0);
  };
  const ran = await runCore(["serve", ...line], { ...around, serve: noting });
  return { ran, told };
}

test("a server is told its defaults", async () => {
  const { ran, told } = await serve(["--data-dir", "/data"], {
    env: { DATABASE_URL: "postgresql://h/d" },
  });
  assert.deepEqual(ran, { code: 0, out: "up", err: "" });
  const { web, ...rest } = told ?? {};
  assert.deepEqual([web?.tls, web?.publicUrl, web?.oidc], [undefined, undefined, undefined]);
  assert.deepEqual(rest, {
    dataDir: "/data",
    isDataDirExplicit: true,
    databaseUrl: "postgresql://h/d",
    readDatabaseUrl: undefined,
    keyFile: undefined,
    compatSchema: undefined,
    poolSize: 4,
    roles: ["gateway", "ingest", "api"],
    grpcListen: "0.0.0.0:50052",
    httpListen: "127.0.0.1:8080",
    enrollListen: undefined,
    metricsListen: undefined,
    gatewayNames: [],
    gatewayCertificate: undefined,
    firstTenant: "default",
    rulesDir: undefined,
    fieldExpiryRuns: 2,
    socketPath: "/data/run/core.sock",
  });
});

test("a server is told what was asked for", async () => {
  const { told } = await serve(
    `--roles api,gateway --grpc-listen [::]:1 --http-listen :2 --gateway-name a --gateway-name b
     --first-tenant acme --key-file /k --compat-schema sr --log-level error`.split(/\s+/),
    {
      env: {
        XDG_STATE_HOME: "/state",
        DEVICE_ENRICHMENT_RULES_DIR: "/rules",
        SYNC_FIELD_EXPIRY_RUNS: "5",
      },
    },
  );
  assert.equal(told?.isDataDirExplicit, false);
  assert.deepEqual(told?.roles, ["gateway", "api"]);
  assert.deepEqual(
    [told?.grpcListen, told?.httpListen, told?.firstTenant],
    ["[::]:1", ":2", "acme"],
  );
  assert.deepEqual(
    [told?.gatewayNames, told?.keyFile, told?.compatSchema],
    [["a", "b"], "/k", "sr"],
  );
  assert.deepEqual([told?.rulesDir, told?.fieldExpiryRuns], ["/rules", 5]);
});

const WRONG: readonly (readonly [readonly string[], Around["env"], number, RegExp])[] = [
  [["--roles", "gateway,web"], {}, 2, /--roles holds "web", which is none of gateway, ingest, api/],
  [["--roles", ""], {}, 2, /--roles holds ""/],
  [["--grpc-listen", "50052"], {}, 2, /--grpc-listen "50052" is not an address such as/],
  [["--http-listen", "h:x"], {}, 2, /--http-listen "h:x" is not an address such as/],
  [
    ["--log-level", "loud"],
    {},
    2,
    /--log-level must be one of debug, info, warn, error, not "loud"/,
  ],
  [[], { SR_LOG_LEVEL: "loud" }, 78, /SR_LOG_LEVEL: must be one of/],
  [["--http-cert", "c.pem"], {}, 78, /--http-key: is missing beside --http-cert/],
  [["--http-cert", "/no", "--http-key", "/no"], {}, 78, /--http-cert: \/no cannot be read/],
  [["--trusted-proxy", "proxy"], {}, 78, /--trusted-proxy: "proxy" is no address or network/],
  [["--oidc-client-id", "x"], {}, 78, /--oidc-issuer: is missing beside --oidc-client-id/],
  [
    ["--oidc-issuer", "http://idp.example", "--oidc-client-id", "x"],
    {},
    78,
    /--oidc-issuer: "http:\/\/idp\.example" must begin with https:/,
  ],
];

for (const [line, env, code, message] of WRONG) {
  test(`a wrong setting stops the start by its name: ${message.source.slice(0, 40)}`, async () => {
    const { ran, told } = await serve(line, { env: env ?? {} });
    assert.equal(ran.code, code);
    assert.match(ran.err, message);
    assert.equal(told, undefined);
  });
}

test("signals are no longer listened to once the server has ended", async () => {
  const before = process.listenerCount("SIGTERM");
  await serve([]);
  assert.equal(process.listenerCount("SIGTERM"), before);
});

test("the release is package.json's", async () => {
  const { version } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { version: string };
  const ran = await runCore(["version", "--json"]);
  const about = JSON.parse(ran.out) as { name: string; version: string; schema: string };
  assert.deepEqual([about.name, about.version], ["serviceradar-core", version]);
  assert.equal(
    (await runCore(["version"])).out,
    `serviceradar-core ${version} (schema ${about.schema})`,
  );
});
