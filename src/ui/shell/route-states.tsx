/** What stands in place of a page that is not there, not there yet, or broken. */
import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import type { ReactNode } from "react";

import { PageHeader } from "../parts/page-header.tsx";
import { EmptyState, ErrorState, Skeleton } from "../parts/states.tsx";

/** No page has this path. */
export function NotFound(): ReactNode {
  return (
    <>
      <PageHeader title="Not found" />
      <EmptyState
        icon={Compass}
        title="There is no such page"
        acts={
          <Link to="/" className="button">
            To the overview
          </Link>
        }
      >
        Look at the address: what it names may have been removed or renamed. Ctrl K finds pages,
        sources and devices by name.
      </EmptyState>
    </>
  );
}

/** A page's code is on its way. */
export function RoutePending(): ReactNode {
  return <Skeleton lines={4} />;
}

/** A page could not be loaded, or broke. */
export function RouteError({ error, reset }: ErrorComponentProps): ReactNode {
  return <ErrorState error={error} retry={reset} />;
}
