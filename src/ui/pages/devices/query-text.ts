/** SRQL as the page writes it. Pure. */
import { quotedValue } from "../../../model/srql-complete.ts";
import type { Sort } from "../../parts/column.ts";

/** `vendor_name:"Palo Alto"`: a whole value, quoted where it must be. */
export function conditionOf(field: string, value: string): string {
  return `${field}:${quotedValue(value)}`;
}

/** A query with its order. */
export function withSort(query: string | undefined, sort: Sort | undefined): string | undefined {
  if (sort === undefined) return query;
  const order = `sort:${sort.by}:${sort.isDescending ? "desc" : "asc"}`;
  return query === undefined ? order : `${query} ${order}`;
}

/** Where what is typed into the one search field goes: a query has a field, everything else is a name or a value. */
export function splitSearch(typed: string): { readonly q?: string; readonly query?: string } {
  const text = typed.trim();
  if (text === "") return {};
  return looksLikeQuery(text) ? { query: text } : { q: text };
}

/** Whether it has a field, as a query does. */
export function looksLikeQuery(text: string): boolean {
  // A MAC or an IPv6 address has colons too, but nothing like a field's name before the first.
  return /(?:^|[\s(!])!?[a-z_][a-z_.]{2,}:\S/i.test(text) && !text.startsWith("sr:");
}
