import type { SourceDevice, OpenSource, PullOptions, SourceRejection } from "./source.ts";

/** The first devices of a source, mapped as a run would send them. */
export interface Preview {
  readonly devices: readonly SourceDevice[];
  readonly rejected: readonly SourceRejection[];
  readonly sourceTotal: number | undefined;
}

/** Pages read for a preview at most: a source whose first pages hold no device has none to show. */
const PAGES_MAX = 10;

/** Reads until `limit` devices are there, and no further. Throws what `pull` throws. */
export async function previewSource(
  opened: OpenSource,
  { limit, ...options }: PullOptions & { readonly limit: number },
): Promise<Preview> {
  const devices: SourceDevice[] = [];
  const rejected: SourceRejection[] = [];
  let sourceTotal: number | undefined;
  let pages = 0;
  for await (const page of opened.pull({ ...options, isSample: true })) {
    devices.push(...page.devices);
    rejected.push(...page.rejected);
    sourceTotal = page.sourceTotal ?? sourceTotal;
    pages += 1;
    if (devices.length >= limit || pages >= PAGES_MAX) break;
  }
  return { devices: devices.slice(0, limit), rejected: rejected.slice(0, limit), sourceTotal };
}
