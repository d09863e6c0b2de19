import type { ReactNode } from "react";

type RefusedProps = { readonly why: string | undefined };

/** In place of what a role may not look at or do: which role it needs; nothing where there is no reason. */
export function Refused({ why }: RefusedProps): ReactNode {
  if (why === undefined) return null;
  return (
    <p className="notice" data-tone="warn" role="status">
      {why}
    </p>
  );
}
