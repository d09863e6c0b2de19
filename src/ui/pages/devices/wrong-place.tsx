import type { ReactNode } from "react";

import { ApiProblem } from "../../calls/api-client.ts";

type WrongPlaceProps = { readonly error: unknown; readonly query: string };

/** A query with the part marked that the core does not understand; nothing where it names none. */
export function WrongPlace({ error, query }: WrongPlaceProps): ReactNode {
  const found = error instanceof ApiProblem ? error.errors.find(isPlaced) : undefined;
  if (found?.position === undefined) return null;
  const { from, to } = found.position;
  return (
    <p className="wrong-place">
      <code>
        {query.slice(0, from)}
        <mark>{query.slice(from, to) || "…"}</mark>
        {query.slice(to)}
      </code>
    </p>
  );
}

function isPlaced(one: ApiProblem["errors"][number]): boolean {
  return one.path === "query" && one.position !== undefined;
}
