import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { queryClient } from "../../calls/query-client.ts";
import { actOnSource } from "../../calls/sources.ts";
import { keyOf } from "../../calls/topics.ts";
import { Facts } from "../../parts/panel.tsx";
import { toast } from "../../parts/toast.ts";
import { SOURCE_TYPES } from "./draft.ts";
import { StepFrame } from "./step-frame.tsx";
import type { Wizard } from "./use-wizard.ts";

/** Switches the source on. */
export function StepEnable({
  tenant,
  wizard,
}: {
  readonly tenant: string;
  readonly wizard: Wizard;
}): ReactNode {
  const { draft } = wizard;
  const navigate = useNavigate();
  const enabling = useMutation({
    mutationFn: () => actOnSource(tenant, draft.name, "enable"),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keyOf(tenant, "sources") });
      toast(`${draft.name} is enabled; its agent begins within seconds.`);
      await navigate({
        to: "/t/$tenant/sources/$source",
        params: { tenant, source: draft.name },
      });
    },
  });
  return (
    <StepFrame
      title={`Enable ${draft.name}?`}
      about="Its agent begins with a discovery at once. Until then the source is stored and does nothing."
      next={enabling.isPending ? "Enabling…" : "Enable"}
      onNext={() => enabling.mutate()}
      onBack={() => wizard.goTo(4)}
      error={enabling.error}
    >
      <Facts
        of={[
          ["System", SOURCE_TYPES[draft.type].title],
          ["Address", draft.endpoint],
          ["Agent", draft.agentId],
          ["Poll", `every ${draft.pollInterval}`],
          ["Discovery", `every ${draft.discoveryInterval}`],
        ]}
      />
    </StepFrame>
  );
}
