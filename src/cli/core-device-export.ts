/** devices export: devices as a file, as many as there are, which come and go page by page. */
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { EXPORT_FORMATS } from "../api/page.ts";
import { formatBytes } from "../lib/bytes.ts";
import { ConfigError, messageOf, SyncError } from "../lib/errors.ts";
import { oneOf, optional } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { DEVICE_FILTERS } from "./core-devices.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";

const { q, ...filters } = DEVICE_FILTERS;

/** devices export. */
export const DEVICE_EXPORT_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "devices export",
    summary: "Write devices as CSV, NDJSON or the original's OCSF, as many as there are",
    operands: { q },
    flags: {
      format: oneOf(EXPORT_FORMATS, "how (default: csv)"),
      query: optional("SRQL", "a query, as in 'vendor:cisco sort:hostname'"),
      ...filters,
      out: optional("FILE", "where to; it must not be there yet (default: standard output)"),
    },
    run: async ({ out, ...asked }, session) => {
      const { format, query, source, type, partition, state } = asked;
      const wanted = { format, query, q: asked.q, source, type, partition, state };
      const path = session.path(["devices", "export"], wanted);
      const body = await session.open({ method: "GET", path });
      if (out === undefined) {
        await printed(body, session.context);
        return;
      }
      const bytes = await written(body, out);
      session.show({ file: out, bytes }, () => [`${out}: ${formatBytes(bytes)}`]);
    },
  }),
];

async function printed(
  body: AsyncIterable<Uint8Array>,
  { print }: Pick<CoreContext, "print">,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of body) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) print(line);
  }
  if (rest !== "") print(rest);
}

/** Gives the size. A file that is not whole goes again: it would look as if it were. */
async function written(body: AsyncIterable<Uint8Array>, out: string): Promise<number> {
  const file = createWriteStream(out, { flags: "wx" });
  let isOurs = false;
  file.once("open", () => (isOurs = true));
  try {
    await pipeline(Readable.from(body), file);
  } catch (thrown) {
    if (!isOurs) throw new ConfigError("--out", `${out} cannot be written: ${messageOf(thrown)}`);
    await rm(out, { force: true });
    const why = `${out} is not whole and was removed: ${messageOf(thrown)}`;
    throw new SyncError("unreachable", why, { retry: "transient", cause: thrown });
  }
  return file.bytesWritten;
}
