import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { agentsPageQuery } from "../../calls/agents.ts";
import { heldRetractionsQuery } from "../../calls/review.ts";
import { inboxQuery, overviewQuery, qualityQuery } from "../../calls/standing.ts";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, ErrorState, Skeleton } from "../../parts/states.tsx";
import { attentionOf, hasMoreSources, type Attention } from "./attention.ts";

/** Lines shown: what a person reads before doing something. */
const SHOWN_MAX = 20;

/** What needs a person, the worst first. */
export function AttentionPanel({ tenant }: { readonly tenant: string }): ReactNode {
  const sources = useQuery(overviewQuery(tenant));
  const agents = useQuery(agentsPageQuery(tenant, {}, { attention: true }));
  const inbox = useQuery(inboxQuery(tenant));
  const quality = useQuery(qualityQuery(tenant));
  const retractions = useQuery(heldRetractionsQuery(tenant));
  const queries = [sources, agents, inbox, quality, retractions];
  const isLoading = queries.some((query) => query.isPending);
  const failed = queries.find((query) => query.isError && query.data === undefined);
  const standing = {
    sources: sources.data?.sources,
    agents: agents.data?.rows,
    inbox: inbox.data,
    quality: quality.data,
    retractions: retractions.data,
  };
  const all = attentionOf(standing, pageNowMs());
  const isMore =
    all.length > SHOWN_MAX ||
    agents.data?.next !== undefined ||
    (sources.data !== undefined && hasMoreSources(sources.data));
  return (
    <Panel title="Needs attention" padded={false}>
      {isLoading ? (
        <div className="panel-body">
          <Skeleton lines={4} />
        </div>
      ) : failed !== undefined && all.length === 0 ? (
        <ErrorState error={failed.error} retry={() => void failed.refetch()} />
      ) : all.length === 0 ? (
        <EmptyState icon={CircleCheck} title="Nothing needs you">
          Every source ran, every agent is connected, and nothing waits for a decision.
        </EmptyState>
      ) : (
        <ul className="attention">
          {all.slice(0, SHOWN_MAX).map((one) => (
            <AttentionLine key={one.id} tenant={tenant} one={one} />
          ))}
          {isMore && (
            <li className="muted">
              <span>
                And more: the lists of{" "}
                <Link to="/t/$tenant/sources" params={{ tenant }}>
                  sources
                </Link>{" "}
                and{" "}
                <Link to="/t/$tenant/agents" params={{ tenant }}>
                  agents
                </Link>{" "}
                have all of them.
              </span>
            </li>
          )}
          {failed !== undefined && (
            <li className="muted">A part of this could not be loaded: there may be more.</li>
          )}
        </ul>
      )}
    </Panel>
  );
}

const ICONS = { bad: CircleAlert, warn: TriangleAlert, info: Info, idle: Info, good: CircleCheck };

function AttentionLine({
  tenant,
  one,
}: {
  readonly tenant: string;
  readonly one: Attention;
}): ReactNode {
  const Icon = ICONS[one.tone];
  return (
    <li data-tone={one.tone}>
      <Icon size={18} aria-hidden />
      <div>
        <Link
          to={one.to}
          params={{ tenant, source: one.source ?? "" }}
          search={one.kind === undefined ? {} : { kind: one.kind }}
        >
          {one.title}
        </Link>
        <p className="muted small">{one.about}</p>
      </div>
      <ChevronRight size={16} aria-hidden />
    </li>
  );
}
