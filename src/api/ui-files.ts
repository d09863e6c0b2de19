/** The web page's files, from the executable that we run from or from what a checkout has built. */
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { embeddedAsset } from "../lib/executable.ts";
import { UI_ASSET, unpackUi, type PackedFile } from "./ui-pack.ts";

/** Finds a file of the page by its path; undefined where there is none. */
export type UiFiles = (path: string) => PackedFile | undefined;

/** The page's files; in a checkout each look takes a page that was built anew since. None are found where none was built. */
export function uiFiles(): UiFiles {
  const embedded = embeddedAsset(UI_ASSET);
  if (embedded === undefined) return checkoutFiles();
  const files = unpackUi(embedded);
  return (path) => files.get(path);
}

function checkoutFiles(): UiFiles {
  // Undefined in a bundle, which has the asset.
  const base: string | undefined = import.meta.url;
  if (base === undefined) return () => undefined;
  const pack = fileURLToPath(new URL(`../../.cache/ui/${UI_ASSET}`, base));
  let read:
    | { readonly madeMs: number; readonly files: ReadonlyMap<string, PackedFile> }
    | undefined;
  return (path) => {
    const madeMs = statSync(pack, { throwIfNoEntry: false })?.mtimeMs;
    if (madeMs === undefined) return undefined;
    if (read?.madeMs !== madeMs) read = { madeMs, files: unpackUi(readFileSync(pack)) };
    return read.files.get(path);
  };
}
