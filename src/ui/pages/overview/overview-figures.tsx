import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { inboxQuery, tenantQuery, type Inbox } from "../../calls/standing.ts";
import { Figure } from "../../parts/figure.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import type { Tone } from "../../parts/tone.ts";

/** The inventory in five numbers. */
export function OverviewFigures({ tenant }: { readonly tenant: string }): ReactNode {
  const { data: of } = useQuery(tenantQuery(tenant));
  const { data: inbox } = useQuery(inboxQuery(tenant));
  const params = { tenant };
  const joined = of === undefined ? undefined : of.records - of.devices;
  const away = of === undefined ? 0 : of.agents - of.agents_online;
  return (
    <div className="figures">
      <Figure
        label="Devices"
        value={of?.devices}
        note={of !== undefined && `${of.devices_provisional} known by address alone`}
        link={{ to: "/t/$tenant/devices", params }}
      />
      <Figure
        label="Source records"
        value={of?.records}
        note={joined !== undefined && `${joined.toLocaleString("en")} joined into another's device`}
      />
      <Figure
        label="Sources"
        value={of === undefined ? undefined : `${of.sources_enabled} of ${of.sources}`}
        note={of !== undefined && "enabled"}
        link={{ to: "/t/$tenant/sources", params }}
      />
      <Figure
        label="Agents online"
        value={of === undefined ? undefined : `${of.agents_online} of ${of.agents}`}
        note={of !== undefined && (away > 0 ? `${away} away` : "all connected")}
        tone={of === undefined ? "idle" : away > 0 ? "bad" : "good"}
        link={{ to: "/t/$tenant/agents", params }}
      />
      <Figure
        label="Waiting to be worked"
        value={inbox?.waiting}
        note={inbox !== undefined && waitingNote(inbox)}
        tone={waitingTone(inbox)}
        link={{ to: "/t/$tenant/ingestion", params }}
      />
    </div>
  );
}

function waitingNote({ waiting, parked, oldest_at: oldest }: Inbox): ReactNode {
  if (parked > 0) return `${parked} parked`;
  if (waiting === 0 || oldest === undefined) return "inventory is up to date";
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
