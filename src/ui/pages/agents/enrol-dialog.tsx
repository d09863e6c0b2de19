import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { makeEnrolment } from "../../calls/agent-acts.ts";
import { agentsOfQuery, type Agent } from "../../calls/agents.ts";
import { queryClient } from "../../calls/query-client.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Failure } from "../../parts/failure.tsx";
import { EnrolFields, EnrolmentMade } from "./enrol-fields.tsx";
import { againOf, enrolmentBody } from "./enrol-wanted.ts";
import { useWanted } from "./use-wanted.ts";

type EnrolDialogProps = {
  readonly tenant: string;
  /** Who is to be enrolled again; absent: somebody new. */
  readonly again?: Agent | undefined;
  readonly onClose: () => void;
};

/** Makes a host an agent: one line to paste there, or what to do where no line leads to the core. */
export function EnrolDialog({ tenant, again, onClose }: EnrolDialogProps): ReactNode {
  const { wanted, change, isClosed } = useWanted(tenant, again);
  // Judged as it was asked: a host that uses its token at once is known, or no longer revoked, while its line is shown.
  const making = useMutation({
    mutationFn: async () => {
      const { rows } = await queryClient.fetchQuery(agentsOfQuery(tenant, [wanted.agent.trim()]));
      const of = await makeEnrolment(tenant, enrolmentBody(wanted, rows));
      return { of, again: againOf(wanted.agent, rows) };
    },
  });
  const { data: made } = making;
  // Asked for its whole id: among thousands the one that is typed need not be on any page that is there.
  const { data: known = again === undefined ? [] : [again] } = useQuery(
    agentsOfQuery(tenant, [wanted.agent.trim()]),
  );
  const as = againOf(wanted.agent, known);
  return (
    <Dialog
      title={made === undefined ? "Enrol an agent" : `Enrol ${made.of.agent_id}`}
      about="A program in your network that pulls the sources. The host makes its key itself."
      isWide
      isOpen
      onClose={onClose}
      foot={
        made === undefined ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              kind="primary"
              disabled={wanted.agent.trim() === "" || making.isPending}
              onClick={() => making.mutate()}
            >
              Make the line
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        )
      }
    >
      {made === undefined ? (
        <>
          <EnrolFields {...{ wanted, isClosed }} onChange={change} isAgain={as !== "no"} />
          <Failure error={making.error} />
        </>
      ) : (
        <EnrolmentMade made={made.of} tenant={tenant} wanted={wanted} again={made.again} />
      )}
    </Dialog>
  );
}
