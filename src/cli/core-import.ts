/** Bundles: runs that an agent wrote into a file because no line leads to the core, and what such an agent is told. */
import type { z } from "@hono/zod-openapi";

import type { importedSchema, openedBundleSchema } from "../api/contract-imports.ts";
import type { runDetailSchema } from "../api/contract-sources.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { writePrivateFile } from "../lib/private-file.ts";
import type { SealedRecord } from "../lib/sealed-file.ts";
import { readEnvelope, readRecords } from "../lib/sealed-reader.ts";
import { BUNDLE_MANIFEST, BUNDLE_UPDATES } from "../model/bundle.ts";
import { parseManifest } from "../model/run-manifest.ts";
import { required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { published, runEnded } from "./core-ingest.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";
import { countOf, countText } from "./wording.ts";

type Opened = z.infer<typeof openedBundleSchema>;
type Imported = z.infer<typeof importedSchema>;
type RunDetail = z.infer<typeof runDetailSchema>;

/** import, and agent config. */
export const BUNDLE_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "import",
    summary: "Take the runs of a bundle that serviceradar-agent run --once --out wrote",
    operands: { file: required("FILE", "ends in .srb") },
    run: ({ file }, session) => importBundle(file, session),
  }),
  tenantCommand({
    name: "agent config",
    summary: "Write what an agent is told, credentials included, for one that no line leads to",
    operands: { agentId: required("AGENT", "id of the agent") },
    flags: { out: required("FILE", "where to; only its owner can read it") },
    run: async ({ agentId, out }, session) => {
      const path = session.path(["agents", agentId, "config"]);
      const config = await session.ask<object>({ method: "GET", path });
      await writePrivateFile(out, `${JSON.stringify(config, undefined, 2)}\n`);
      session.show({ file: out }, () => [
        `${out} was written. Credentials stand in it in clear: carry it as you would carry a key.`,
        `On the agent's host: serviceradar-agent run --once --sources ${out} --out RUNS.srb`,
      ]);
    },
  }),
];

/** Looks for the end of a run, ten minutes: a core that is so far behind works on without us. */
const RUN_LOOKS_MAX = 2_400;

/** What came of a bundle's records. */
type Counts = { stored: number; known: number; readonly runs: Set<string> };

/** Shows a bundle to the core, and gives what it says of it. Throws SyncError "bundle", or RefusedRequest with the reason. */
async function openBundle(
  file: string,
  session: TenantSession,
): Promise<Opened & { readonly key: Buffer }> {
  const { header, digest, signature } = await readEnvelope(file).catch((thrown: unknown) => {
    throw new SyncError("bundle", `${file}: ${messageOf(thrown)}`, {
      retry: "permanent",
      cause: thrown,
    });
  });
  const opened = await session.ask<Opened>({
    method: "POST",
    path: session.path(["imports"]),
    body: { header, digest: digest.toString("hex"), signature: signature.toString("base64") },
  });
  return { ...opened, key: Buffer.from(opened.content_key, "hex") };
}

/** A bundle's chunks of device updates, as JSON arrays; those of all its runs. Throws as `import` does. */
export async function* bundledUpdates(
  file: string,
  session: TenantSession,
): AsyncGenerator<string> {
  const { key } = await openBundle(file, session);
  for await (const record of readRecords(file, key)) {
    const { route, text } = textOf(record);
    if (route === "updates") yield text;
  }
}

async function importBundle(file: string, session: TenantSession): Promise<void> {
  const { key, ...opened } = await openBundle(file, session);
  // Read to its end before anything is taken, so that a file that does not hold what it should leaves no half run behind.
  const sources = new Set<string>();
  for await (const record of readRecords(file, key)) {
    const { serviceId } = textOf(record);
    if (serviceId !== undefined) sources.add(serviceId);
  }
  for (const source of sources) {
    // The run of a source that is gone would never end.
    await session.ask({ method: "GET", path: session.path(["sources", source]) });
  }
  const counts: Counts = { stored: 0, known: 0, runs: new Set() };
  for await (const record of readRecords(file, key)) {
    await take(record, { agentId: opened.agent_id, session, counts });
  }
  await session.work();
  for (const run of counts.runs) await runEnded(run, session, RUN_LOOKS_MAX);
  await published(session);
  const runs = await Promise.all([...counts.runs].map((run) => detailOf(run, session)));
  show(runs, { opened, counts, session });
  const isWhole = runs.every(({ outcome }) => outcome === "success");
  if (!isWhole) throw new Misuse("not every run of the bundle is complete", EXIT.partial);
}

type Taking = {
  readonly agentId: string;
  readonly session: TenantSession;
  readonly counts: Counts;
};

async function take(record: SealedRecord, { agentId, session, counts }: Taking): Promise<void> {
  const { route, text } = textOf(record);
  const path = session.path(["imports", agentId, route]);
  const { run_id: runId, is_known: isKnown } = await session.ask<Imported>({
    method: "POST",
    path,
    text,
  });
  counts[isKnown ? "known" : "stored"] += 1;
  if (route === "manifests") counts.runs.add(runId);
}

/** The record as it is sent on. Throws SyncError "bundle" for what no agent of ours writes. */
function textOf({ kind, bytes }: SealedRecord): {
  readonly route: "updates" | "manifests";
  readonly text: string;
  /** Of a manifest: its source. */
  readonly serviceId?: string;
} {
  const text = bytes.toString("utf8");
  if (!Buffer.from(text).equals(bytes)) throw unreadable("a record is no UTF-8");
  if (kind === BUNDLE_UPDATES && text.startsWith("[")) return { route: "updates", text };
  if (kind !== BUNDLE_MANIFEST) throw unreadable(`a record is of the unknown kind ${kind}`);
  const manifest = parseManifest(text);
  if (!manifest.ok) throw unreadable(manifest.error);
  return { route: "manifests", text, serviceId: manifest.value.serviceId };
}

function unreadable(why: string): SyncError {
  return new SyncError("bundle", `the bundle cannot be read: ${why}`, { retry: "permanent" });
}

async function detailOf(runId: string, session: TenantSession): Promise<RunDetail> {
  return await session.ask<RunDetail>({ method: "GET", path: session.path(["runs", runId]) });
}

function show(
  runs: readonly RunDetail[],
  {
    opened,
    counts: { stored, known },
    session,
  }: { readonly opened: Opened; readonly counts: Counts; readonly session: TenantSession },
): void {
  const { agent_id, partition } = opened;
  const body = { agent_id, partition, stored, known, runs };
  session.show(body, () => [
    `Bundle of agent ${agent_id}: ${countOf(stored, "record")} taken, ${countText(known)} known before.`,
    "",
    ...tableLines(
      [
        { title: "RUN", text: (run) => run.run_id },
        { title: "SOURCE", text: (run) => run.source },
        { title: "OUTCOME", text: (run) => run.outcome },
        { title: "ENTRIES", text: (run) => countText(run.entries ?? 0), isNumber: true },
      ],
      runs,
    ),
  ]);
}
