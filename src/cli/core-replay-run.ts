import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";

import { createTenant } from "../control/tenants.ts";
import { Replay } from "../dire/replay.ts";
import { seizeTenant, type Lease } from "../inbox/lease.ts";
import { newUuid, randomHex } from "../lib/clock.ts";
import { ConfigError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { createLog } from "../lib/log.ts";
import { shuffledIndices } from "../lib/shuffle.ts";
import { parseTenantSlug } from "../model/tenant.ts";
import type { Values } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { openForCommand } from "./core-in-process.ts";
import { writeExplanations } from "./core-replay-explain.ts";
import { placed, readBatches, Recording, type ReplayBatch } from "./core-replay-input.ts";
import { logLevel, platformSettings, type WHERE } from "./core-settings.ts";
import type { Platform } from "./platform.ts";

/** Lines whose answers are read and written at a time. */
const ANSWER_LINES = 5_000;
/** How often a long replay says how far it is, ms. */
const PROGRESS_MS = 10_000;
/** Connections that a replay opens: it does one thing at a time. */
const POOL_SIZE = 4;

/** What `replay` was told. */
interface ReplayValues extends Values<typeof WHERE> {
  readonly in: string;
  readonly batches: string | undefined;
  readonly out: string;
  readonly aliases: string | undefined;
  readonly explain: string | undefined;
  readonly shuffle: number | undefined;
}

/** Plays a recording into a new tenant and gives the exit code. */
export async function playRecording(values: ReplayValues, context: CoreContext): Promise<number> {
  const { env, clock } = context;
  const log = createLog({ component: "core", level: logLevel(env, "error") });
  const isTemporary =
    values.dataDir === undefined && platformSettings(values, env).databaseUrl === undefined;
  const dir = isTemporary ? await mkdtemp(join(tmpdir(), "serviceradar-replay-")) : undefined;
  try {
    const where = platformSettings({ ...values, dataDir: values.dataDir ?? dir }, env);
    const settings = { ...where, isDataDirExplicit: !isTemporary, poolSize: POOL_SIZE };
    await using platform = await openForCommand(settings, { log, clock });
    await using recording = await Recording.open(values.in);
    const batches =
      values.batches === undefined
        ? recording.batches()
        : await readBatches(values.batches, recording.lines);
    const order =
      values.shuffle === undefined ? undefined : shuffledIndices(recording.lines, values.shuffle);
    const lease = await newTenant(platform);
    const replay = new Replay(platform.db.forTenant(lease.tenant), {
      lease,
      lines: recording.lines,
    });
    await play(replay, { recording, batches, order, context });
    await writeAnswers(replay, { path: values.out, lines: recording.lines });
    if (values.aliases !== undefined) await writeLines(values.aliases, await replay.aliases());
    if (values.explain !== undefined) {
      const db = platform.db.forTenant(lease.tenant);
      await writeExplanations(db, lease.tenant, values.explain);
    }
    return EXIT.ok;
  } finally {
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  }
}

/** A tenant that nobody else works: its lease is the replay's own. */
async function newTenant({ db, authorities }: Platform): Promise<Lease> {
  const slug = parseTenantSlug(`replay-${randomHex(4)}`);
  const made = slug.ok
    ? await createTenant(db, { slug: slug.value, name: slug.value, actor: "replay", authorities })
    : slug;
  if (!made.ok) throw new ConfigError("replay", made.error);
  const { tenant } = made.value;
  return await seizeTenant(db.forTenant(tenant), { tenant, owner: newUuid() });
}

type Playing = {
  readonly recording: Recording;
  readonly batches: readonly ReplayBatch[];
  readonly order: Int32Array | undefined;
  readonly context: CoreContext;
};

async function play(
  replay: Replay,
  { recording, batches, order, context }: Playing,
): Promise<void> {
  let toldMs = context.clock.now();
  let played = 0;
  for (const lines of placed(batches, order)) {
    await replay.play(
      await Promise.all(
        lines.map(async (line) => ({ ...line, text: await recording.line(line.i) })),
      ),
    );
    played += lines.length;
    if (context.clock.now() - toldMs < PROGRESS_MS) continue;
    toldMs = context.clock.now();
    context.printError(`replay: ${played} of ${recording.lines} updates`);
  }
}

async function writeAnswers(
  replay: Replay,
  { path, lines }: { readonly path: string; readonly lines: number },
): Promise<void> {
  const out = createWriteStream(path);
  for (let from = 0; from < lines; from += ANSWER_LINES) {
    const answers = await replay.answers(from, Math.min(lines, from + ANSWER_LINES));
    const isTaken = out.write(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(""));
    if (!isTaken) await once(out, "drain");
  }
  out.end();
  await finished(out);
}

async function writeLines(path: string, rows: readonly unknown[]): Promise<void> {
  const out = createWriteStream(path);
  out.end(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await finished(out);
}
