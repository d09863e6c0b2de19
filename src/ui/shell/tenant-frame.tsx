import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { ApiProblem } from "../calls/api-client.ts";
import { sessionQuery, type Session } from "../calls/session.ts";
import { inboxQuery } from "../calls/standing.ts";
import { Outside } from "../pages/outside.tsx";
import { RoutePending } from "./route-states.tsx";
import { Shell } from "./shell.tsx";

/** A tenant's pages; one page says so where there is no such tenant, before any of them asks for what is its. */
export function TenantFrame(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const { data: session } = useQuery(sessionQuery);
  if (session === undefined || session === null) return <RoutePending />;
  if (session.tenants.some(({ slug }) => slug === tenant)) return <Shell />;
  if (session.user.is_platform_admin) return <OfAnother tenant={tenant} session={session} />;
  return <NoSuchTenant tenant={tenant} session={session} />;
}

type FrameProps = { readonly tenant: string; readonly session: Session };

/** The platform's administrator may look at tenants where he has no role: whether there is this one, the core says. */
function OfAnother({ tenant, session }: FrameProps): ReactNode {
  const { error, isPending } = useQuery(inboxQuery(tenant));
  if (isPending) return <RoutePending />;
  const isUnknown = error instanceof ApiProblem && error.code === "tenant_not_found";
  return isUnknown ? <NoSuchTenant tenant={tenant} session={session} /> : <Shell />;
}

function NoSuchTenant({ tenant, session }: FrameProps): ReactNode {
  const { tenants, user } = session;
  const isAdmin = user.is_platform_admin;
  return (
    <Outside
      title={
        isAdmin
          ? `There is no tenant "${tenant}"`
          : `There is no tenant "${tenant}" that you may see`
      }
      about={
        tenants.length > 0
          ? "Look at the address. These are the tenants where you have a role:"
          : "Look at the address. You have a role in no tenant; an administrator can give one."
      }
    >
      <div className="stack-s">
        {tenants.map(({ slug, name }) => (
          <Link key={slug} to="/t/$tenant" params={{ tenant: slug }} className="button">
            {name}
          </Link>
        ))}
        {isAdmin && (
          <Link to="/platform" className="button">
            All tenants
          </Link>
        )}
      </div>
    </Outside>
  );
}
