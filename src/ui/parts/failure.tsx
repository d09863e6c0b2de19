import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { failureTold } from "./failure-words.ts";

/** What an act failed of; undefined and null while it has not. */
type FailureProps = { readonly error: unknown };

/**
 * Tells of a failed act where it was begun, with what helps. It stands beside the button that began it, which stays as it is: pressed
 * again, it tries again.
 */
export function Failure({ error }: FailureProps): ReactNode {
  if (error === undefined || error === null) return null;
  const { what, helps } = failureTold(error);
  return (
    <div className="notice failure" data-tone="bad" role="alert">
      <CircleAlert size={17} aria-hidden />
      <div className="wrap-anywhere">
        <p>{what}</p>
        {helps !== undefined && <p className="muted">{helps}</p>}
      </div>
    </div>
  );
}
