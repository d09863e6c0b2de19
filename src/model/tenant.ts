import { err, ok, type Result } from "../lib/result.ts";

/** A tenant's name in URLs, certificates and commands. */
export type TenantSlug = string & { readonly __brand: "TenantSlug" };

/** One DNS label: it becomes a label of certificate common names, whose dots separate. */
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** "serviceradar" is the label that tells a three-label CN from a four-label one; "platform" is the original's. */
const RESERVED = new Set(["serviceradar", "platform"]);

/** Checks a tenant slug: lower-case letters, digits and inner dashes, at most 63, not reserved. */
export function parseTenantSlug(text: string): Result<TenantSlug> {
  if (RESERVED.has(text)) return err(`tenant "${text}" is a reserved name`);
  if (!SLUG.test(text)) {
    return err(`tenant "${text}" must be lower-case letters, digits and inner dashes, at most 63`);
  }
  return ok(text as TenantSlug);
}

/** Agent and partition ids become labels of a certificate's CN, so they hold no dot; 128 bytes as upstream. */
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,126}[A-Za-z0-9])?$/;

/** Checks an agent id or a partition. `what` names it in the error. */
export function parseLabel(text: string, what: string): Result<string> {
  if (LABEL.test(text) && text.toLowerCase() !== "serviceradar") return ok(text);
  return err(
    `${what} "${text}" must be letters, digits, dashes and underscores, at most 128, without dots`,
  );
}
