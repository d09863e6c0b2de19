/** Lists of the API, read page by page. */
import { PAGE_MAX } from "../api/page.ts";
import type { ApiRequest } from "./core-request.ts";

/** Members of a query; absent ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A path of the API: segments are encoded. */
export function apiPath(segments: readonly string[], query: Query = {}): string {
  return withQuery(["", "api", "v1", ...segments].map(encodeURIComponent).join("/"), query);
}

/** An encoded path with what is asked there; absent members are left out. */
export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.append(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

/** Whatever asks the API. */
export interface Asking {
  ask<Body>(asked: ApiRequest): Promise<Body>;
}

/** A page of a list. */
export interface Page {
  readonly next?: string;
}

/** Every page of a list, from the first one on; as many rows each as the API gives at once. */
export async function* pagesOf<Body extends Page>(
  asking: Asking,
  segments: readonly string[],
  query: Query = {},
): AsyncGenerator<Body, void> {
  let after: string | undefined;
  do {
    const path = apiPath(segments, { limit: PAGE_MAX, ...query, after });
    const page: Body = await asking.ask<Body>({ method: "GET", path });
    yield page;
    after = page.next;
  } while (after !== undefined);
}
