/** What stands where there is nothing to show yet, nothing at all, or something went wrong. */
import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

import { ApiProblem, mayBeOtherwise } from "../calls/api-client.ts";
import { Button } from "./button.tsx";
import { problemWords } from "./failure-words.ts";

const ICON = 28;

type EmptyStateProps = {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  /** What to do about it. */
  readonly acts?: ReactNode;
};

/** Nothing is there, why, and what to do. */
export function EmptyState({ icon: Icon, title, children, acts }: EmptyStateProps): ReactNode {
  return (
    <div className="empty">
      <Icon size={ICON} strokeWidth={1.5} aria-hidden />
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {acts !== undefined && <div className="row">{acts}</div>}
    </div>
  );
}

type ErrorStateProps = { readonly error: unknown; readonly retry?: (() => void) | undefined };

/** A failure in the core's own words. */
export function ErrorState({ error, retry }: ErrorStateProps): ReactNode {
  return (
    <div className="empty" role="alert">
      <CircleAlert size={ICON} strokeWidth={1.5} aria-hidden />
      <h2>{problemTitle(error)}</h2>
      <p>{problemWords(error)}</p>
      {retry !== undefined && mayBeOtherwise(error) && (
        <div className="row">
          <Button onClick={retry}>Try again</Button>
        </div>
      )}
    </div>
  );
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Not understood",
  403: "Not for your role",
  404: "Not there",
  422: "Not understood",
};

/** "Not there" for what nobody has, and the like. */
function problemTitle(error: unknown): string {
  const known = error instanceof ApiProblem ? TITLES[error.status] : undefined;
  return known ?? "This could not be loaded";
}

/** Lines where text will be, as high as the text. */
export function Skeleton({ lines = 1 }: { readonly lines?: number }): ReactNode {
  const widths = ["w-90", "w-70", "w-80", "w-60"];
  return (
    <div className="stack-s" aria-hidden>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className={`skeleton ${widths[line % widths.length]}`} />
      ))}
    </div>
  );
}

type LoadedProps<T> = {
  readonly query: {
    readonly data: T | undefined;
    readonly error: unknown;
    readonly refetch: () => unknown;
  };
  /** Lines while it loads. */
  readonly lines?: number;
  readonly children: (loaded: T) => ReactNode;
};

/** Shows an answer once it is there: lines before, the failure where it fails. What was loaded stays while it is asked for anew. */
export function Loaded<T>({ query, lines = 4, children }: LoadedProps<T>): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null && query.error !== undefined) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  return (
    <div className="panel-body" role="status">
      <span className="visually-hidden">Loading</span>
      <Skeleton lines={lines} />
    </div>
  );
}
