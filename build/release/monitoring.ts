/** Alert rules and dashboards, which go with the core. */
import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../docs/monitoring/", import.meta.url);

/** Each file for Prometheus or Grafana by its name; the page about them stays in the documents that it leads to. */
export function monitoringFiles(): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(FOLDER)
    .filter((name) => !name.endsWith(".md"))
    .toSorted()
    .map((name) => ({ name, text: readFileSync(new URL(name, FOLDER), "utf8") }));
}
