import type { z } from "@hono/zod-openapi";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import type { enrolmentSchema } from "../../../api/contract.ts";
import { pathOf } from "../../calls/api-client.ts";
import { ask } from "../../calls/query-client.ts";
import { useMay } from "../../calls/session.ts";
import { CopyText } from "../../parts/copy-text.tsx";
import { TextField } from "../../parts/fields.tsx";
import { ExactTime } from "../../parts/time-ago.tsx";
import { StepFrame } from "./step-frame.tsx";

type Enrolment = z.infer<typeof enrolmentSchema>;

const GATEWAY_PORT = 50_052;

/** No agent yet: makes a one-time token by which a host becomes one. The page goes on by itself once an agent is there. */
export function EnrolPanel({ tenant }: { readonly tenant: string }): ReactNode {
  const [agentId, setAgentId] = useState("agent-1");
  const [gateway, setGateway] = useState(`${window.location.hostname}:${GATEWAY_PORT}`);
  const mayEnrol = useMay(tenant, "admin");
  const enrolling = useMutation({
    mutationFn: () =>
      ask<Enrolment>({
        method: "POST",
        path: pathOf(["tenants", tenant, "enrolments"]),
        body: { agent_id: agentId.trim(), gateway_addr: gateway.trim() },
      }),
  });
  const made = enrolling.data;
  return (
    <StepFrame
      title="First, an agent"
      about="An agent is a program on a host that reaches your systems. It pulls them and sends what it finds here; it opens no port."
      next={made === undefined ? "Make a token" : "Make another token"}
      onNext={() => enrolling.mutate()}
      refusal={mayEnrol ? undefined : "Only an administrator of the tenant can enrol agents."}
      error={enrolling.error}
    >
      <div className="columns-2">
        <TextField label="Agent id" value={agentId} onChange={setAgentId} />
        <TextField
          label="Gateway, as the agent reaches it"
          hint="Port 50052 of the core, over mutual TLS."
          value={gateway}
          onChange={setGateway}
        />
      </div>
      {made !== undefined && <Made enrolment={made} />}
    </StepFrame>
  );
}

function Made({ enrolment }: { readonly enrolment: Enrolment }): ReactNode {
  const line = `umask 077; echo '${enrolment.token}' > token && sudo serviceradar-agent enroll --token-file token`;
  return (
    <div className="stack-s" role="status">
      <p>
        On the agent&apos;s host, with the agent installed. The token works once, until{" "}
        <ExactTime at={enrolment.expires_at} />, and is shown only now.
      </p>
      <CopyText text={line} label="Copy the command" />
      <p className="muted small">
        The core answers enrolments only when it was started with --enroll-listen. This page goes on
        as soon as the agent is known.
      </p>
    </div>
  );
}
