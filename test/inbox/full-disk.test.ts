/** A core on a disk that is full: what was acknowledged stays, the rest is refused for the agent to send again. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { startEmbedded, type Embedded } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { putChunk, type ArrivedChunk } from "../../src/inbox/inbox.ts";
import { SyncError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { newTenant } from "../support/dire.ts";
import { removeFolder } from "../support/remove-folder.ts";

const SMALL_DISK = process.env["SERVICERADAR_TEST_SMALL_DISK"];
/** What the disk has left when chunks begin to arrive, bytes: a few of them. */
const ROOM_BYTES = 6 * 1024 ** 2;
/** Random, so that no compression makes it smaller. */
const CHUNK_BYTES = 1024 ** 2;
/** More than fit, so that the test ends when nothing is ever refused. */
const CHUNKS_MAX = 100;
/** Above a segment of the write-ahead log, 16 MiB, which must still be written. */
const FILE_MAX_BYTES = 20 * 1024 ** 2;
const log = silentLog();

test(
  "a full disk loses no acknowledged chunk, and takes the refused ones once it has room",
  { skip: SMALL_DISK === undefined ? "needs a small disk, as in .ci/run" : false },
  async (t) => {
    const dataDir = await folderIn(t, SMALL_DISK ?? "");
    await losesNothing(t, {
      dataDir,
      run: async (whileFull) => {
        const core = await openCore(t, dataDir);
        await migrate(core.db, { log });
        const ballast = fill(t);
        await whileFull(core.db);
        rmSync(ballast);
        await core.stop();
      },
    });
  },
);

test(
  "files that may not grow lose no acknowledged chunk, and take the refused ones once they may",
  { skip: hasPrlimit() ? false : "needs prlimit of util-linux" },
  async (t) => {
    const dataDir = await folderIn(t, tmpdir());
    await losesNothing(t, {
      dataDir,
      run: async (whileFull) => {
        const first = await openCore(t, dataDir);
        await migrate(first.db, { log });
        await first.db.end();
        // Its connections inherit it, and only those that are made from now on.
        const file = join(first.embedded.dataDir, "postgres", "postmaster.pid");
        const pid = String(Number.parseInt(readFileSync(file, "utf8"), 10));
        const { uid, gid } = statSync(file);
        execFileSync("prlimit", ["--pid", pid, `--fsize=${FILE_MAX_BYTES}`], { uid, gid });
        const limited = poolOf(first.embedded);
        await whileFull(limited);
        await limited.end();
        await first.embedded.stop();
      },
    });
  },
);

type Full = {
  readonly dataDir: string;
  /** Calls back with a core that has little room left, and stops that core. */
  readonly run: (whileFull: (db: Db) => Promise<void>) => Promise<void>;
};

async function losesNothing(t: TestContext, { dataDir, run }: Full): Promise<void> {
  let tenant = 0;
  let puts: Puts | undefined;
  await run(async (db) => {
    ({ tenant } = await newTenant(db));
    puts = await putUntilRefused(db, tenant);
  });
  assert.ok(puts !== undefined);
  const { stored, refused, error } = puts;
  assert.ok(stored.length > 0, "none fitted");
  assert.ok(error.retry !== "permanent", `${error.code} would not be sent again`);

  const second = await openCore(t, dataDir);
  t.after(() => second.stop());
  const again = async (chunk: ArrivedChunk): Promise<string> =>
    await putChunk(second.db, tenant, { ...chunk, chunksMax: CHUNKS_MAX });
  for (const chunk of stored) assert.equal(await again(chunk), "known");
  assert.equal(await again(refused), "stored");
  const { rows } = await second.db.query<{ chunks: number }>(
    "select count(*)::int as chunks from sync.inbox where tenant = $1 and length(body) >= raw_bytes",
    [tenant],
  );
  assert.deepEqual(rows, [{ chunks: stored.length + 1 }]);
}

function hasPrlimit(): boolean {
  return spawnSync("prlimit", ["--version"]).status === 0;
}

async function folderIn(t: TestContext, parent: string): Promise<string> {
  const dir = await mkdtemp(join(parent, "core-"));
  await chmod(dir, 0o755);
  t.after(() => removeFolder(dir));
  return dir;
}

type Core = { readonly db: Db; readonly embedded: Embedded; readonly stop: () => Promise<void> };

/** With durable settings, as a core has them. */
async function openCore(t: TestContext, dataDir: string): Promise<Core> {
  const embedded: Embedded = await startEmbedded({
    dataDir,
    explicitDataDir: true,
    log,
    sharedBuffersBytes: 32 * 1024 ** 2,
  });
  t.after(() => embedded.stop());
  const db = poolOf(embedded);
  const stop = async (): Promise<void> => {
    await db.end();
    await embedded.stop();
  };
  return { db, embedded, stop };
}

function poolOf({ connection }: Embedded): Db {
  return openPool({ address: connection, max: 1, applicationName: "test", log });
}

/** Fills the disk but for ROOM_BYTES; gives the file that does so. */
function fill(t: TestContext): string {
  const file = join(SMALL_DISK ?? "", "ballast");
  t.after(() => rmSync(file, { force: true }));
  const descriptor = openSync(file, "w");
  const block = Buffer.alloc(CHUNK_BYTES, 1);
  try {
    for (;;) writeSync(descriptor, block);
  } catch (thrown) {
    assert.equal((thrown as NodeJS.ErrnoException).code, "ENOSPC");
  }
  ftruncateSync(descriptor, Math.max(0, statSync(file).size - ROOM_BYTES));
  closeSync(descriptor);
  return file;
}

type Puts = {
  readonly stored: readonly ArrivedChunk[];
  readonly refused: ArrivedChunk;
  readonly error: SyncError;
};

async function putUntilRefused(db: Db, tenant: number): Promise<Puts> {
  const stored: ArrivedChunk[] = [];
  for (let chunkIndex = 0; chunkIndex < CHUNKS_MAX; chunkIndex += 1) {
    const chunk = chunkOf(chunkIndex);
    try {
      assert.equal(await putChunk(db, tenant, { ...chunk, chunksMax: CHUNKS_MAX }), "stored");
      stored.push(chunk);
    } catch (error) {
      assert.ok(error instanceof SyncError, String(error));
      return { stored, refused: chunk, error };
    }
  }
  throw new assert.AssertionError({ message: `${CHUNKS_MAX} chunks fitted on the disk` });
}

function chunkOf(chunkIndex: number): ArrivedChunk {
  const sender = { agentId: "a", partition: "default", sources: [] };
  return { agentId: "a", runId: "r", chunkIndex, sender, message: randomBytes(CHUNK_BYTES) };
}
