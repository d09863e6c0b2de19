import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useRefusal } from "../../calls/session.ts";
import { sourceQuery, type Source } from "../../calls/sources.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Refused } from "../../parts/refused.tsx";
import { Loaded } from "../../parts/states.tsx";
import { StepConnection } from "./step-connection.tsx";
import { StepEnable } from "./step-enable.tsx";
import { StepRehearsal } from "./step-rehearsal.tsx";
import { StepScope } from "./step-scope.tsx";
import { StepSystem } from "./step-system.tsx";
import { StepTest } from "./step-test.tsx";
import { Stepper } from "./stepper.tsx";
import { useWizard } from "./use-wizard.ts";

const route = getRouteApi("/t/$tenant/sources/new");

/** Makes a source step by step: nothing runs before the last of them. */
export function NewSourcePage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const { source: begun } = route.useSearch();
  const refusal = useRefusal(tenant, "operator");
  return (
    <>
      <PageHeader
        title={begun === undefined ? "New source" : `Set up ${begun}`}
        crumbs={
          <Link to="/t/$tenant/sources" params={{ tenant }}>
            Sources
          </Link>
        }
      />
      {refusal === undefined ? (
        <Begun key={begun} tenant={tenant} name={begun} />
      ) : (
        <Refused why={refusal} />
      )}
    </>
  );
}

/** Goes on with what was stored and never enabled, or begins anew. */
function Begun({
  tenant,
  name,
}: {
  readonly tenant: string;
  readonly name: string | undefined;
}): ReactNode {
  const query = useQuery({ ...sourceQuery(tenant, name ?? ""), enabled: name !== undefined });
  if (name === undefined) return <Steps tenant={tenant} begun={undefined} />;
  return <Loaded query={query}>{(begun) => <Steps tenant={tenant} begun={begun} />}</Loaded>;
}

type StepsProps = { readonly tenant: string; readonly begun: Source | undefined };

function Steps({ tenant, begun }: StepsProps): ReactNode {
  const wizard = useWizard(tenant, begun);
  const steps = [
    <StepSystem key="system" tenant={tenant} wizard={wizard} />,
    <StepConnection key="connection" wizard={wizard} />,
    <StepTest key="test" tenant={tenant} wizard={wizard} />,
    <StepScope key="scope" wizard={wizard} />,
    <StepRehearsal key="rehearsal" tenant={tenant} wizard={wizard} />,
    <StepEnable key="enable" tenant={tenant} wizard={wizard} />,
  ];
  return (
    <div className="wizard">
      <Stepper at={wizard.step} outcomes={wizard} onGo={wizard.goTo} />
      {steps[wizard.step]}
    </div>
  );
}
