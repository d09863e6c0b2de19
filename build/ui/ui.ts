import { gzipSync } from "node:zlib";

/** `npm run ui [-- --quiet]`: builds the web page for the core of this checkout; a running core takes it at the next reload. */
import { bundleUi } from "./bundle-ui.ts";
import { ensureUi } from "./ensure-ui.ts";

const KILOBYTE = 1_000;

const isQuiet = process.argv.includes("--quiet");
const isNew = await ensureUi();
if (!isQuiet) {
  const { files, first } = await bundleUi();
  const size = (path: string): number =>
    gzipSync(files.find((file) => file.path === path)?.bytes ?? "").length;
  const bytes = first.reduce((sum, path) => sum + size(path), 0);
  const kilobytes = (bytes / KILOBYTE).toFixed(1);
  process.stdout.write(
    `${isNew ? "built" : "up to date"}: ${files.length} files, first load ${kilobytes} kB gzip\n`,
  );
}
