/** Enrolment over a real listener: what a token opens, for whom, and how often. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import fc from "fast-check";

import { diagnose } from "../../src/agent/diagnosis.ts";
import { enrolAgent, type EnrolledAgent } from "../../src/agent/enrol.ts";
import { makeSigningRequest } from "../../src/agent/signing-request.ts";
import { serveEnrolment } from "../../src/api/enrolment.ts";
import { runAgentCommand } from "../../src/cli/agent-commands.ts";
import { revokeAgent } from "../../src/control/agent-registration.ts";
import { revokeAuthority } from "../../src/control/authority-revocation.ts";
import { createEnrolment, enrol, type WantedEnrolment } from "../../src/control/enrolment.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { SyncError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { parseEnrolmentToken } from "../../src/model/enrolment-token.ts";
import { slug } from "../support/certs.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";
import { removeFolder } from "../support/remove-folder.ts";

const AGENT = "agent-01";

type Enrolling = {
  readonly core: TestCore;
  readonly url: string;
  /** Makes a token of tenant acme. */
  readonly token: (partial?: Partial<WantedEnrolment>) => Promise<string>;
};

async function start(t: TestContext): Promise<Enrolling> {
  const core = await startTestCore(t);
  const context = { db: core.db, authorities: core.authorities, clock: systemClock };
  const listener = await serveEnrolment({
    context,
    log: silentLog(),
    listen: "127.0.0.1:0",
    names: [],
  });
  t.after(() => listener.stop());
  const url = `https://${listener.address}`;
  const token = async (partial: Partial<WantedEnrolment> = {}): Promise<string> => {
    const usual = { agentId: AGENT, partition: "site-b", cnForm: 4, renew: false } as const;
    const wanted = { ...usual, lifeMs: 60_000, actor: "test", coreUrl: url, ...partial };
    const made = await createEnrolment(context, core.acme.tenant, wanted);
    assert.ok(made.ok, made.ok ? "" : made.error.message);
    return made.value.token.reveal();
  };
  return { core, url, token };
}

const enrolWith = (token: string, coreUrl?: string): Promise<EnrolledAgent> =>
  enrolAgent({ token, coreUrl, nowMs: Date.now() });

test("a token gets a host's own key certified, and a gateway takes it for who it is", async (t) => {
  const { core, token } = await start(t);
  const enrolled = await enrolWith(await token({ gatewayAddress: "gw.example:50052" }));
  assert.deepEqual(
    [enrolled.agentId, enrolled.partition, enrolled.tenant, enrolled.gatewayAddress],
    [AGENT, "site-b", "acme", "gw.example:50052"],
  );
  const leaf = new X509Certificate(enrolled.chainPem);
  assert.match(leaf.subject, /CN=agent-01\.site-b\.acme\.serviceradar/);
  const identity = { ...enrolled, certificatePem: leaf.toString() };
  const client = core.client(identity, { caPem: enrolled.rootPem });
  const signal = AbortSignal.timeout(20_000);
  const answer = await client.hello({ agentId: AGENT, partition: "site-b" }, { signal });
  assert.equal(answer.tenantSlug, "acme");
});

test("a token is good for one key: that one may ask again, another may not", async (t) => {
  const { core, token } = await start(t);
  const text = await token();
  const context = { db: core.db, authorities: core.authorities, clock: systemClock };
  const { signingRequest } = await makeSigningRequest(AGENT);
  for (let nth = 0; nth < 2; nth += 1) {
    const enrolled = await enrol(context, { token: text, signingRequest });
    assert.ok(enrolled.ok, enrolled.ok ? "" : enrolled.error.message);
  }
  await assert.rejects(enrolWith(text), /the token was used already, by another key/);
});

test("of two that race for one token one is certified", async (t) => {
  const { token } = await start(t);
  const text = await token();
  const both = await Promise.allSettled([enrolWith(text), enrolWith(text)]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
});

test("an expired, a changed, a foreign and an unknown token get nothing", async (t) => {
  const { core, token, url } = await start(t);
  const old = await token();
  await core.db.query("update sync.enrolment_tokens set expires_at = now()");
  await assert.rejects(enrolWith(old), /the token has expired/);
  const [prefix = "", , signature = ""] = old.split(".");
  const parsed = parseEnrolmentToken(old);
  assert.ok(parsed.ok);
  const forged = Buffer.from(
    JSON.stringify({
      id: parsed.value.token.tokenId,
      tenant: core.globex.tenant,
      secret: parsed.value.token.secret,
      agent_id: "root",
      ca_spki_sha256: parsed.value.token.caSpkiSha256,
      server_name: parsed.value.token.serverName,
      expires_at: 4_000_000_000,
    }),
  ).toString("base64url");
  await assert.rejects(enrolWith(`${prefix}.${forged}.${signature}`, url), /was changed after it/);
  await core.db.query("delete from sync.enrolment_tokens");
  await assert.rejects(enrolWith(old), /the token is not known here/);
  const other = await start(t);
  await assert.rejects(enrolWith(await other.token(), url), /is not the core that made the token/);
});

test("a revoked agent is not let in again by a token that was meant for a renewal", async (t) => {
  const { core, token } = await start(t);
  await enrolWith(await token());
  const renewal = await token({ renew: true });
  await revokeAgent(core.db, core.acme.tenant, { agentId: AGENT, actor: "test" });
  await assert.rejects(enrolWith(renewal), /was revoked/);
  assert.equal((await enrolWith(await token())).agentId, AGENT);
});

test("what an agent's log advises lets it in again, whichever was revoked: itself, its certificate or its authority", async (t) => {
  const { core, token } = await start(t);
  const { db, authorities, acme } = core;
  await enrolWith(await token());
  const revokeOwn = (): Promise<unknown> =>
    revokeAuthority(db, authorities, {
      tenant: acme.tenant,
      slug: slug("acme"),
      authorityNo: 1,
      actor: "test",
    });
  const acts = {
    agent: () => revokeAgent(db, acme.tenant, { agentId: AGENT, actor: "test" }),
    certificate: () => db.query("update sync.agents set listed_only = true"),
    authority: revokeOwn,
  };
  for (const [what, revoke] of Object.entries(acts)) {
    await revoke();
    const refused = new SyncError("permission_denied", `Hello: ${what} revoked`, {
      retry: "permanent",
    });
    const advice =
      /agent token --agent-id ID( --renew)?\).* enroll --token-file FILE --force$/.exec(
        diagnose(refused),
      );
    assert.ok(advice, what);
    const enrolled = await enrolWith(await token({ renew: advice[1] !== undefined }));
    const certificatePem = new X509Certificate(enrolled.chainPem).toString();
    const signal = AbortSignal.timeout(20_000);
    // A gateway reads the authorities once a second.
    await eventually(async () => {
      const client = core.client({ ...enrolled, certificatePem });
      assert.ok((await client.hello({ agentId: AGENT }, { signal })).accepted, what);
    });
  }
});

test("no text that is no token is taken for one, and none is repeated", () => {
  fc.assert(
    fc.property(fc.string(), fc.boolean(), (text, hasPrefix) => {
      const parsed = parseEnrolmentToken(hasPrefix ? `srenrol1.${text}.x` : text);
      assert.ok(!parsed.ok);
      assert.ok(text.length < 12 || !parsed.error.includes(text));
    }),
  );
});

test("the command writes what run needs, keeps copies of what was there, and prints no key", async (t) => {
  const { token } = await start(t);
  const dir = await mkdtemp(join(tmpdir(), "enroll-"));
  t.after(() => removeFolder(dir));
  const tokenFile = join(dir, "token");
  const out: string[] = [];
  const print = (line: string): void => void out.push(line);
  const terminal = { env: {}, stopSignal: () => AbortSignal.timeout(20_000) };
  const line = ["enroll", "--token-file", tokenFile, "--dir", join(dir, "etc")];
  const run = (...more: string[]): Promise<number> =>
    runAgentCommand([...line, ...more], { ...terminal, print, printError: print });
  await writeFile(tokenFile, await token());
  assert.equal(await run(), 0, out.join("\n"));
  assert.equal((await stat(join(dir, "etc", "agent-key.pem"))).mode & 0o777, 0o600);
  assert.equal((await stat(join(dir, "etc"))).mode & 0o777, 0o700);
  await writeFile(tokenFile, await token({ renew: true }));
  assert.notEqual(await run(), 0);
  assert.match(out.at(-1) ?? "", /--dir: .* already holds agent\.json/);
  assert.equal(await run("--force"), 0, out.join("\n"));
  const copy = /a copy is in (.*agent-key\.pem\.bak\.\d{8}-\d{6})/.exec(out.join("\n"))?.[1] ?? "";
  const keys = [
    await readFile(copy, "utf8"),
    await readFile(join(dir, "etc", "agent-key.pem"), "utf8"),
  ];
  assert.notEqual(keys[0], keys[1]);
  assert.ok(!out.join("\n").includes("PRIVATE KEY"));
  const validated = ["validate", "--config", join(dir, "etc", "agent.json")];
  assert.equal(await runAgentCommand(validated, { ...terminal, print, printError: print }), 0);
});
