import { err, ok, type Result } from "../lib/result.ts";
import { armisSource } from "./armis.ts";
import { netboxSource } from "./netbox.ts";
import type { Source } from "./source.ts";

const SOURCES: readonly Source[] = [armisSource, netboxSource];

/** The source of a type, as settings name it; letter case does not matter. The error lists the types there are. */
export function sourceOfType(type: string): Result<Source> {
  const source = SOURCES.find((candidate) => candidate.type === type.trim().toLowerCase());
  if (source !== undefined) return ok(source);
  const known = SOURCES.map((candidate) => candidate.type).join(", ");
  return err(`type "${type}" is not one of ${known}`);
}
