import { useMutation } from "@tanstack/react-query";
import { useCallback, useState } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { ask, queryClient } from "../../calls/query-client.ts";
import type { AppliedSource, Source } from "../../calls/sources.ts";
import { keyOf } from "../../calls/topics.ts";
import type { TestOutcome } from "../sources/test-steps.ts";
import { EMPTY_DRAFT, payloadOf, type Draft } from "./draft.ts";
import { draftOfSource } from "./paste.ts";

/** The step that follows on the connection. */
const TEST = 2;

/** The wizard's state: the draft, the source once it is stored, and where the reader is. */
export interface Wizard {
  readonly draft: Draft;
  readonly change: (changed: Partial<Draft>) => void;
  readonly step: number;
  readonly goTo: (step: number) => void;
  /** The source as it is stored, switched off; undefined before. */
  readonly stored: Source | undefined;
  /** Stores the draft, then goes to the step. */
  readonly store: (then: number) => void;
  readonly isStoring: boolean;
  /** Whether what is stored was rehearsed. */
  readonly isRehearsed: boolean;
  readonly rehearsed: () => void;
  /** What the last test of what is stored came to; undefined while there is none. */
  readonly tested: TestOutcome | undefined;
  readonly setTested: (outcome: TestOutcome | undefined) => void;
  readonly storeError: unknown;
}

/** Keeps it. A source is stored before it is tested, because the agent gets credentials from the core alone; it stays switched off. */
export function useWizard(tenant: string, begun: Source | undefined): Wizard {
  const [draft, setDraft] = useState(
    () => (begun === undefined ? undefined : draftOfSource(begun)) ?? EMPTY_DRAFT,
  );
  // What was begun is stored with its connection, so it goes on there.
  const [step, setStep] = useState(begun === undefined ? 0 : 1);
  const [stored, setStored] = useState(begun);
  const [isRehearsed, setIsRehearsed] = useState(false);
  const [tested, setTested] = useState<TestOutcome>();
  const rehearsed = useCallback(() => setIsRehearsed(true), []);
  const storing = useMutation({
    mutationFn: async (_then: number) => {
      const query = { agent_id: draft.agentId, enabled: false };
      const path = pathOf(["tenants", tenant, "sources"], query);
      const answer = await ask<{ applied: AppliedSource[] }>({
        method: "POST",
        path,
        body: payloadOf(draft),
      });
      return answer.applied[0]?.source;
    },
    onSuccess: (source, then) => {
      setStored(source);
      setIsRehearsed(false);
      // What is pulled, and how often, says nothing of the way there.
      if (then === TEST) setTested(undefined);
      setStep(then);
      void queryClient.invalidateQueries({ queryKey: keyOf(tenant, "sources") });
    },
  });
  return {
    draft,
    change: (changed) => setDraft((before) => ({ ...before, ...changed })),
    step,
    goTo: setStep,
    stored,
    store: (then) => storing.mutate(then),
    isStoring: storing.isPending,
    isRehearsed,
    rehearsed,
    tested,
    setTested,
    storeError: storing.error,
  };
}
