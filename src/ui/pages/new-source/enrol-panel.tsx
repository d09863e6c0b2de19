import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { makeEnrolment } from "../../calls/agent-acts.ts";
import { useRefusal } from "../../calls/session.ts";
import { EnrolFields, EnrolmentMade } from "../agents/enrol-fields.tsx";
import { enrolmentBody, type WantedEnrolment } from "../agents/enrol-wanted.ts";
import { useWanted } from "../agents/use-wanted.ts";
import { StepFrame } from "./step-frame.tsx";

/** No agent yet: makes a one-time token by which a host becomes one. The page goes on by itself once an agent is there. */
export function EnrolPanel({ tenant }: { readonly tenant: string }): ReactNode {
  const { wanted, change, isClosed } = useWanted(tenant, undefined, { agent: "agent-1" });
  const refusal = useRefusal(tenant, "admin");
  const enrolling = useMutation({
    mutationFn: (of: WantedEnrolment) => makeEnrolment(tenant, enrolmentBody(of, [])),
  });
  // The fields may be written in beside the line, which stays what its token was made for.
  const { data: made, variables: asked } = enrolling;
  return (
    <StepFrame
      title="First, an agent"
      about="An agent is a program on a host that reaches your systems. It pulls them and sends what it finds here; it opens no port."
      next={made === undefined ? "Make the line" : "Make another line"}
      onNext={() => enrolling.mutate(wanted)}
      refusal={refusal}
      error={enrolling.error}
    >
      <EnrolFields {...{ wanted, isClosed }} onChange={change} isAgain={false} />
      {made !== undefined && asked !== undefined && (
        <>
          <EnrolmentMade made={made} tenant={tenant} wanted={asked} again="no" />
          <p className="muted small">This page goes on as soon as the agent is known.</p>
        </>
      )}
    </StepFrame>
  );
}
