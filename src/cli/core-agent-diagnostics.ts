import { writePrivateFile } from "../lib/private-file.ts";
import { failUnless, lastWords, untilEnded, type Asked } from "./core-asked.ts";
import type { TenantSession } from "./core-session.ts";

/** Asks an agent for its diagnostics over its control stream, and prints them or writes them into a file. */
export async function showDiagnostics(
  { agentId, out }: { readonly agentId: string; readonly out: string | undefined },
  session: TenantSession,
): Promise<void> {
  const path = session.path(["agents", agentId, "diagnostics"]);
  const asked = await session.ask<Asked>({ method: "POST", path });
  const ended = await untilEnded(session, asked);
  if (ended.state !== "succeeded") session.show(ended, () => [lastWords(ended)]);
  failUnless(ended);
  const text = JSON.stringify(ended.result, undefined, 2);
  if (out === undefined) {
    session.show(ended.result, () => [text]);
    return;
  }
  await writePrivateFile(out, `${text}\n`);
  session.show({ file: out }, () => [`${out} was written; no credential and no key is in it.`]);
}
