import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useMay } from "../../calls/session.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { StepConnection } from "./step-connection.tsx";
import { StepEnable } from "./step-enable.tsx";
import { StepRehearsal } from "./step-rehearsal.tsx";
import { StepScope } from "./step-scope.tsx";
import { StepSystem } from "./step-system.tsx";
import { StepTest } from "./step-test.tsx";
import { Stepper } from "./stepper.tsx";
import { useWizard } from "./use-wizard.ts";

/** Makes a source step by step: nothing runs before the last of them. */
export function NewSourcePage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const wizard = useWizard(tenant);
  const mayMake = useMay(tenant, "operator");
  const steps = [
    <StepSystem key="system" tenant={tenant} wizard={wizard} />,
    <StepConnection key="connection" wizard={wizard} />,
    <StepTest key="test" tenant={tenant} wizard={wizard} />,
    <StepScope key="scope" wizard={wizard} />,
    <StepRehearsal key="rehearsal" tenant={tenant} wizard={wizard} />,
    <StepEnable key="enable" tenant={tenant} wizard={wizard} />,
  ];
  return (
    <>
      <PageHeader
        title="New source"
        crumbs={
          <Link to="/t/$tenant/sources" params={{ tenant }}>
            Sources
          </Link>
        }
      />
      {mayMake ? (
        <div className="wizard">
          <Stepper at={wizard.step} onGo={wizard.goTo} />
          {steps[wizard.step]}
        </div>
      ) : (
        <p className="notice" data-tone="warn">
          You may look at sources in this tenant; making them needs the role operator.
        </p>
      )}
    </>
  );
}
