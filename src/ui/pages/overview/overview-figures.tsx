import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { heldRetractionsQuery, reviewCount } from "../../calls/review.ts";
import {
  inboxQuery,
  overviewQuery,
  qualityQuery,
  tenantQuery,
  type Inbox,
  type TenantOverview,
} from "../../calls/standing.ts";
import { counted } from "../../parts/counted.ts";
import { Figure } from "../../parts/figure.tsx";
import { numberWords } from "../../parts/number-words.ts";
import { TimeAgo } from "../../parts/time-ago.tsx";
import type { Tone } from "../../parts/tone.ts";
import { freshness } from "./freshness.ts";

/** The inventory in six numbers. */
export function OverviewFigures({ tenant }: { readonly tenant: string }): ReactNode {
  const { data: of } = useQuery(tenantQuery(tenant));
  const { data: inbox } = useQuery(inboxQuery(tenant));
  const params = { tenant };
  const away = of === undefined ? 0 : of.agents - of.agents_online;
  return (
    <div className="figures">
      <Figure
        label="Devices"
        value={of?.devices}
        note={of !== undefined && recordsNote(of)}
        link={{ to: "/t/$tenant/devices", params }}
      />
      <FreshFigure tenant={tenant} />
      <ReviewFigure tenant={tenant} />
      <Figure
        label="Sources"
        value={of === undefined ? undefined : `${of.sources_enabled} of ${of.sources}`}
        note={of !== undefined && "enabled"}
        link={{ to: "/t/$tenant/sources", params }}
      />
      <Figure
        label="Agents online"
        value={of === undefined ? undefined : `${of.agents_online} of ${of.agents}`}
        note={of !== undefined && agentsNote(of)}
        tone={of === undefined || of.agents === 0 ? "idle" : away > 0 ? "bad" : "good"}
        link={{ to: "/t/$tenant/agents", params }}
      />
      <Figure
        label="In the inbox"
        value={inbox?.waiting}
        note={inbox !== undefined && waitingNote(inbox)}
        tone={waitingTone(inbox)}
        link={{ to: "/t/$tenant/ingestion", params }}
      />
    </div>
  );
}

function agentsNote({ agents, agents_online: online }: TenantOverview): string {
  if (agents === 0) return "none enrolled yet";
  return online < agents ? `${numberWords(agents - online)} away` : "all connected";
}

function recordsNote({ records, devices_provisional: byAddress }: TenantOverview): string {
  const whole = `of ${counted(records, "source record")}`;
  return byAddress === 0 ? whole : `${whole}; ${numberWords(byAddress)} by address alone`;
}

/** How old the oldest of what sources brought is: each counts from its last run. */
function FreshFigure({ tenant }: { readonly tenant: string }): ReactNode {
  const { data: standing } = useQuery(overviewQuery(tenant));
  const of = standing === undefined ? undefined : freshness(standing);
  return (
    <Figure
      label="Oldest data"
      value={of === undefined || of.at === undefined ? undefined : <TimeAgo at={of.at} isShort />}
      note={of?.words}
      tone={of === undefined ? "idle" : of.tone}
      link={{ to: "/t/$tenant/sources", params: { tenant } }}
    />
  );
}

function ReviewFigure({ tenant }: { readonly tenant: string }): ReactNode {
  const { data: quality } = useQuery(qualityQuery(tenant));
  const { data: retractions } = useQuery(heldRetractionsQuery(tenant));
  const count = reviewCount(quality, retractions);
  return (
    <Figure
      label="To review"
      value={count}
      note={
        count !== undefined &&
        (count === 0 ? "nothing waits for you" : `wait${count === 1 ? "s" : ""} for a decision`)
      }
      tone={count === undefined ? "idle" : count === 0 ? "good" : "warn"}
      link={{ to: "/t/$tenant/review", params: { tenant } }}
    />
  );
}

function waitingNote({ waiting, parked, oldest_at: oldest }: Inbox): ReactNode {
  if (parked > 0) return `${parked} parked`;
  if (waiting === 0 || oldest === undefined) return "all of it is worked";
  return (
    <>
      oldest <TimeAgo at={oldest} />
    </>
  );
}

function waitingTone(inbox: Inbox | undefined): Tone {
  if (inbox === undefined) return "idle";
  if (inbox.parked > 0) return "bad";
  return inbox.waiting > 0 ? "idle" : "good";
}
